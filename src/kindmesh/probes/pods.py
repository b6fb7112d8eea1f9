"""The pods that ask: the ones that run anyway, and short-lived strangers with accounts of their own."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from kindmesh.errors import StepFailed
from kindmesh.probes.candidate import CONTAINER_SECURITY, POD_SECURITY
from kindmesh.probes.probe import Answer, Question, arguments, read_answers
from kindmesh.settings import IMAGE
from kindmesh.tools.kube import MANAGED_BY, OWNER, Kube, Object, evidence, until

PROGRAMS = ("pinger", "ponger")
NAMESPACE = "kindmesh-probe"
LABEL = "kindmesh.pingpong/probe"
LIFE = 600
"""Seconds after which the cluster ends a pod that was left behind."""
GATE = "kindmesh.pingpong/never"
NAMED = 20.0
"""Seconds within which a new namespace has its ServiceAccount, without which no pod is admitted there."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who sends requests."""

    name: str
    says: str
    """Who it is, in words."""
    namespace: str
    account: str = ""
    """Empty: a pod that runs anyway, asked by name."""
    looks_like: str = ""
    """The label by which NetworkPolicies take it for somebody else."""
    meshed: bool = True
    on_host: bool = False
    """In the node's own network, which NetworkPolicies let in."""
    node: str = ""
    """The node on which it runs; empty: on any."""

    @property
    def pod(self) -> str:
        """The name of its pod, where it is none that runs anyway."""
        return f"kindmesh-{self.name}-{self.node}" if self.node else f"kindmesh-{self.name}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod of a program runs."""

    address: str
    node: str


PINGER = Asker("pinger", "pinger itself", "pingpong")
NEWCOMER = Asker("newcomer", "a new pod with pinger's account", "pingpong", "pinger", "pinger")
"""Two sidecars that are connected stay so though a NetworkPolicy forbids it: only a new pod shows an open way."""
PONGER = Asker("ponger", "ponger itself", "pingpong")
INGRESS = Asker("ingress", "a pod with the ingress's account", "ingress", "traefik", "traefik")
DISGUISED = Asker(
    "disguised", "a meshed pod that looks like pinger, with another account", "pingpong", "default", "pinger"
)
STRANGER = Asker("stranger", "a meshed pod of another namespace", NAMESPACE, "default")
UNMESHED = Asker("unmeshed", "a pod without a sidecar", NAMESPACE, "default", meshed=False)
NODE = Asker("node", "a process of the node, without a sidecar", NAMESPACE, "default", meshed=False, on_host=True)
ASKERS = (PINGER, NEWCOMER, PONGER, INGRESS, DISGUISED, STRANGER, UNMESHED, NODE)


def find_places(kube: Kube) -> dict[str, Place]:
    """Return where one running pod of each program is."""
    found = {}
    for name in PROGRAMS:
        label = f"app.kubernetes.io/name={name},pod-template-hash"
        pods = kube.items("-n", "pingpong", "pods", "-l", label, "--field-selector=status.phase=Running")
        staying = [pod for pod in pods if pod["status"].get("podIP") and "deletionTimestamp" not in pod["metadata"]]
        if not staying:
            hint = "`kindmesh status` shows what there is, `kindmesh up --only workloads` starts it"
            raise StepFailed("verify", f"a running pod of {name}", evidence(kube, "pingpong"), hint)
        found[name] = Place(staying[0]["status"]["podIP"], staying[0]["spec"]["nodeName"])
    return found


def beside(asker: Asker, place: Place) -> Asker:
    """Return an asker that a pod takes for kubelet: a process of the node on which that pod runs."""
    return replace(asker, node=place.node)


def manifest(asker: Asker, life: int = LIFE) -> Object:
    """Return the pod of a stranger: never ready, so no Service ever sends it a request."""
    labels = {LABEL: asker.name} | ({"app.kubernetes.io/name": asker.looks_like} if asker.looks_like else {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": asker.pod,
            "namespace": asker.namespace,
            "labels": labels,
            "annotations": {"linkerd.io/inject": "enabled" if asker.meshed else "disabled"},
        },
        "spec": {
            "serviceAccountName": asker.account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": life,
            "terminationGracePeriodSeconds": 1,
            "hostNetwork": asker.on_host,
            "dnsPolicy": "ClusterFirstWithHostNet" if asker.on_host else "ClusterFirst",
            "readinessGates": [{"conditionType": GATE}],
            "securityContext": POD_SECURITY,
            "containers": [_container()],
        }
        | ({"nodeName": asker.node} if asker.node else {}),
    }


def _container() -> Object:
    return {
        "name": "asker",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", "import signal; signal.sigwait({signal.SIGTERM})"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}},
        "securityContext": CONTAINER_SECURITY,
    }


class Askers:
    """The strangers of one verification: made together, removed together."""

    def __init__(self, kube: Kube, askers: Sequence[Asker], life: int = LIFE) -> None:
        self._kube, self._life = kube, life
        self._strangers = [asker for asker in askers if asker.account]

    def __enter__(self) -> "Askers":
        """Make them, and wait until all run."""
        self.__exit__()
        try:
            self._make_namespace()
            self._kube.apply([manifest(asker, self._life) for asker in self._strangers])
            for asker in self._strangers:
                self._wait(asker)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make_namespace(self) -> None:
        labels = {"pod-security.kubernetes.io/enforce": "privileged", MANAGED_BY: OWNER}
        metadata = {"name": NAMESPACE, "labels": labels}
        self._kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
        if not until(lambda: self._kube.exists("-n", NAMESPACE, "serviceaccount/default"), within=NAMED):
            events = self._kube.attempt("describe", "namespace", NAMESPACE).text
            raise StepFailed("verify", f"the ServiceAccount default of {NAMESPACE}", events)

    def _wait(self, asker: Asker) -> None:
        pod = f"pod/{asker.pod}"
        ready = ("wait", "--for=condition=ContainersReady", pod, "--timeout=60s")
        if self._kube.attempt("-n", asker.namespace, *ready).code != 0:
            shown = self._kube.attempt("-n", asker.namespace, "describe", pod).text[-2500:]
            raise StepFailed("verify", f"the start of {asker.says} ({pod})", shown)

    def __exit__(self, *_: object) -> None:
        """Remove every one of them, and their namespace."""
        for asker in self._strangers:
            with suppress(OSError):
                gone = ("delete", "pod", asker.pod, "--ignore-not-found", "--wait=true", "--timeout=30s")
                self._kube.attempt("-n", asker.namespace, *gone)
        self._kube.attempt("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s")

    def ask(self, asker: Asker, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Send requests from inside a pod."""
        return ask(self._kube, asker, questions)


def ask(kube: Kube, asker: Asker, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Send requests from inside a pod, and return what came back."""
    target = f"pod/{asker.pod}" if asker.account else f"deployment/{asker.name}"
    container = "asker" if asker.account else asker.name
    return read_answers(kube.run("-n", asker.namespace, "exec", target, "-c", container, "--", *arguments(questions)))
