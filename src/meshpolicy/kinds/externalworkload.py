"""ExternalWorkload of workload.linkerd.io: a machine outside of the cluster with a proxy and an identity. Pure."""

from types import MappingProxyType

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
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
        unread=_unread(spec),
    )


def _unread(spec: Fields) -> str:
    """Say why Linkerd's controller cannot read what is stored (k8s/api/src/external_workload.rs); empty: it can."""
    if not spec.has("meshTLS"):
        return "it has no `meshTLS`, by which v1beta1 calls it and Linkerd reads it"
    needed = [(spec.child("meshTLS"), key) for key in ("identity", "serverName")]
    needed += [(entry, "ip") for entry in spec.children("workloadIPs")]
    needed += [(entry, "port") for entry in spec.children("ports")]
    missing = next((fields.at(key).field for fields, key in needed if not fields.has(key)), "")
    return f"Linkerd cannot read it without `{missing}`" if missing else ""


KINDS = (Kind("workload.linkerd.io", "ExternalWorkload", read),)
