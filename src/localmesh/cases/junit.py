"""What cases did on Envoy as JUnit's XML: one test a request, skipped where it could not be played."""

from collections.abc import Sequence

from localmesh.cases.play import Played
from localmesh.cases.report import words
from meshpolicy.cases.case import Case
from meshpolicy.render.junit import Entry, Outcome, suite


def as_junit(results: Sequence[tuple[Case, Sequence[Played]]]) -> str:
    """Return a test suite."""
    return suite("localmesh", (_entry(case, one) for case, of_case in results for one in of_case)) + "\n"


def _entry(case: Case, played: Played) -> Entry:
    group, name = case.place.file, str(played.request)
    if played.why_not:
        return Entry(group, name, Outcome.SKIPPED, played.why_not)
    if played.differs:
        message = f"expected {words(played.request.expect)}, found {words(played.found)}"
        return Entry(group, name, Outcome.FAILED, message)
    return Entry(group, name)
