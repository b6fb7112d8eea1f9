"""A finding, and the code that it bears. Pure values."""

from dataclasses import dataclass
from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.core.policy import Ref


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

    def __str__(self) -> str:
        return f"{self.place}: {self.code.code} {self.code.severity}: {self.subject}: {self.message}"

    @property
    def place(self) -> Place:
        """Return where the object is written."""
        return self.subject.place or Place("-")
