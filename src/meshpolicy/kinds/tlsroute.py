"""TLSRoute of the Gateway API: no policy for inbound calls, and only validated here. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.kind import GATEWAY_GROUP, Kind
from meshpolicy.kinds.routerules import check_egress_parents


def validate(document: Fields) -> None:
    """Note what is wrong with a TLSRoute: Linkerd takes one rule."""
    spec = document.child("spec")
    check_egress_parents(spec)
    count = len(spec.children("rules"))
    if count != 1:
        spec.refuse("rules", f"holds {count} rules, where Linkerd takes one")


KINDS = (Kind(GATEWAY_GROUP, "TLSRoute", validate=validate),)
