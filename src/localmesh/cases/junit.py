"""What cases did on Envoy as JUnit's XML: one test a request, skipped where it could not be played."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from localmesh.cases.play import Played
from localmesh.cases.report import words
from meshpolicy.cases.case import Case


def as_junit(results: Sequence[tuple[Case, Sequence[Played]]]) -> str:
    """Return a test suite."""
    played = [one for _, of_case in results for one in of_case]
    failures, skipped = sum(one.differs for one in played), sum(bool(one.why_not) for one in played)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuite name="localmesh" tests="{len(played)}" failures="{failures}" skipped="{skipped}">',
            *(_test(case, one) for case, of_case in results for one in of_case),
            "</testsuite>",
            "",
        ]
    )


def _test(case: Case, played: Played) -> str:
    names = f"classname={quoteattr(str(case.place.file))} name={quoteattr(str(played.request))}"
    return f"  <testcase {names}{_outcome(played)}"


def _outcome(played: Played) -> str:
    if played.why_not:
        return f"><skipped message={quoteattr(played.why_not)}/></testcase>"
    if played.differs:
        message = f"expected {words(played.request.expect)}, found {words(played.found)}"
        return f"><failure message={quoteattr(message)}/></testcase>"
    return "/>"
