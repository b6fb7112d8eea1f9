"""A finding and its code. Pure values."""

from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.core.ref import Ref
from meshpolicy.record import record, replace


class Severity(StrEnum):
    """How much a finding matters; `note` does not fail a run."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@record
class Code:
    """What a code means, why it matters, and what to do."""

    code: str
    """`MP029`; codes are never reused."""
    title: str
    severity: Severity
    rules: tuple[str, ...]
    """The rules of Linkerd and Kubernetes on which it rests."""
    explanation: str
    """Why it matters."""
    fix: str
    """What to do."""


@record
class Finding:
    """One thing found in one object."""

    code: Code
    subject: Ref
    """The object."""
    message: str

    def __str__(self) -> str:
        named = self.subject.name == self.place.field  # a subject that is no object has only a field
        place = replace(self.place, field="") if named else self.place
        return f"{place}: {self.code.code} {self.code.severity}: {self.subject}: {self.message}"

    @property
    def place(self) -> Place:
        """Return the place of the object or field."""
        return self.subject.place or Place("-")
