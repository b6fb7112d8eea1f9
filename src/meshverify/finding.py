"""The findings of `verify`, one a check. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    """What is expected is not known: the manifests do not decide it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, the expected and the actual result."""

    group: str
    name: str
    outcome: Outcome
    expected: str
    found: str
    hint: str = ""
    """Where the cause is likely to be; for a failure."""
    because: str = ""
    """What decides, as the manifests say it."""
    shared: str = ""
    """What a table may call all that passed alike; empty: it has a row of its own."""


def failed(findings: Iterable[Finding]) -> list[Finding]:
    """Return the failed findings."""
    return [finding for finding in findings if finding.outcome is Outcome.FAILED]


def judge(
    group: str, name: str, expected: str, found: str, *, good: bool, hint: str = "", because: str = "", shared: str = ""
) -> Finding:
    """Return a finding that passed or failed."""
    outcome = Outcome.PASSED if good else Outcome.FAILED
    return Finding(group, name, outcome, expected, found, "" if good else hint, because, shared)


def skip(group: str, name: str, reason: str) -> Finding:
    """Return a skipped finding about a part that is not installed."""
    return Finding(group, name, Outcome.SKIPPED, "", reason)
