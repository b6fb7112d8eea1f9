"""The calls of one client in two states of manifests, as it came before and as it comes now. Pure."""

from collections.abc import Sequence
from dataclasses import field
from functools import reduce

from meshpolicy.analysis.access import UNMESHED
from meshpolicy.analysis.calls import Calls, Entry
from meshpolicy.analysis.clients import ClientTerm, meets_identity
from meshpolicy.analysis.outcomes import Bits
from meshpolicy.analysis.patterns import IdentityPattern
from meshpolicy.analysis.pods import PodClass
from meshpolicy.analysis.port import Way
from meshpolicy.analysis.ports import BY_ADDRESS, POD_ADDRESS
from meshpolicy.analysis.regions import Region
from meshpolicy.analysis.requests import Cell
from meshpolicy.core.axis import Part, TooMany
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import Address, IdentityMatch, NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace

Identities = tuple[str, ...]
"""The identities under which a call may arrive; an empty text is no mTLS.

There is one, or two if the manifests do not decide it: the workload's own comes first.
"""


@record
class IdentityChange:
    """A workload, with the identities of its calls before and after."""

    workload: Ref
    before: Identities
    after: Identities
    moved: str = ""
    """Why NetworkPolicies may treat the workload's pod differently than before; empty if they do not."""
    address: str = ""
    """How its address changed, as far as the manifests say; empty if it did not."""


@record
class Flips:
    """How the calls of one workload changed: for each class of calls, the bits of the client."""

    opened: dict[Entry, int] = field(default_factory=dict)
    closed: dict[Entry, int] = field(default_factory=dict)
    unknown: dict[Entry, int] = field(default_factory=dict)


@record
class Caller:
    """A client whose identity changes, and the Services (or `POD_ADDRESS`) through which it does."""

    number: int
    """Its position in `IdentityChanges.clients`."""
    pair: tuple[Workload, Workload]
    change: IdentityChange
    services: tuple[str, ...]
    everywhere: bool
    """Whether `services` holds all ways to the port."""


def pod_class(workload: Workload) -> PodClass:
    """Return a class of pods that holds only this workload's pods."""
    return PodClass(workload, (workload.ref.namespaced_name,))


def networks_of(cluster: Cluster, client: Workload) -> tuple[NetworkMatch, ...]:
    """Return the networks of pods for a client whose address is not known; empty if it is known, or may be anywhere."""
    anywhere = client.addresses or client.host_network or client.ref.kind == "ExternalWorkload"
    return () if anywhere else cluster.settings.pod_networks


@record
class ClientCalls:
    """The calls of one client: for each state the classes of its identities, its group of pods and its addresses."""

    calls: Calls
    identities: tuple[tuple[int, ...], tuple[int, ...]]
    groups: tuple[int, int]
    addresses: tuple[int, int]
    """The classes of addresses that it may have, as bits, for each state."""
    everywhere: bool
    """Whether its identity changes on all ways to the port."""

    @classmethod
    def of(
        cls, calls: Calls, pair: tuple[Workload, Workload], change: IdentityChange, *, everywhere: bool
    ) -> "ClientCalls":
        """Find the classes of a client. Raises TooMany if an identity or address is in no class."""
        classes = [
            tuple(_identity_class(calls, one) for one in identities) for identities in (change.before, change.after)
        ]
        groups = [_group(calls, pod) for pod in pair]
        ports = [port for port in calls.ports if port is not None]
        places = [_places(calls, ports[-1].cluster, pod) & ~calls.past_proxy for pod in pair]
        if not change.address or not all(places):
            places = [places[0] | places[1]] * 2
        return cls(calls, (classes[0], classes[1]), (groups[0], groups[1]), (places[0], places[1]), everywhere)

    def flips(self, services: Sequence[str]) -> Flips:
        """Return how the client's calls on these ways changed; the empty name is the pod's address."""
        found = Flips()
        requests = self.calls.space.requests
        for traffic in Traffic:
            cells = tuple(requests.cells()) if traffic.is_http else (next(requests.cells()),)
            for service in services:
                for cell in cells:
                    self._compare(found, Way(traffic, service), cell)
        return found

    def _compare(self, found: Flips, way: Way, cell: Cell) -> None:
        before, after = self.identities
        opened, closed, moved = self.changed_at(way, cell)
        if not (opened or closed or moved):
            return
        # If all clients gain or lose these calls, whichever of the identities, pods and addresses they have, another
        # change already reports it. It is not reported again for this client.
        everywhere = self.addresses[0] | self.addresses[1]
        told = [
            replace(self, identities=((one,), (one,)), groups=(group, group), addresses=(everywhere, everywhere))
            for one in dict.fromkeys((*before, *after))
            for group in dict.fromkeys(self.groups)
        ]
        gained = lost = everywhere
        for opened_to_all, closed_to_all, _ in (one.changed_at(way, cell) for one in told):
            gained, lost = gained & opened_to_all, lost & closed_to_all
        if self.addresses[0] == self.addresses[1]:
            opened, closed = opened & ~gained, closed & ~lost
        else:
            opened, closed = opened * (gained != everywhere), closed * (lost != everywhere)
        for flips, state, addresses in (
            (found.opened, 1, opened),
            (found.closed, 0, closed),
            (found.unknown, 1, moved),
        ):
            if addresses:
                direct = way.service == POD_ADDRESS and not self.everywhere
                said = Way(way.traffic, BY_ADDRESS) if direct else way
                entry = Entry(said, self.groups[state], cell)
                flips[entry] = addresses << self.identities[state][0] * self.calls.clients.width

    def changed_at(self, way: Way, cell: Cell) -> tuple[int, int, int]:
        """Return the addresses, as bits, from which such calls are opened, are closed, and may be either."""
        if self.addresses[0] != self.addresses[1]:
            return self._changed_as_a_whole(way, cell)
        opened = closed = self.addresses[0]
        moved = 0
        for variant in range(len(self.calls.variants)):
            old, new = (self._allowed(state, way, cell, variant) for state in (0, 1))
            now, gone = new.certain & ~old.possible, old.certain & ~new.possible
            moved |= now | gone | (old.possible ^ new.possible) | (old.certain ^ new.certain)
            opened, closed = opened & now, closed & gone
        return opened, closed, moved & ~opened & ~closed

    def _changed_as_a_whole(self, way: Way, cell: Cell) -> tuple[int, int, int]:
        """Return the same for a client whose address changed: the addresses of each state count only as a whole."""
        opened = closed = True
        moved = False
        for variant in range(len(self.calls.variants)):
            old, new = (self._allowed(state, way, cell, variant) for state in (0, 1))
            was, now = old.certain == self.addresses[0], new.certain == self.addresses[1]
            moved |= (was, bool(old.possible)) != (now, bool(new.possible))
            opened, closed = opened and now and not old.possible, closed and was and not new.possible
        if opened or closed:
            return (self.addresses[1], 0, 0) if opened else (0, self.addresses[0], 0)
        return 0, 0, self.addresses[1] if moved else 0

    def _allowed(self, state: int, way: Way, cell: Cell, variant: int) -> Bits:
        """Return the addresses from which the client gets through in one state: with all its identities, with one."""
        entry = Entry(way, self.groups[state], cell)
        certain, possible = self.addresses[state], 0
        for identity in self.identities[state]:
            # Without mTLS, the Service makes no difference.
            taken = entry if identity else replace(entry, way=Way(way.traffic, POD_ADDRESS))
            bits = self.calls.allowed(state, taken, variant)
            at = identity * self.calls.clients.width
            certain &= bits.certain >> at
            possible |= bits.possible >> at & self.addresses[state]
        return Bits(certain, possible)

    def said(self, region: Region, state: int, change: IdentityChange) -> Region:
        """Return a region with the client's identity instead of its class, and the shortest form of its addresses."""
        own = (change.before, change.after)[state][0]
        who: Part[IdentityPattern] = Part((IdentityMatch(own),)) if own else UNMESHED[0].identities
        axis = self.calls.clients.addresses
        places = region.bits >> self.identities[state][0] * self.calls.clients.width & axis.full
        where = min(axis.parts(places), axis.parts(places | axis.full & ~self.addresses[state]), key=_size)
        client = replace(region.witness.client, identity=own)
        shown = replace(region.witness, client=client, workload=change.workload)
        return replace(region, clients=tuple(ClientTerm(who, one) for one in where), witness=shown)


def _size(parts: Sequence[Part[NetworkMatch]]) -> int:
    return len(parts) + sum(part.size for part in parts)


def _identity_class(calls: Calls, identity: str) -> int:
    """Return the number of the class of an identity; class 0 has no identity. Raises TooMany if it is in no class."""
    axis = calls.clients.identities
    found = axis.like(identity, meets_identity)
    if found is None:
        raise TooMany(f"the identity {identity} is of no class of identities")
    return found


def _places(calls: Calls, cluster: Cluster, pod: Workload) -> int:
    """Return the classes of addresses that a pod may have, as bits. Raises TooMany if an address is in no class."""
    axis, networks = calls.clients.addresses, networks_of(cluster, pod)
    found = [1 << _address_class(calls, address) for address in pod.addresses]
    found = found or [axis.of(Part((network,))) for network in networks]
    return reduce(int.__or__, found) if found else axis.full


def _address_class(calls: Calls, address: Address) -> int:
    found = calls.clients.addresses.like(address, NetworkMatch.accepts)
    if found is None:
        raise TooMany(f"the address {address} is of no class of addresses")
    return found


def _group(calls: Calls, pod: Workload) -> int:
    """Return the position of the group of pods that the NetworkPolicies treat like this one."""
    own = pod_class(pod)
    return next((at for at, group in enumerate(calls.groups) if own in group.classes), 0)


class ClientFlips:
    """How the calls of each client to ports with equal answers changed; computed once for clients of one class."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._by_caller: dict[object, tuple[ClientCalls, Flips]] = {}
        self._by_class: dict[object, Flips] = {}

    def of(self, caller: Caller) -> tuple[ClientCalls, Flips]:
        """Return the calls of a client, and how they changed. Raises TooMany if it is in no class."""
        key = caller.number, caller.change, caller.services, caller.everywhere
        if key not in self._by_caller:
            own = ClientCalls.of(self._calls, caller.pair, caller.change, everywhere=caller.everywhere)
            alike = own, caller.services
            if alike not in self._by_class:
                self._by_class[alike] = own.flips(caller.services)
            self._by_caller[key] = own, self._by_class[alike]
        return self._by_caller[key]
