"""Whether a sentence about access holds, for every client and every request."""

from typing import NoReturn

from meshpolicy.analysis import proof
from meshpolicy.analysis import prove as analysis
from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.sentence import read_sentence_about
from meshpolicy.api.manifests import Manifests, cluster_of
from meshpolicy.api.witness import Witness, witness
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record


@record
class Proof:
    """The answer to a sentence. It has no truth value: `assert proof` is a TypeError, use `proof.proved`.

    As a text it is the outcome with the witness, for the message of an assertion.
    """

    sentence: str
    outcome: Outcome
    """Whether the sentence is proved, false or unknown."""
    reasons: tuple[str, ...]
    """Why the outcome is unknown; if the sentence holds vacuously, what does not exist; if the server has no pods now,
    that the proof is about later ones."""
    server: Ref | None
    """The workload that the witness calls; None if the sentence is proved."""
    port: int
    """The port that the witness calls; 0 if there is no witness."""
    witness: Witness | None
    """One call that contradicts the sentence, or may contradict it."""
    allowed: bool | None
    """Whether the witness is allowed; None if there is no witness."""
    vacuous: bool
    """Whether the sentence holds only because no call matches it."""
    granted_by: tuple[Ref, ...] = ()
    """The objects that grant the witness, where it is allowed and the sentence is false."""

    @property
    def proved(self) -> bool:
        """Whether the sentence holds for every client and every request."""
        return self.outcome is Outcome.PROVED

    @property
    def refuted(self) -> bool:
        """Whether the witness contradicts the sentence for certain."""
        return self.outcome is Outcome.FALSE

    def __bool__(self) -> NoReturn:
        raise TypeError("a Proof may be unknown: ask its .proved or .refuted")

    def __str__(self) -> str:
        why = "vacuously: " if self.vacuous else ""
        lines = [f"{self.outcome.upper()}: {self.sentence}", *(f"  {why}{reason}" for reason in self.reasons)]
        if self.witness is not None and self.server is not None:
            known = "is allowed" if self.allowed else "is refused"
            verb = known if self.refuted else "may be allowed"
            lines.append(f"  {self.witness} {verb} on {self.server.namespaced_name}:{self.port}")
        lines += [f"  {Reason(f'granted by {ref}', ref=ref)}" for ref in self.granted_by]
        return "\n".join(lines)


def prove(manifests: Manifests, sentence: str) -> Proof:
    """Prove a sentence about access, or find a call that contradicts it.

    Args:
        manifests: what `read` returned.
        sentence: one of `only CLIENTS may REQUESTS on SERVER`, `nobody may REQUESTS on SERVER except CLIENTS`,
            `no unmeshed client may REQUESTS on SERVER`, `CLIENTS may REQUESTS on SERVER`,
            `CLIENT and CLIENT have the same access to SERVER`, `every call of NAMESPACE is encrypted`.

    Returns:
        The outcome: proved, false with a witness, or unknown with the reasons.

    Raises:
        InvalidInput: a cluster would refuse some of the manifests.
        InvalidQuestion: the sentence cannot be read.
        UnknownWorkload: the manifests do not have the server or the namespace.

    """
    cluster = cluster_of(manifests)
    return public(analysis.prove(cluster, read_sentence_about(cluster, sentence)), cluster)


def public(found: proof.Proof, cluster: Cluster) -> Proof:
    """Return an answer in words, with the call that shows it."""
    shown = None
    if found.witness is not None and found.server is not None:
        shown = witness(cluster, found.server, found.port, found.witness)
    return Proof(
        found.sentence.text,
        found.outcome,
        found.reasons,
        found.server,
        found.port,
        shown,
        None if shown is None else found.allowed,
        found.vacuous,
        found.granted_by,
    )
