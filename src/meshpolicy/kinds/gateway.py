"""Gateway of the Gateway API, for the ingress. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import GATEWAY_GROUP, Kind
from meshpolicy.record import record


@record
class Listener:
    """One listener of a Gateway."""

    name: str
    port: int
    protocol: str
    hostname: str = ""
    certificates: tuple[str, ...] = ()


@record
class Gateway:
    """A Gateway, for the ingress."""

    ref: Ref
    class_name: str
    listeners: tuple[Listener, ...]


def read(document: Fields, ref: Ref) -> Gateway:
    """Read a Gateway."""
    spec = document.child("spec")
    listeners = tuple(
        Listener(
            listener.text("name"),
            listener.integer("port"),
            listener.text("protocol"),
            listener.text("hostname"),
            tuple(entry.text("name") for entry in listener.child("tls").children("certificateRefs")),
        )
        for listener in spec.children("listeners")
    )
    return Gateway(ref, spec.text("gatewayClassName"), listeners)


KINDS = (Kind(GATEWAY_GROUP, "Gateway", read),)
