"""The proofs of sentences about access, as text and as JSON. Text is built here and printed elsewhere."""

import json
from collections.abc import Iterator, Sequence

from meshpolicy.analysis import proof as analysis
from meshpolicy.analysis.proof import Outcome
from meshpolicy.api.proof import Proof, public
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record
from meshpolicy.render.json import witness_object
from meshpolicy.render.tables import fitted


@record
class Told:
    """A proof, with its manifests and the reason why its sentence must hold."""

    cluster: Cluster
    proof: analysis.Proof
    why: str = ""


def proofs_as_text(found: Sequence[Told], width: int | None = None, *, explain: bool = False) -> str:
    """Return each sentence with its answer; `explain` adds why it must hold, and how to reproduce a contradiction."""
    lines = [line for one in found for line in _lines(one, explain=explain)]
    if len(found) > 1:
        counts = ((outcome, sum(one.proof.outcome is outcome for one in found)) for outcome in Outcome)
        lines.append(", ".join(f"{count} {outcome}" for outcome, count in counts if count))
    return "\n".join(fitted(line, width) for line in lines)


def _lines(told: Told, *, explain: bool) -> Iterator[str]:
    proof = public(told.proof, told.cluster)
    head, *rest = str(proof).splitlines()
    yield head
    if explain and told.why:
        yield f"  it must hold: {told.why}"
    yield from rest
    if explain and proof.witness is not None and proof.witness.curl:
        yield f"  {proof.witness.curl}"


def proofs_as_json(found: Sequence[Told]) -> str:
    """Return a list of answers."""
    return json.dumps([_object(public(told.proof, told.cluster), told.why) for told in found], indent=2)


def _object(proof: Proof, why: str) -> dict[str, object]:
    return {
        "sentence": proof.sentence,
        "outcome": str(proof.outcome),
        "vacuous": proof.vacuous,
        "reasons": list(proof.reasons),
        "server": None if proof.server is None else proof.server.namespaced_name,
        "port": proof.port or None,
        "witness": witness_object(proof.witness),
        "allowed": proof.allowed,
        "granted_by": [str(ref) for ref in proof.granted_by],
        "why": why or None,
    }
