"""What runs in the cluster: workloads, their ports and probes, and the Services before them. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from meshpolicy.core.labels import Labels
from meshpolicy.core.match import Address
from meshpolicy.core.policy import Ref
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.sidecar import Sidecar


class ProbeKind(StrEnum):
    """The probes of a container."""

    LIVENESS = "livenessProbe"
    READINESS = "readinessProbe"
    STARTUP = "startupProbe"


@dataclass(frozen=True, slots=True)
class Probe:
    """An httpGet probe; times in seconds, with Kubernetes' defaults. Other handlers are not kept (R58)."""

    kind: ProbeKind
    path: str
    """What the kubelet asks for, without its query."""
    port: int
    scheme: str = "HTTP"
    period: float = 10
    timeout: float = 1
    initial_delay: float = 0
    failure_threshold: int = 3
    success_threshold: int = 1
    headers: tuple[tuple[str, str], ...] = ()
    opened: str | None = None
    """The path that Linkerd's controller opens for it; None where it cannot read path or port (R58)."""


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A declared port; `name` is empty if it has none."""

    number: int
    name: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable: a literal value, or the pod's own field (`metadata.name`)."""

    name: str
    value: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod's template, as far as a policy or the local mesh reads it."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    probes: tuple[Probe, ...] = ()
    other_probes: tuple[tuple[ProbeKind, str], ...] = ()
    """Probes that are no httpGet, with their handler: `tcpSocket`, `grpc` or `exec`."""
    init: bool = False
    user: int | None = None
    """runAsUser, its own or the pod's; None: the image's."""


@dataclass(frozen=True, slots=True)
class Injection:
    """Whether a pod gets Linkerd's sidecar, and why."""

    sidecar: Truth
    why: str = ""
    """A sentence's end after the workload's name: `gets no sidecar: it is on the host's network`."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A Pod, the template of a Deployment (or its like), or an ExternalWorkload."""

    ref: Ref
    labels: Mapping[str, str] = field(default_factory=Labels)
    """Those of the pod; with those that controllers and the injector give it, as `Labels`."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Those of the pod, with the namespace's that the injector copies at creation (R8)."""
    service_account: str = "default"
    containers: tuple[Container, ...] = ()
    """Init containers first."""
    replicas: int = 1
    first_ordinal: int = 0
    """The number of a StatefulSet's first pod."""
    addresses: tuple[Address, ...] = ()
    """Of a Pod that runs; a template has none."""
    host_network: bool = False
    meshed: bool = False
    """Whether it has (or will get) a sidecar; where `injection` does not know: whether it asks for one."""
    grace: float = 30
    """terminationGracePeriodSeconds."""
    identity: str = ""
    """An ExternalWorkload's own identity; empty: derived from the ServiceAccount (R5)."""
    unread: str = ""
    """Why Linkerd's controller does not read it, although it is stored; empty: it does (R7)."""
    automount: bool = True
    """automountServiceAccountToken of the pod."""
    injection: Injection = field(default_factory=lambda: Injection(Truth.YES))
    """Why `meshed` says so; never no where it is true."""
    sidecar: Sidecar = field(default_factory=Sidecar)
    """What its sidecar does, if it has one."""
    metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """`labels` and `annotations` of the object itself, where its pods come from a template."""


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of a Service; `target` is a number or a container port's name."""

    number: int
    target: int | str
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A Service of the cluster."""

    ref: Ref
    selector: Mapping[str, str]
    ports: tuple[ServicePort, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    headless: bool = False

    def selects(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod stands behind it; without a selector it has its endpoints from elsewhere."""
        near = bool(self.selector) and namespace == self.ref.namespace
        return near and all(labels.get(key) == value for key, value in self.selector.items())
