"""Proves what the API server lets in: a pod with its sidecar, none that would pass the mesh by. Nothing is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindmesh.finding import Finding, judge
from kindmesh.image import IMAGE
from kindmesh.kube import Kube, Object

GROUP = "admission"
POLICY = "pingpong-meshed-pods"
REFUSED = f"refused by {POLICY}"
ADMITTED = "admitted with a sidecar"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pod that somebody might create."""

    says: str
    namespace: str = "pingpong"
    annotations: Mapping[str, str] = field(default_factory=dict)
    on_host: bool = False
    expected: str = REFUSED


CANDIDATES = (
    *(Candidate(f"a pod in {name}", name, expected=ADMITTED) for name in ("pingpong", "ingress", "tracing")),
    Candidate("a pod that wants no sidecar", annotations={"linkerd.io/inject": "disabled"}),
    Candidate("a pod in the node's network", on_host=True),
    Candidate("a pod that opens its ports", annotations={"config.linkerd.io/default-inbound-policy": "audit"}),
    Candidate("a pod that skips its port", annotations={"config.linkerd.io/skip-inbound-ports": "8080"}),
    Candidate("a pod that skips a network", annotations={"config.linkerd.io/skip-subnets": "10.0.0.0/8"}),
)


def verify_admission(kube: Kube) -> list[Finding]:
    """Have the API server judge each candidate, beside one of its namespace that it must let in."""
    return [_judge(candidate, _asked(kube, candidate)) for candidate in CANDIDATES]


def manifest(candidate: Candidate) -> Object:
    """Return the pod: as careful as a pod of ours, but for what it tries."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "kindmesh-candidate",
            "namespace": candidate.namespace,
            "annotations": dict(candidate.annotations),
        },
        "spec": {
            "automountServiceAccountToken": False,
            "hostNetwork": candidate.on_host,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "candidate",
                    "image": IMAGE,
                    "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }


def _asked(kube: Kube, candidate: Candidate) -> str:
    text = json.dumps(manifest(candidate))
    found = kube.attempt("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=text, timeout=40)
    return read_admission(found.out if found.code == 0 else "", found.err)


def read_admission(stored: str, said: str) -> str:
    """Return how the API server answered: the pod that it would store, or what it said against it."""
    if not stored:
        return REFUSED if f"'{POLICY}'" in said else f"refused: {said.strip()[-200:]}"
    spec = json.loads(stored)["spec"]
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    return ADMITTED if any(found["name"] == "linkerd-proxy" for found in containers) else "admitted without a sidecar"


def _judge(candidate: Candidate, found: str) -> Finding:
    hint = (
        f"namespace {candidate.namespace} must be annotated `linkerd.io/inject: enabled`, and the injector must answer"
        if candidate.expected == ADMITTED
        else f"mesh/admission is not applied, or leaves out {candidate.namespace}: `kindmesh up --only policies`"
    )
    return judge(GROUP, candidate.says, candidate.expected, found, good=found == candidate.expected, hint=hint)
