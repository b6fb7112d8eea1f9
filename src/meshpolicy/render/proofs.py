"""What became of sentences about access, in words and as JSON. Text is built here and printed elsewhere."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meshpolicy.analysis.calls import Port
from meshpolicy.analysis.prove import Outcome, Proof
from meshpolicy.analysis.words import witness_object, witness_words
from meshpolicy.core.client import Traffic
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.curl import curl
from meshpolicy.render.tables import fitted


@dataclass(frozen=True, slots=True)
class Told:
    """A proof with the manifests that it is about, and why its sentence must hold."""

    cluster: Cluster
    proof: Proof
    why: str = ""


def proofs_as_text(found: Sequence[Told], width: int | None = None, *, explain: bool = False) -> str:
    """Return each sentence with its answer; `explain` says why it must hold, and how to see the contrary."""
    lines = [line for one in found for line in _lines(one, explain=explain)]
    if len(found) > 1:
        counts = ((outcome, sum(one.proof.outcome is outcome for one in found)) for outcome in Outcome)
        lines.append(", ".join(f"{count} {outcome}" for outcome, count in counts if count))
    return "\n".join(fitted(line, width) for line in lines)


def _lines(told: Told, *, explain: bool) -> Iterator[str]:
    proof = told.proof
    yield f"{proof.outcome.upper()}: {proof.sentence.text}"
    if explain and told.why:
        yield f"  it must hold: {told.why}"
    yield from (f"  {'vacuously: ' if proof.vacuous else ''}{reason}" for reason in proof.reasons)
    if proof.witness is None or proof.server is None:
        return
    shown = witness_words(proof.witness, told.cluster.settings)
    verb = "is allowed" if proof.allowed else "is refused"
    verb = "may be allowed" if proof.outcome is Outcome.UNKNOWN else verb
    yield f"  {shown} {verb} on {proof.server.namespace}/{proof.server.name}:{proof.port}"
    if explain and (command := _curl(told)):
        yield f"  {command}"


def proofs_as_json(found: Sequence[Told]) -> str:
    """Return a list of answers."""
    return json.dumps([_object(told) for told in found], indent=2)


def _object(told: Told) -> dict[str, object]:
    proof = told.proof
    witness = None if proof.witness is None else {**witness_object(proof.witness), "curl": _curl(told) or None}
    return {
        "sentence": proof.sentence.text,
        "outcome": str(proof.outcome),
        "vacuous": proof.vacuous,
        "reasons": list(proof.reasons),
        "server": None if proof.server is None else f"{proof.server.namespace}/{proof.server.name}",
        "port": proof.port or None,
        "witness": witness,
        "allowed": proof.allowed if proof.witness is not None else None,
        "why": told.why or None,
    }


def _curl(told: Told) -> str:
    """Return the command that makes the call that shows the contrary, where HTTP/1 can."""
    proof = told.proof
    workload = next((one for one in told.cluster.workloads if one.ref == proof.server), None)
    if workload is None or proof.witness is None or proof.witness.traffic is not Traffic.HTTP:
        return ""
    return curl(proof.witness.made_by(Port(told.cluster, workload, proof.port)))
