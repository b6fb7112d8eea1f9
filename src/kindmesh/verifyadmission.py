"""Proves what the API server lets in: a pod with its sidecar, none that would pass the mesh by. Nothing is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindmesh.candidate import candidate, propose
from kindmesh.finding import Finding, judge
from kindmesh.kube import Kube, Object

GROUP = "admission"
POLICY = "pingpong-meshed-pods"
REFUSED = f"refused by {POLICY}"
BY_LEVEL = "refused by Pod Security"
ADMITTED = "admitted with a sidecar"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pod that somebody might create."""

    says: str
    namespace: str = "pingpong"
    annotations: Mapping[str, str] = field(default_factory=dict)
    on_host: bool = False
    expected: tuple[str, ...] = (REFUSED,)
    """Any of these proves it."""


CANDIDATES = (
    *(Candidate(f"a pod in {name}", name, expected=(ADMITTED,)) for name in ("pingpong", "ingress", "tracing")),
    Candidate("a pod that wants no sidecar", annotations={"linkerd.io/inject": "disabled"}),
    # `restricted` forbids it too, and is asked first.
    Candidate("a pod in the node's network", on_host=True, expected=(REFUSED, BY_LEVEL)),
    Candidate("a pod that opens its ports", annotations={"config.linkerd.io/default-inbound-policy": "audit"}),
    Candidate("a pod that skips its port", annotations={"config.linkerd.io/skip-inbound-ports": "8080"}),
    Candidate("a pod that skips a network", annotations={"config.linkerd.io/skip-subnets": "10.0.0.0/8"}),
)


def verify_admission(kube: Kube) -> list[Finding]:
    """Have the API server judge each candidate, beside one of its namespace that it must let in."""
    return [_judge(one, _asked(kube, one)) for one in CANDIDATES]


def proposed(one: Candidate) -> Object:
    """Return the pod that is tried."""
    return candidate(one.namespace, one.annotations, on_host=one.on_host)


def _asked(kube: Kube, one: Candidate) -> str:
    found = propose(kube, proposed(one))
    return read_admission(found.out if found.code == 0 else "", found.err)


def read_admission(stored: str, said: str) -> str:
    """Return how the API server answered: the pod that it would store, or what it said against it."""
    if not stored:
        causes = {f"'{POLICY}'": REFUSED, "violates PodSecurity": BY_LEVEL}
        return next((cause for words, cause in causes.items() if words in said), f"refused: {said.strip()[-200:]}")
    spec = json.loads(stored)["spec"]
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    return ADMITTED if any(found["name"] == "linkerd-proxy" for found in containers) else "admitted without a sidecar"


def _judge(one: Candidate, found: str) -> Finding:
    hint = (
        f"namespace {one.namespace} must be annotated `linkerd.io/inject: enabled`, and the injector must answer"
        if ADMITTED in one.expected
        else f"mesh/admission is not applied, or leaves out {one.namespace}: `kindmesh up --only policies`"
    )
    return judge(GROUP, one.says, one.expected[0], found, good=found in one.expected, hint=hint)
