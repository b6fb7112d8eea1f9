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
"""Under which a call may come: one, empty without mTLS; where the manifests do not say it, the workload's own first."""


@record
class IdentityChange:
    """A workload, and under which identity its calls came and come."""

    workload: Ref
    before: Identities
    after: Identities
    moved: str = ""
    """Why NetworkPolicies see another pod in it than before; empty: they do not."""
    address: str = ""
    """How its address changed, as far as the manifests tell; empty: it did not."""


@record
class Flips:
    """What becomes of the calls of one workload: for each class of calls, the client's bits."""

    opened: dict[Entry, int] = field(default_factory=dict)
    closed: dict[Entry, int] = field(default_factory=dict)
    unknown: dict[Entry, int] = field(default_factory=dict)


@record
class Caller:
    """A client whose identity changes, and the Services through which it does; none is the pod's address."""

    number: int
    """Its place among all clients."""
    pair: tuple[Workload, Workload]
    change: IdentityChange
    services: tuple[str, ...]
    everywhere: bool
    """Whether these are all ways to the port."""


def pod_class(workload: Workload) -> PodClass:
    """Return the class of pods that a workload's are alone in."""
    return PodClass(workload, (workload.ref.namespaced_name,))


def networks_of(cluster: Cluster, client: Workload) -> tuple[NetworkMatch, ...]:
    """Return where a client is whose address is not known: in the networks of pods; empty: anywhere."""
    anywhere = client.addresses or client.host_network or client.ref.kind == "ExternalWorkload"
    return () if anywhere else cluster.settings.pod_networks


@record
class ClientCalls:
    """The calls of one client: in each state the classes of its identities, and its group of pods."""

    calls: Calls
    identities: tuple[tuple[int, ...], tuple[int, ...]]
    groups: tuple[int, int]
    addresses: tuple[int, int]
    """The classes of addresses at which it may be in each state."""
    everywhere: bool
    """Whether it comes under another identity on all ways to the port."""

    @classmethod
    def of(
        cls, calls: Calls, pair: tuple[Workload, Workload], change: IdentityChange, *, everywhere: bool
    ) -> "ClientCalls":
        """Find the classes. Raises TooMany where an identity is in none."""
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
        """Return what becomes of the client's calls through these Services, and to the pod's address."""
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
        # A reader who sees that both identities, both pods and all addresses gain or lose these calls need not see it
        # of the client, too.
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
        """Return the addresses from which such calls are opened, closed, and perhaps one of both."""
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
        """Return the same of a client whose address changed: no address is the same, so all of each state count."""
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
        """Return from which addresses the client gets through in one state: for certain under all its identities."""
        entry = Entry(way, self.groups[state], cell)
        certain, possible = self.addresses[state], 0
        for identity in self.identities[state]:
            # Without mTLS all ways are alike.
            taken = entry if identity else replace(entry, way=Way(way.traffic, POD_ADDRESS))
            bits = self.calls.allowed(state, taken, variant)
            at = identity * self.calls.clients.width
            certain &= bits.certain >> at
            possible |= bits.possible >> at & self.addresses[state]
        return Bits(certain, possible)

    def said(self, region: Region, state: int, change: IdentityChange) -> Region:
        """Return a region with the client's own identity in place of its class, and the addresses in few words."""
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
    """Return the class of an identity: of those that meet the same patterns; the first is to have none."""
    axis = calls.clients.identities
    found = axis.like(identity, meets_identity)
    if found is None:
        raise TooMany(f"the identity {identity} is of no class of identities")
    return found


def _places(calls: Calls, cluster: Cluster, pod: Workload) -> int:
    """Return the classes of addresses at which a pod may be. Raises TooMany where its address is in none."""
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
    """Return the group of pods whom the NetworkPolicies treat as this one."""
    own = pod_class(pod)
    return next((at for at, group in enumerate(calls.groups) if own in group.classes), 0)


class ClientFlips:
    """What becomes of the calls of each client to ports that answer alike; clients of one class have the same."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._by_caller: dict[object, tuple[ClientCalls, Flips]] = {}
        self._by_class: dict[object, Flips] = {}

    def of(self, caller: Caller) -> tuple[ClientCalls, Flips]:
        """Return the calls of a client, and what becomes of them. Raises TooMany."""
        key = caller.number, caller.change, caller.services, caller.everywhere
        if key not in self._by_caller:
            own = ClientCalls.of(self._calls, caller.pair, caller.change, everywhere=caller.everywhere)
            alike = own, caller.services
            if alike not in self._by_class:
                self._by_class[alike] = own.flips(caller.services)
            self._by_caller[key] = own, self._by_class[alike]
        return self._by_caller[key]
