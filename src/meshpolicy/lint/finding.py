"""A finding, the code that it bears, and the register of all codes. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.core.policy import Ref
from meshpolicy.kinds.cluster import Cluster


class Severity(StrEnum):
    """How much a finding matters; `note` does not fail a run."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means, why it matters, and what to do."""

    code: str
    title: str
    severity: Severity
    rules: tuple[str, ...]
    explanation: str
    fix: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in one object."""

    code: Code
    subject: Ref
    message: str

    @property
    def place(self) -> Place:
        """Return where the object is written."""
        return self.subject.place or Place("-")


Check = Callable[[Cluster], Iterator[tuple[Ref, str]]]

CHECKS: dict[Code, Check] = {}
"""Every code with the check that finds it, in the order of their definition."""


def code(
    number: str, title: str, rules: str, *, explanation: str, fix: str, severity: Severity = Severity.WARNING
) -> Callable[[Check], Check]:
    """Register a check under a code; `rules` are the rules that it rests on, separated by spaces."""

    def register(check: Check) -> Check:
        CHECKS[Code(number, title, severity, tuple(rules.split()), explanation, fix)] = check
        return check

    return register
