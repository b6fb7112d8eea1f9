"""Verifies admission: pods with their sidecar are accepted, pods that would bypass the mesh are refused. A dry run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindmesh.probes.candidate import CONTAINER_SECURITY, candidate, propose
from kindmesh.tools.kube import Kube, Object
from meshverify.finding import Finding, judge

GROUP = "admission"
MESHED = "pingpong-meshed-pods"
RESTRICTED = "pingpong-restricted-pods"
BY_LEVEL = "refused by Pod Security"
ADMITTED = "admitted with a sidecar"
CONFIG = "config.linkerd.io/"
FORGED: Object = {
    "initContainers": [
        {
            "name": "linkerd-proxy",
            "image": "cr.l5d.io/linkerd/proxy:any",
            "command": ["true"],
            "env": [{"name": "SOME", "value": "thing"}],
            "restartPolicy": "Always",
            "securityContext": CONTAINER_SECURITY,
        }
    ]
}
"""A container named like the sidecar: the injector then adds none."""
NODE_FOLDER: Object = {"volumes": [{"name": "node", "hostPath": {"path": "/"}}]}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pod that somebody might create, and how the API server must answer."""

    description: str
    expected: str = f"refused by {MESHED}"
    namespace: str = "pingpong"
    annotations: Mapping[str, str] = field(default_factory=dict)
    spec: Object = field(default_factory=dict)
    container: Object = field(default_factory=dict)
    also: tuple[str, ...] = ()
    """Other refusals that count, because the API server may report them first."""

    @property
    def proofs(self) -> tuple[str, ...]:
        """All answers that count."""
        return (self.expected, *self.also)


def _annotated(description: str, word: str, value: str) -> Candidate:
    return Candidate(description, annotations={CONFIG + word: value})


def _privileged(description: str, **rights: object) -> Candidate:
    container = {"securityContext": CONTAINER_SECURITY | rights}
    return Candidate(description, f"refused by {RESTRICTED}", container=container, also=(BY_LEVEL,))


CANDIDATES = (
    *(Candidate(f"a pod in {name}", ADMITTED, name) for name in ("pingpong", "ingress", "tracing")),
    Candidate("a pod that wants no sidecar", annotations={"linkerd.io/inject": "disabled"}),
    Candidate("a pod that brings a sidecar of its own", spec=FORGED),
    _annotated("a pod that opens its ports", "default-inbound-policy", "audit"),
    _annotated("a pod that skips its port", "skip-inbound-ports", "8080"),
    _annotated("a pod that calls past its sidecar", "skip-outbound-ports", "1-65535"),
    _annotated("a pod that skips a network", "skip-subnets", "10.0.0.0/8"),
    _annotated("a pod that moves the sidecar's ports", "control-port", "8080"),
    _annotated("a pod that adds to the sidecar's settings", "proxy-additional-env", "[{name: A, value: b}]"),
    _annotated("a pod with another sidecar", "proxy-image", "example.org/proxy"),
    Candidate("a pod in the node's network", spec={"hostNetwork": True}, also=(f"refused by {RESTRICTED}", BY_LEVEL)),
    Candidate("a pod with a folder of the node", f"refused by {RESTRICTED}", spec=NODE_FOLDER, also=(BY_LEVEL,)),
    _privileged("a privileged pod", privileged=True, allowPrivilegeEscalation=True),
    _privileged("a pod that may set routes", capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
    _privileged("a pod that runs as root", runAsUser=0, runAsNonRoot=False),
    _privileged("a pod that runs as its sidecar", runAsUser=2102),
)


def verify_admission(kube: Kube) -> list[Finding]:
    """Send each candidate to the API server, and one of its namespace that must be accepted."""
    return [_judge(one, _asked(kube, one)) for one in CANDIDATES]


def proposed(one: Candidate) -> Object:
    """Return the candidate's pod."""
    return candidate(one.namespace, one.annotations, one.spec, one.container)


def _asked(kube: Kube, one: Candidate) -> str:
    found = propose(kube, proposed(one))
    return read_admission(found.out if found.code == 0 else "", found.err)


def read_admission(stored: str, said: str) -> str:
    """Return the API server's answer in words: admitted with or without a sidecar, or refused by what."""
    if not stored:
        causes = {f"'{name}'": f"refused by {name}" for name in (MESHED, RESTRICTED)} | {
            "violates PodSecurity": BY_LEVEL
        }
        return next((cause for words, cause in causes.items() if words in said), f"refused: {said.strip()[-200:]}")
    spec = json.loads(stored)["spec"]
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    return ADMITTED if any(found["name"] == "linkerd-proxy" for found in containers) else "admitted without a sidecar"


def _judge(one: Candidate, found: str) -> Finding:
    hint = (
        f"namespace {one.namespace} must be annotated `linkerd.io/inject: enabled`, and the injector must answer"
        if one.expected == ADMITTED
        else f"mesh/admission is not applied, or does not select {one.namespace}: `kindmesh up --only policies`"
    )
    return judge(GROUP, one.description, one.expected, found, good=found in one.proofs, hint=hint)
