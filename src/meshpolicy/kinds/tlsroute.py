"""TLSRoute and TCPRoute of the Gateway API: no policy for inbound calls; on a Service its clients meet them. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import GATEWAY_GROUP, Kind
from meshpolicy.kinds.references import Target
from meshpolicy.kinds.route import read_parent
from meshpolicy.kinds.routerules import check_egress_parents
from meshpolicy.record import record


@record
class StreamRoute:
    """A route of connections, as far as one has to know that there is one."""

    ref: Ref
    parents: tuple[Target, ...]


def read(document: Fields, ref: Ref) -> StreamRoute:
    """Read where a TLSRoute or TCPRoute is attached."""
    return StreamRoute(ref, tuple(read_parent(parent, ref) for parent in document.child("spec").children("parentRefs")))


def validate(document: Fields) -> None:
    """Note what is wrong with such a route: Linkerd takes one rule."""
    spec = document.child("spec")
    check_egress_parents(spec)
    count = len(spec.children("rules"))
    if count != 1:
        spec.refuse("rules", f"holds {count} rules, where Linkerd takes one")


KINDS = tuple(Kind(GATEWAY_GROUP, name, read, validate) for name in ("TLSRoute", "TCPRoute"))
