"""Service: which pods stand behind a name, and on which ports. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from meshpolicy.core.fields import Fields
from meshpolicy.core.policy import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.servicespec import check_service


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
    labels: Mapping[str, str] = field(default_factory=dict)
    undetermined: bool = False
    """Whether its namespace may give it opaque-ports: it has none, and the Namespace is not in the input (R65)."""
    stored: bool = False
    """Whether it comes from a cluster, where the injector has seen it or never will."""

    def selects(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod stands behind it; without a selector it has its endpoints from elsewhere."""
        near = bool(self.selector) and namespace == self.ref.namespace
        return near and all(labels.get(key) == value for key, value in self.selector.items())


def read(document: Fields, ref: Ref) -> Service:
    """Read a Service."""
    spec = document.child("spec")
    ports: list[ServicePort] = []
    for port in spec.children("ports"):
        number = port.port("port")
        if not isinstance(number, int) or not number:
            port.note("port", "is missing or no number")
            continue
        ports.append(
            ServicePort(
                number,
                (port.port("targetPort") if port.data.get("targetPort") else 0) or number,
                port.text("name"),
                port.text("protocol") or "TCP",
                port.text("appProtocol"),
            )
        )
    return Service(
        ref,
        MappingProxyType(spec.strings("selector")),
        tuple(ports),
        MappingProxyType(document.child("metadata").strings("annotations")),
        spec.text("clusterIP") == "None",
        MappingProxyType(document.child("metadata").strings("labels")),
        stored=document.child("metadata").has("creationTimestamp"),
    )


KINDS = (Kind("", "Service", read, check_service),)
