"""ExternalWorkload of workload.linkerd.io: a machine outside of the cluster with a proxy and an identity. Pure."""

from types import MappingProxyType

from meshpolicy.core.fields import Fields
from meshpolicy.core.policy import Ref
from meshpolicy.kinds.container import Container, ContainerPort
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.reading import read_addresses
from meshpolicy.kinds.workload import Workload


def read(document: Fields, ref: Ref) -> Workload:
    """Read an ExternalWorkload: it brings its own proxy and identity, and has no probes (R58)."""
    metadata, spec = document.child("metadata"), document.child("spec")
    ports = tuple(
        ContainerPort(
            port.integer("port"), port.text("name"), port.text("protocol", "TCP").upper(), port.data.get("name") == ""
        )
        for port in spec.children("ports")
    )
    old = spec.has("meshTls") and not spec.has("meshTLS")
    return Workload(
        ref,
        MappingProxyType(metadata.strings("labels")),
        MappingProxyType(metadata.strings("annotations")),
        containers=(Container(ref.name, ports=ports),),
        addresses=tuple(read_addresses(spec.children("workloadIPs"), "ip", free=True)),
        meshed=True,
        identity=spec.child("meshTls" if old else "meshTLS").text("identity"),
        unread="" if spec.has("meshTLS") else "it has no `meshTLS`, by which v1beta1 calls it and Linkerd reads it",
    )


KINDS = (Kind("workload.linkerd.io", "ExternalWorkload", read),)
