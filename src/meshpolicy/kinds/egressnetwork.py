"""EgressNetwork of policy.linkerd.io: it is about calls out of the cluster, and only validated here. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import check_exceptions, read_networks


def validate(document: Fields) -> None:
    """Note an empty or wrong list of networks; without a list it means all outside of the cluster."""
    spec = document.child("spec")
    if spec.has("networks") and not spec.children("networks"):
        spec.refuse("networks", "is empty: leave it out for every network outside of the cluster")
    read_networks(spec)
    check_exceptions(spec)


KINDS = (Kind(POLICY_GROUP, "EgressNetwork", validate=validate),)
