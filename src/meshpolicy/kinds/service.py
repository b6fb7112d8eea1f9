"""Service: which pods stand behind a name, and on which ports. Pure."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from meshpolicy.core.fields import Fields
from meshpolicy.core.labels import Labels
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth, truth
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.servicespec import check_service
from meshpolicy.record import record

REMOTE = "multicluster.linkerd.io/remote-discovery"
LOCAL = "multicluster.linkerd.io/local-discovery"
"""What makes clients' proxies look for pods in other clusters (controller/api/destination/server.go Get)."""


@record
class ServicePort:
    """One port of a Service; `target` is a number or a container port's name."""

    number: int
    target: int | str
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str = ""


@record
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
    elsewhere: bool = False
    """Whether clients' proxies look for its pods in another cluster, too (R133)."""
    ipv6: Truth = Truth.NO
    """Whether clients reach it by IPv6; unknown where they may by IPv4, too."""
    stored: bool = False
    """Whether it comes from a cluster, where the injector has seen it or never will."""

    def selects(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod stands behind it, or one of a template's does: those have labels of their own (R117).

        Without a selector, or as an ExternalName, it has its endpoints from elsewhere.
        """
        near = bool(self.selector) and namespace == self.ref.namespace
        return near and all(_may_have(labels, key, value) for key, value in self.selector.items())


def _may_have(labels: Mapping[str, str], key: str, value: str) -> bool:
    """Whether a pod has a label, or one of several has it that a controller makes."""
    if labels.get(key) == value:
        return True
    given = labels.present if isinstance(labels, Labels) else {}
    return key in given and ((values := given[key]) is None or value in values)


def read(document: Fields, ref: Ref) -> Service:
    """Read a Service."""
    spec, metadata = document.child("spec"), document.child("metadata")
    labels, annotations = metadata.strings("labels"), metadata.strings("annotations")
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
        MappingProxyType({} if spec.text("type") == "ExternalName" else spec.strings("selector")),
        tuple(ports),
        MappingProxyType(annotations),
        spec.text("clusterIP") == "None",
        MappingProxyType(labels),
        elsewhere=REMOTE in labels or not {REMOTE, LOCAL}.isdisjoint(annotations),
        ipv6=_by_ipv6(spec),
        stored=metadata.has("creationTimestamp"),
    )


def _by_ipv6(spec: Fields) -> Truth:
    """Say whether the addresses of a Service are of IPv6; what names no family is taken to be of IPv4 alone."""
    listed = spec.texts("clusterIPs") or (spec.text("clusterIP"),)
    of_six = {word == "IPv6" for word in spec.texts("ipFamilies")} or {":" in address for address in listed}
    if len(of_six) > 1 or spec.text("ipFamilyPolicy").endswith("DualStack"):
        return Truth.UNKNOWN
    return truth(True in of_six)


KINDS = (Kind("", "Service", read, check_service),)
