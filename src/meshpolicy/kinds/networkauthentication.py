"""NetworkAuthentication of policy.linkerd.io: clients by their address (R36). Pure."""

from dataclasses import dataclass

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import NetworkMatch
from meshpolicy.core.policy import Ref
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import read_networks


@dataclass(frozen=True, slots=True)
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


KINDS = (Kind(POLICY_GROUP, "NetworkAuthentication", read),)
