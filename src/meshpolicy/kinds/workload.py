"""What runs in the cluster: workloads, their ports and probes, and the Services before them. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from meshpolicy.core.match import Address
from meshpolicy.core.policy import Ref


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


@dataclass(frozen=True, slots=True)
class Workload:
    """A Pod, the template of a Deployment (or its like), or an ExternalWorkload."""

    ref: Ref
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Those of the pod, with the namespace's that the injector copies at creation (R8)."""
    service_account: str = "default"
    containers: tuple[Container, ...] = ()
    """Init containers first."""
    replicas: int = 1
    addresses: tuple[Address, ...] = ()
    """Of a Pod that runs; a template has none."""
    host_network: bool = False
    meshed: bool = False
    """Whether it has (or will get) a sidecar."""
    grace: float = 30
    """terminationGracePeriodSeconds."""
    identity: str = ""
    """An ExternalWorkload's own identity; empty: derived from the ServiceAccount (R5)."""
    unread: str = ""
    """Why Linkerd's controller does not read it, although it is stored; empty: it does (R7)."""


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


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """What the mesh was installed with; the defaults are those of Linkerd's chart (R1-R4)."""

    default_inbound_policy: str = "all-unauthenticated"
    cluster_networks: tuple[str, ...] = (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fd00::/8",
    )
    probe_networks: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    trust_domain: str = "cluster.local"
    control_plane_namespace: str = "linkerd"
    outbound_transport_mode: str = "transport-header"

    def identity(self, namespace: str, service_account: str) -> str:
        """Return the name in a ServiceAccount's certificate (R5)."""
        return (
            f"{service_account}.{namespace}.serviceaccount.identity.{self.control_plane_namespace}.{self.trust_domain}"
        )
