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
    """Why the outcome is unknown; for a proved sentence, the limits of the proof."""
    server: Ref | None = None
    port: int = 0
    witness: Witness | None = None
    """One call that contradicts the sentence, or may contradict it."""
    allowed: bool = True
    """Whether the witness is allowed or refused."""
    vacuous: bool = False
    """Whether the sentence holds only because no call matches it."""
    granted_by: tuple[Ref, ...] = ()
    """The objects that grant the witness, if it is certainly allowed."""

    @classmethod
    def unknown(cls, sentence: Sentence, port: Port, *reasons: str) -> "Proof":
        """Return an unknown proof, with the reasons at a port."""
        return cls(sentence, Outcome.UNKNOWN, reasons, port.workload.ref, port.number)

    @classmethod
    def shown(cls, calls: Calls, port: Port, sentence: Sentence, outcome: Outcome, entry: Entry, bits: int) -> "Proof":
        """Return a proof with an outcome; its witness is a call of the class `entry` by one of the clients `bits`."""
        reasons = calls.doubts or ("the manifests do not say what decides",) if outcome is Outcome.UNKNOWN else ()
        allowed = bool(calls.allowed(0, entry).possible & bits)
        found = witness(calls, entry, bits)
        proof = cls(sentence, outcome, reasons, port.workload.ref, port.number, found, allowed)
        if outcome is not Outcome.FALSE or not allowed:
            return proof
        one = bits & -bits  # the witness's own class
        return replace(proof, granted_by=granted_by(calls, 0, (entry,), one))
