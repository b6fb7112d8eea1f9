"""The findings of `verify` as a table, as JSON, and as JUnit XML. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from rich.table import Table
from rich.text import Text

from meshpolicy.render import junit
from meshverify.finding import Finding, Outcome, failed

MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "-", Outcome.UNKNOWN: "?"}


def table(findings: Sequence[Finding]) -> Table:
    """Return the findings as a table; those that passed alike share a row where they name what they share."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "check", "expected", "actual"):
        drawn.add_column(column, overflow="fold")
    group = ""
    for finding in _together(findings):
        if finding.group != group:
            group = finding.group
            drawn.add_row("", Text(group, "bold"), "", "")
        drawn.add_row(MARKS[finding.outcome], finding.name, finding.expected, finding.found)
    return drawn


def _together(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Yield the findings, those that passed and share their words as one, where the first of them stands."""
    alike: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        shared = finding.outcome is Outcome.PASSED and finding.shared
        alike.setdefault((finding.group, finding.shared, finding.expected) if shared else number, []).append(finding)
    for first, *more in alike.values():
        yield replace(first, name=first.shared, found=f"all {1 + len(more)} as expected") if more else first


def summary(findings: Sequence[Finding], seconds: float) -> str:
    """Return the last line: how many, and how long it took."""
    counts = {outcome: sum(found.outcome is outcome for found in findings) for outcome in Outcome}
    told = [f"{count} {outcome}" for outcome, count in counts.items() if count or outcome is not Outcome.UNKNOWN]
    return f"{', '.join(told)} in {seconds:.0f} s."


def hints(findings: Sequence[Finding]) -> list[str]:
    """Return a hint for each failure."""
    return [f"{finding.name}: {finding.hint}" for finding in failed(findings) if finding.hint]


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings for a program."""
    return json.dumps([asdict(finding) for finding in findings], indent=2)


def as_junit(findings: Sequence[Finding], seconds: float) -> str:
    """Return the findings as a JUnit test suite."""
    return junit.suite("verify", map(_entry, findings), seconds)


def _entry(finding: Finding) -> junit.Entry:
    match finding.outcome:
        case Outcome.PASSED:
            return junit.Entry(finding.group, finding.name)
        case Outcome.FAILED:
            message = f"expected {finding.expected}, actual {finding.found}"
            return junit.Entry(finding.group, finding.name, junit.Outcome.FAILED, message, finding.hint)
        case Outcome.SKIPPED:
            return junit.Entry(finding.group, finding.name, junit.Outcome.SKIPPED, finding.found)
        case Outcome.UNKNOWN:
            message = f"expected {finding.expected}, actual {finding.found}"
            return junit.Entry(finding.group, finding.name, junit.Outcome.SKIPPED, message)
