"""NetworkAuthentication of policy.linkerd.io: clients by their address (R36). Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import check_exceptions, read_networks
from meshpolicy.record import record


@record
class NetworkAuthentication:
    """Networks with their exceptions; any of them holds (R36)."""

    ref: Ref
    networks: tuple[NetworkMatch, ...]


def read(document: Fields, ref: Ref) -> NetworkAuthentication | None:
    """Read a NetworkAuthentication (R36)."""
    spec = document.child("spec")
    found = read_networks(spec)
    if found is None:
        return None
    if not found:
        spec.refuse("networks", "is missing or empty", "R36")
        return None
    return NetworkAuthentication(ref, found)


def validate(document: Fields) -> None:
    """Note exceptions that leave nothing of their network, or lie outside of it (R36)."""
    check_exceptions(document.child("spec"))


KINDS = (Kind(POLICY_GROUP, "NetworkAuthentication", read, validate),)
