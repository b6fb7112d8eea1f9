"""The clients that send requests: pinger and ponger, and short-lived pods with their own ServiceAccounts."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from kindmesh.errors import StepFailed
from kindmesh.probes.candidate import CONTAINER_SECURITY, POD_SECURITY
from kindmesh.probes.question import Answer, Question, arguments, read_answers
from kindmesh.settings import IMAGE
from kindmesh.tools.kube import MANAGED_BY, OWNER, Kube, Object, evidence, until

PROGRAMS = ("pinger", "ponger")
DEPLOYMENTS = tuple(f"pingpong/{name}" for name in PROGRAMS)
NAMESPACE = "kindmesh-probe"
LABEL = "kindmesh.pingpong/probe"
LIFETIME = 600
"""Seconds after which the cluster ends a pod that was left behind."""
GATE = "kindmesh.pingpong/never"
ACCOUNT_WITHIN = 20.0
"""Seconds within which a new namespace has its ServiceAccount, without which no pod is admitted there."""


@dataclass(frozen=True, slots=True)
class ProbeClient:
    """A client that sends requests."""

    name: str
    description: str
    """Who it is, in words."""
    namespace: str
    account: str = ""
    """The ServiceAccount; empty: an existing Deployment's pod sends the request."""
    looks_like: str = ""
    """The value of `app.kubernetes.io/name`, by which NetworkPolicies select it."""
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
class RunningPod:
    """Where a pod of a program runs."""

    address: str
    node: str


PINGER = ProbeClient("pinger", "pinger itself", "pingpong")
NEWCOMER = ProbeClient("newcomer", "a new pod with pinger's account", "pingpong", "pinger", "pinger")
"""NetworkPolicies do not cut existing connections between sidecars: only a new pod shows what is open."""
PONGER = ProbeClient("ponger", "ponger itself", "pingpong")
INGRESS = ProbeClient("ingress", "a pod with the ingress's account", "ingress", "traefik", "traefik")
DISGUISED = ProbeClient(
    "disguised", "a meshed pod that looks like pinger, with another account", "pingpong", "default", "pinger"
)
STRANGER = ProbeClient("stranger", "a meshed pod of another namespace", NAMESPACE, "default")
UNMESHED = ProbeClient("unmeshed", "a pod without a sidecar", NAMESPACE, "default", meshed=False)
NODE = ProbeClient("node", "a process of the node, without a sidecar", NAMESPACE, "default", meshed=False, on_host=True)
CLIENTS = (PINGER, NEWCOMER, PONGER, INGRESS, DISGUISED, STRANGER, UNMESHED, NODE)


def find_running_pods(
    kube: Kube,
    programs: Sequence[str] = PROGRAMS,
    namespace: str = "pingpong",
    label: str = "app.kubernetes.io/name={},pod-template-hash",
    step: str = "workloads",
) -> dict[str, RunningPod]:
    """Return one running pod of each program, found by a label; `step` is what starts it."""
    found = {}
    for name in programs:
        chosen = ("-l", label.format(name), "--field-selector=status.phase=Running")
        pods = kube.items("-n", namespace, "pods", *chosen)
        staying = [pod for pod in pods if pod["status"].get("podIP") and "deletionTimestamp" not in pod["metadata"]]
        if not staying:
            hint = f"`kindmesh status` shows what there is, `kindmesh up --only {step}` starts it"
            raise StepFailed("verify", f"a running pod of {name}", evidence(kube, namespace), hint)
        found[name] = RunningPod(staying[0]["status"]["podIP"], staying[0]["spec"]["nodeName"])
    return found


def on_node_of(client: ProbeClient, place: RunningPod) -> ProbeClient:
    """Return the client as a process of the pod's own node, which the pod takes for the kubelet."""
    return replace(client, node=place.node)


def manifest(client: ProbeClient, life: int = LIFETIME) -> Object:
    """Return the pod of a client: never ready, so that no Service sends it requests."""
    labels = {LABEL: client.name} | ({"app.kubernetes.io/name": client.looks_like} if client.looks_like else {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": client.pod,
            "namespace": client.namespace,
            "labels": labels,
            "annotations": {"linkerd.io/inject": "enabled" if client.meshed else "disabled"},
        },
        "spec": {
            "serviceAccountName": client.account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": life,
            "terminationGracePeriodSeconds": 1,
            "hostNetwork": client.on_host,
            "dnsPolicy": "ClusterFirstWithHostNet" if client.on_host else "ClusterFirst",
            "readinessGates": [{"conditionType": GATE}],
            "securityContext": POD_SECURITY,
            "containers": [_container()],
        }
        | ({"nodeName": client.node} if client.node else {}),
    }


def _container() -> Object:
    return {
        "name": "probe",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", "import signal; signal.sigwait({signal.SIGTERM})"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}},
        "securityContext": CONTAINER_SECURITY,
    }


class ProbePods:
    """The probe pods of one verification, created and removed together."""

    def __init__(self, kube: Kube, clients: Sequence[ProbeClient], life: int = LIFETIME) -> None:
        self._kube, self._life = kube, life
        self._strangers = [client for client in clients if client.account]

    def __enter__(self) -> "ProbePods":
        """Create them, and wait until all run."""
        self.__exit__()
        try:
            self._make_namespace()
            self._kube.apply([manifest(client, self._life) for client in self._strangers])
            for client in self._strangers:
                self._wait(client)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make_namespace(self) -> None:
        labels = {"pod-security.kubernetes.io/enforce": "privileged", MANAGED_BY: OWNER}
        metadata = {"name": NAMESPACE, "labels": labels}
        self._kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
        if not until(lambda: self._kube.exists("-n", NAMESPACE, "serviceaccount/default"), within=ACCOUNT_WITHIN):
            events = self._kube.attempt("describe", "namespace", NAMESPACE).text
            raise StepFailed("verify", f"the ServiceAccount default of {NAMESPACE}", events)

    def _wait(self, client: ProbeClient) -> None:
        pod = f"pod/{client.pod}"
        ready = ("wait", "--for=condition=ContainersReady", pod, "--timeout=60s")
        if self._kube.attempt("-n", client.namespace, *ready).code != 0:
            shown = self._kube.attempt("-n", client.namespace, "describe", pod).text[-2500:]
            raise StepFailed("verify", f"the start of {client.description} ({pod})", shown)

    def __exit__(self, *_: object) -> None:
        """Remove all of them, and their namespace."""
        for client in self._strangers:
            with suppress(OSError):
                gone = ("delete", "pod", client.pod, "--ignore-not-found", "--wait=true", "--timeout=30s")
                self._kube.attempt("-n", client.namespace, *gone)
        self._kube.attempt("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s")

    def ask(self, client: ProbeClient, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Send requests from inside a pod."""
        return ask(self._kube, client, questions)


def ask(kube: Kube, client: ProbeClient, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Send requests from inside a pod, and return what came back."""
    target = f"pod/{client.pod}" if client.account else f"deployment/{client.name}"
    container = "probe" if client.account else client.name
    return read_answers(kube.run("-n", client.namespace, "exec", target, "-c", container, "--", *arguments(questions)))
