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


def networks_of(cluster: Cluster, pair: Sequence[Workload]) -> tuple[NetworkMatch, ...]:
    """Return where a client is whose address is not known: in the networks of pods, or on the host's anywhere."""
    anywhere = any(one.addresses or one.host_network or one.ref.kind == "ExternalWorkload" for one in pair)
    return () if anywhere else cluster.settings.pod_networks


@record
class ClientCalls:
    """The calls of one client: in each state the classes of its identities, and its group of pods."""

    calls: Calls
    identities: tuple[tuple[int, ...], tuple[int, ...]]
    groups: tuple[int, int]
    addresses: int
    """The classes of addresses at which it may be."""
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
        axis, networks = calls.clients.addresses, networks_of(ports[-1].cluster, pair)
        places = reduce(int.__or__, (axis.of(Part((network,))) for network in networks), 0) if networks else axis.full
        if addresses := pair[1].addresses or pair[0].addresses:
            places = reduce(int.__or__, (1 << _address_class(calls, address) for address in addresses))
        return cls(calls, (classes[0], classes[1]), (groups[0], groups[1]), places & ~calls.past_proxy, everywhere)

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
        opened, closed, moved = self._flips(way, cell, before, after, self.groups)
        # Who reads that both identities, and both pods, gain or lose these calls need not read it of the client.
        told = [
            self._flips(way, cell, (one,), (one,), (group, group))
            for one in dict.fromkeys((*before, *after))
            for group in dict.fromkeys(self.groups)
        ]
        opened &= ~reduce(int.__and__, (gained for gained, _, _ in told))
        closed &= ~reduce(int.__and__, (lost for _, lost, _ in told))
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

    def _flips(
        self, way: Way, cell: Cell, before: tuple[int, ...], after: tuple[int, ...], groups: tuple[int, int]
    ) -> tuple[int, int, int]:
        """Return from which addresses such calls of these pods are opened, closed, and perhaps one of both."""
        opened = closed = self.addresses
        moved = 0
        for variant in range(len(self.calls.variants)):
            old = self._allowed(0, before, Entry(way, groups[0], cell), variant)
            new = self._allowed(1, after, Entry(way, groups[1], cell), variant)
            now, gone = new.certain & ~old.possible, old.certain & ~new.possible
            moved |= now | gone | (old.possible ^ new.possible) | (old.certain ^ new.certain)
            opened, closed = opened & now, closed & gone
        return opened, closed, moved & ~opened & ~closed

    def _allowed(self, state: int, identities: tuple[int, ...], entry: Entry, variant: int) -> Bits:
        """Return from which addresses the client gets through in one state: for certain under all its identities."""
        certain, possible = self.addresses, 0
        for identity in identities:
            # Without mTLS all ways are alike.
            taken = entry if identity else replace(entry, way=Way(entry.way.traffic, POD_ADDRESS))
            bits = self.calls.allowed(state, taken, variant)
            at = identity * self.calls.clients.width
            certain &= bits.certain >> at
            possible |= bits.possible >> at & self.addresses
        return Bits(certain, possible)

    def said(self, region: Region, state: int, change: IdentityChange) -> Region:
        """Return a region with the client's own identity in place of its class, and the addresses in few words."""
        own = (change.before, change.after)[state][0]
        who: Part[IdentityPattern] = Part((IdentityMatch(own),)) if own else UNMESHED[0].identities
        axis = self.calls.clients.addresses
        places = region.bits >> self.identities[state][0] * self.calls.clients.width & axis.full
        where = min(axis.parts(places), axis.parts(places | axis.full & ~self.addresses), key=_size)
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
