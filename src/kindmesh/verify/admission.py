"""Verifies admission: pods with their sidecar are accepted, pods that would bypass the mesh are refused. A dry run.

So are debuggers, which `kubectl debug` adds to a running pod.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindmesh.probes.candidate import CONTAINER_SECURITY, candidate, propose
from kindmesh.settings import IMAGE
from kindmesh.tools.command import Output
from kindmesh.tools.kube import Kube, Object
from meshverify.finding import Finding, judge

GROUP = "admission"
MESHED = "pingpong-meshed-pods"
RESTRICTED = "pingpong-restricted-pods"
LINKERDS = ("linkerd-network-validator", "linkerd-init", "linkerd-proxy")
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
CHECKER: Object = {
    "name": "linkerd-network-validator",
    "image": "cr.l5d.io/linkerd/proxy:any",
    "command": ["/usr/lib/linkerd/linkerd2-network-validator"],
    "securityContext": CONTAINER_SECURITY,
}
SETTINGS = {
    "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY": "deny",
    "LINKERD2_PROXY_INBOUND_LISTEN_ADDR": "0.0.0.0:4143",
    "LINKERD2_PROXY_POLICY_SVC_ADDR": "linkerd-policy.linkerd.svc.cluster.local.:8090",
    "LINKERD2_PROXY_POLICY_SVC_NAME": "linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local",
}
SIDECAR: Object = {
    "name": "linkerd-proxy",
    "image": "cr.l5d.io/linkerd/proxy:any",
    "env": [{"name": name, "value": value} for name, value in SETTINGS.items()],
    "restartPolicy": "Always",
    "securityContext": CONTAINER_SECURITY | {"runAsUser": 2102},
}
"""With CHECKER, what the policy asks of a sidecar: it admits a pod that brings a whole copy, so one change is tried."""
FOLDER: Object = {"volumes": [{"name": "some", "emptyDir": {}}]}
AWAIT = ("/usr/lib/linkerd/linkerd-await", "--timeout=2m", "--port=4191")
"""The hook that Linkerd's chart writes, charts/partials/templates/_proxy.tpl."""
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
    # The injector gives a sidecar the capabilities of the pod's first container (linkerd2, pkg/inject/inject.go), so
    # the policy for sidecars refuses such a pod, too.
    also = (BY_LEVEL, f"refused by {MESHED}") if "capabilities" in rights else (BY_LEVEL,)
    return Candidate(description, f"refused by {RESTRICTED}", container=container, also=also)


def _copied(description: str, expected: str = f"refused by {MESHED}", **fields: object) -> Candidate:
    spec = FOLDER | {"initContainers": [CHECKER, SIDECAR | fields]}
    return Candidate(description, expected, spec=spec, also=() if expected == ADMITTED else (BY_LEVEL,))


def _hooked(*words: str) -> Object:
    return {"postStart": {"exec": {"command": [*AWAIT, *words]}}}


def _mounted(path: str) -> list[Object]:
    return [{"name": "some", "mountPath": path}]


def _trusted(**rights: object) -> Object:
    return CONTAINER_SECURITY | {"runAsUser": 2102} | rights


@dataclass(frozen=True, slots=True)
class Debugger:
    """An ephemeral container that somebody might add to a running pod, and how the API server must answer."""

    description: str
    expected: str = f"refused by {RESTRICTED}"
    container: Object = field(default_factory=dict)
    disguised: bool = False
    """Whether it takes the name of one of Linkerd's containers that the pod does not have."""


def _debugger(description: str, **rights: object) -> Debugger:
    return Debugger(description, container={"securityContext": CONTAINER_SECURITY | rights})


CANDIDATES = (
    *(Candidate(f"a pod in {name}", ADMITTED, name) for name in ("pingpong", "ingress", "tracing")),
    Candidate("a pod that wants no sidecar", annotations={"linkerd.io/inject": "disabled"}),
    Candidate("a pod that brings a sidecar of its own", spec=FORGED),
    _copied("a pod with a whole copy of the sidecar", ADMITTED, lifecycle=_hooked()),
    _copied("a copy whose hook runs another program", lifecycle=_hooked("--", "/var/run/some/program")),
    _copied("a copy with a folder over its programs", volumeMounts=_mounted("/var/run/../../usr/lib/linkerd")),
    _copied("a privileged copy", securityContext=_trusted(privileged=True, allowPrivilegeEscalation=True)),
    _copied("a copy that may gain privileges", securityContext=_trusted(allowPrivilegeEscalation=True)),
    _copied("a copy that may set routes", securityContext=_trusted(capabilities={"add": ["NET_ADMIN"]})),
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


DEBUGGERS = (
    Debugger("a debugger that passes `restricted`", ADMITTED),
    Debugger("a debugger as `kubectl debug` makes it", container={"securityContext": {}}),
    _debugger("a privileged debugger", privileged=True, allowPrivilegeEscalation=True),
    _debugger("a debugger that runs as root", runAsUser=0, runAsNonRoot=False),
    _debugger("a debugger that runs as the sidecar", runAsUser=2102),
    Debugger(
        "a privileged debugger named like one of Linkerd's",
        container={"securityContext": {"privileged": True, "runAsUser": 0}},
        disguised=True,
    ),
)


def verify_admission(kube: Kube) -> list[Finding]:
    """Send each candidate to the API server, and one of its namespace that must be accepted; then each debugger."""
    return [*(_judge(one, _asked(kube, one)) for one in CANDIDATES), *_debuggers(kube)]


def _debuggers(kube: Kube) -> list[Finding]:
    pods = kube.items("-n", "pingpong", "pods", "--field-selector=status.phase=Running")
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    if not staying:
        hint = "`kindmesh up --only workloads`"
        return [judge(GROUP, "a pod to debug", "at least one", "none", good=False, hint=hint)]
    return [_judge_debugger(one, attach(kube, staying[0], one)) for one in DEBUGGERS]


def attach(kube: Kube, pod: Object, one: Debugger) -> Output:
    """Add a debugger to a pod as a dry run, by the subresource that `kubectl debug` uses."""
    names = {found["name"] for found in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]}
    name = next(word for word in LINKERDS if word not in names) if one.disguised else "debugger"
    container = {"name": name, "image": IMAGE, "securityContext": CONTAINER_SECURITY, **one.container}
    spec = pod["spec"] | {"ephemeralContainers": [*pod["spec"].get("ephemeralContainers", []), container]}
    place = f"/api/v1/namespaces/pingpong/pods/{pod['metadata']['name']}/ephemeralcontainers?dryRun=All"
    return kube.attempt("replace", "--raw", place, "-f", "-", stdin=json.dumps(pod | {"spec": spec}), timeout=40)


def _judge_debugger(one: Debugger, said: Output) -> Finding:
    found = read_admission(said.out if said.code == 0 else "", said.err)
    refusals = (f"refused by {RESTRICTED}", f"refused by {MESHED}", BY_LEVEL)
    good = found == ADMITTED if one.expected == ADMITTED else found in refusals
    hint = "mesh/admission does not match pods/ephemeralcontainers: `kindmesh up --only policies`"
    if one.expected == ADMITTED:
        hint = "`kubectl debug --profile=restricted` cannot be used either"
    return judge(GROUP, one.description, one.expected, found, good=good, hint=hint)


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
