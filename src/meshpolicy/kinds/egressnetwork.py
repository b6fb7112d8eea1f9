"""EgressNetwork of policy.linkerd.io: which addresses clients' proxies take for those of others (R134). Pure."""

from collections.abc import Iterable

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Address, NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import check_exceptions, read_networks
from meshpolicy.record import record


@record
class EgressNetwork:
    """An EgressNetwork."""

    ref: Ref
    networks: tuple[NetworkMatch, ...] = ()
    """Empty: all outside of the cluster's."""

    def takes(self, address: Address, cluster: Iterable[NetworkMatch]) -> bool:
        """Whether it holds an address; `cluster` are the cluster's networks (outbound/index/egress_network.rs)."""
        if self.networks:
            return any(network.accepts(address) for network in self.networks)
        return not any(network.accepts(address) for network in cluster)


def read(document: Fields, ref: Ref) -> EgressNetwork | None:
    """Read an EgressNetwork; what is wrong with its networks is noted, and it is left out then."""
    networks = read_networks(document.child("spec"))
    return None if networks is None else EgressNetwork(ref, networks)


def validate(document: Fields) -> None:
    """Note an empty list of networks, and exceptions from elsewhere."""
    spec = document.child("spec")
    if spec.has("networks") and not spec.children("networks"):
        spec.refuse("networks", "is empty: leave it out for every network outside of the cluster")
    check_exceptions(spec)


KINDS = (Kind(POLICY_GROUP, "EgressNetwork", read, validate),)
