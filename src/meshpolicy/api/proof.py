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
    """The answer to a sentence. It is no truth value itself: `assert proof` is a TypeError, ask `proof.proved`.

    As a text it is the outcome with the witness, for the message of an assertion.
    """

    sentence: str
    outcome: Outcome
    """Proved, false or unknown."""
    reasons: tuple[str, ...]
    """Why it is not known; of what is proved vacuously, what there is none of; of a server without pods, that it holds
    for those that it gets."""
    server: Ref | None
    """Of what is false or unknown: the workload that the witness calls."""
    port: int
    """The port that it calls; 0: none."""
    witness: Witness | None
    """One call that shows that it is false, or of which it is not known."""
    allowed: bool | None
    """Whether that call is allowed, or refused; None: there is none."""
    vacuous: bool
    """Whether it holds only because there is nothing that it speaks of."""
    granted_by: tuple[Ref, ...] = ()
    """Of what is false because a call is allowed: the objects that grant it."""

    @property
    def proved(self) -> bool:
        """Whether it holds for every client and every request, and that is known."""
        return self.outcome is Outcome.PROVED

    @property
    def refuted(self) -> bool:
        """Whether the witness shows for certain that it does not hold."""
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
    """Prove a sentence about access, or find a call that shows the contrary.

    Args:
        manifests: what `read` returned.
        sentence: one of `only CLIENTS may REQUESTS on SERVER`, `nobody may REQUESTS on SERVER except CLIENTS`,
            `no unmeshed client may REQUESTS on SERVER`, `CLIENTS may REQUESTS on SERVER`,
            `CLIENT and CLIENT have the same access to SERVER`, `every call of NAMESPACE is encrypted`.

    Returns:
        Whether it holds: proved, false with a witness, or unknown with the reasons.

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
