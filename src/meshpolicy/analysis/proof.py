"""The answer to a sentence about access. Pure values."""

from enum import StrEnum

from meshpolicy.analysis.calls import Calls, Entry
from meshpolicy.analysis.grants import granted_by
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.regions import Witness, witness
from meshpolicy.analysis.sentence import Sentence
from meshpolicy.core.ref import Ref
from meshpolicy.record import record, replace


class Outcome(StrEnum):
    """What became of a sentence."""

    PROVED = "proved"
    """The sentence holds for every request and every client."""
    FALSE = "false"
    """The witness contradicts the sentence."""
    UNKNOWN = "unknown"
    """The manifests do not decide the sentence; the reasons say why."""


@record
class Proof:
    """The answer to a sentence."""

    sentence: Sentence
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    """Why it is not known; of what is proved, why it says little."""
    server: Ref | None = None
    port: int = 0
    witness: Witness | None = None
    """One call that shows that it is false, or that nobody knows."""
    allowed: bool = True
    """Whether that call is allowed, against the sentence, or refused."""
    vacuous: bool = False
    """Whether it holds only because there is nothing that it speaks of."""
    granted_by: tuple[Ref, ...] = ()
    """The objects that grant that call, where it is allowed for certain."""

    @classmethod
    def unknown(cls, sentence: Sentence, port: Port, *reasons: str) -> "Proof":
        """Return that it is not known, for what is so at a port."""
        return cls(sentence, Outcome.UNKNOWN, reasons, port.workload.ref, port.number)

    @classmethod
    def shown(cls, calls: Calls, port: Port, sentence: Sentence, outcome: Outcome, entry: Entry, bits: int) -> "Proof":
        """Return that a sentence is false, or may be, with one of the calls by these clients as the witness."""
        reasons = calls.doubts or ("the manifests do not say what decides",) if outcome is Outcome.UNKNOWN else ()
        allowed = bool(calls.allowed(0, entry).possible & bits)
        found = witness(calls, entry, bits)
        proof = cls(sentence, outcome, reasons, port.workload.ref, port.number, found, allowed)
        if outcome is not Outcome.FALSE or not allowed:
            return proof
        one = bits & -bits  # the witness's own class
        return replace(proof, granted_by=granted_by(calls, 0, (entry,), one))
