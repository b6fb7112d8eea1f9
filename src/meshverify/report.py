"""The findings of `verify` as a table, as JSON, and as JUnit XML. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from meshpolicy.render import junit
from meshverify.finding import Finding, Outcome, failed

MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "-"}


def table(findings: Sequence[Finding]) -> Table:
    """Return the findings as a table."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "check", "expected", "actual"):
        drawn.add_column(column, overflow="fold")
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            drawn.add_row("", f"[bold]{group}[/bold]", "", "")
        drawn.add_row(MARKS[finding.outcome], finding.name, finding.expected, finding.found)
    return drawn


def summary(findings: Sequence[Finding], seconds: float) -> str:
    """Return the last line: how many, and how long it took."""
    counts = [f"{sum(found.outcome is outcome for found in findings)} {outcome}" for outcome in Outcome]
    return f"{', '.join(counts)} in {seconds:.0f} s."


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
