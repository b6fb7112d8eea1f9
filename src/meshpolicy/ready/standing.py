"""The outcome of a need under deny. Pure values."""

from enum import StrEnum

from meshpolicy.decide.answer import Answer
from meshpolicy.decide.transport import Call
from meshpolicy.ready.need import Need
from meshpolicy.record import record


class Standing(StrEnum):
    """What becomes of a need."""

    CORRECT = "correct"
    """The need is allowed by a grant to this caller."""
    UNPROTECTED = "unprotected"
    """The need is allowed, but so is more: nothing protects the port, or the grant is for everyone."""
    MISSING = "missing"
    """The need is refused."""
    UNKNOWN = "unknown"
    """The input does not decide it."""

    @property
    def allowed(self) -> bool:
        """Whether the call is answered for certain."""
        return self in (Standing.CORRECT, Standing.UNPROTECTED)


@record
class Held:
    """A need with its outcome."""

    need: Need
    standing: Standing
    why: str = ""
    """The reason for the outcome, in one sentence."""
    outcome: str = ""
    """What the caller sees: `403`, `closed`, `blocked`; empty if the call is allowed or unknown."""
    call: Call | None = None
    """The call that decides; None for DNS."""
    answer: Answer | None = None
