"""Results as JUnit XML, which CI services read. Text is built here and printed elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from xml.sax.saxutils import escape, quoteattr

from meshpolicy.cases.verify import Result
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.record import record
from meshpolicy.render.visible import visible


class Outcome(StrEnum):
    """The result of one test, with the name of its XML element."""

    PASSED = ""
    FAILED = "failure"
    SKIPPED = "skipped"


@record
class Entry:
    """One test of a suite."""

    group: str
    name: str
    outcome: Outcome = Outcome.PASSED
    message: str = ""
    """Why it failed or was skipped."""
    detail: str = ""


def suite(name: str, entries: Iterable[Entry], seconds: float | None = None) -> str:
    """Return a test suite; `seconds` is its total duration."""
    entries = tuple(entries)
    counts = {outcome: sum(entry.outcome is outcome for entry in entries) for outcome in Outcome}
    time = "" if seconds is None else f' time="{seconds:.1f}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuite name={quoteattr(name)} tests="{len(entries)}" failures="{counts[Outcome.FAILED]}" '
            f'skipped="{counts[Outcome.SKIPPED]}"{time}>',
            *(line for entry in entries for line in _lines(entry)),
            "</testsuite>",
        ]
    )


def _lines(entry: Entry) -> Iterator[str]:
    head = f"  <testcase classname={_attribute(entry.group)} name={_attribute(entry.name)}"
    if entry.outcome is Outcome.PASSED:
        yield f"{head}/>"
        return
    yield f"{head}>"
    detail = escape(visible(entry.detail))
    yield f"    <{entry.outcome} message={_attribute(entry.message)}>{detail}</{entry.outcome}>"
    yield "  </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


def findings_as_junit(findings: Sequence[Finding]) -> str:
    """Return one test for each finding; a note counts as skipped, as it does not fail a run."""
    entries = [
        Entry(
            finding.place.file,
            f"{finding.code.code} {finding.subject}",
            Outcome.SKIPPED if finding.code.severity is Severity.NOTE else Outcome.FAILED,
            finding.message,
            finding.code.code,
        )
        for finding in findings
    ]
    return suite("meshpolicy lint", entries or [Entry("meshpolicy", "no findings")])


def results_as_junit(results: Sequence[Result]) -> str:
    """Return one test for each policy case; a failure has the first difference as message, and all as detail."""
    return suite("meshpolicy", map(_of_result, results))


def _of_result(result: Result) -> Entry:
    group, name = result.case.place.file, result.case.description
    told = [f"{found.subject}: expected {found.expected}, found {found.found}" for found in result.differences]
    if not told:
        return Entry(group, name)
    reasons = [reason for difference in result.differences for reason in difference.reasons]
    return Entry(group, name, Outcome.FAILED, "; ".join(told), "\n".join(reasons))
