"""All calls to one port, in one or several states of the manifests: which clients get through. Pure.

A class of calls is an `Entry`; its clients are a bit set (`meshpolicy.analysis.clients`).
A regular expression that is not understood is taken to match everything in one variant and nothing in another
(`variants`): the result that all variants share is certain.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from meshpolicy.analysis.clients import Clients, ClientSet
from meshpolicy.analysis.outcomes import Bits, Outcomes, Passage, Space, patterns_of
from meshpolicy.analysis.pods import EVERYBODY, PodClass, blocks, through, unread
from meshpolicy.analysis.port import Port, Reading, Way
from meshpolicy.analysis.ports import BY_ADDRESS, POD_ADDRESS
from meshpolicy.analysis.requests import Cell, RequestSet
from meshpolicy.analysis.variants import Variant, variants
from meshpolicy.core.automaton import TooLarge
from meshpolicy.core.axis import TooMany
from meshpolicy.core.client import Arrival
from meshpolicy.core.policy import PortPolicy
from meshpolicy.core.regex import InvalidPattern, UnsupportedPattern
from meshpolicy.index.effective import IPV6
from meshpolicy.record import record

NOT_COMPUTED = (TooLarge, TooMany, InvalidPattern, UnsupportedPattern)
"""The errors raised if calls cannot be divided into classes; the outcome of the calls is then unknown."""


@record
class Entry:
    """One class of calls: the same kind of request, on the same way, from one group of pods."""

    way: Way
    pods: int
    """The position of the group of pods in `Calls.groups`."""
    cell: Cell
    """The class of the request; the first class if the traffic is not HTTP."""


@record
class PodGroup:
    """Clients that the NetworkPolicies treat alike in each state of the manifests."""

    classes: tuple[PodClass, ...]
    through: tuple[Bits, ...]
    """The clients that NetworkPolicies let through, for each state."""


class Calls:
    """All calls to one port. In a state without the port, `ports` holds None, and no client gets through."""

    def __init__(
        self,
        ports: Sequence[Port | None],
        pods: Sequence[PodClass] = (EVERYBODY,),
        requests: Iterable[RequestSet] = (),
        clients: Iterable[ClientSet] = (),
        names: Sequence[str] = (),
        *,
        beside: Iterable[PortPolicy] = (),
        settled: bool = True,
    ) -> None:
        """Divide the calls into classes.

        Args:
            ports: the port in each state; None for a state without it.
            pods: the classes of pods that NetworkPolicies distinguish.
            requests: further sets of requests that the classes must distinguish.
            clients: further sets of clients that the classes must distinguish.
            names: known identities, to choose witnesses from.
            beside: policies whose routes the classes of requests must distinguish, too.
            settled: whether each proxy already knows its ports, from earlier connections (R104).

        Raises:
            TooMany, TooLarge: there are too many classes.
            InvalidPattern, UnsupportedPattern: a regular expression that `variants` does not cover.

        """
        self.ports = tuple(ports)
        self.readings = tuple(
            () if port is None else tuple(one for one in port.readings if not (settled and one.at_first))
            for port in ports
        )
        self.variants = variants([one.policy for some in self.readings for one in some])
        patterns, clientele = patterns_of(policy for variant in self.variants for policy in variant.policies)
        for policy in beside:
            patterns.add_policy(policy)
        for asked in requests:
            asked.add_to(patterns)
        for some in clients:
            clientele.add_set(some)
        for port in ports if any(not one.everybody for one in pods) else ():
            clientele.networks |= {} if port is None else dict.fromkeys(blocks(port.cluster))
        self.space = Space.of(patterns, clientele, names)
        self._first: Cell = next(self.space.requests.cells())
        self._outcomes = [self._of(variant) for variant in self.variants]
        self.groups = self._grouped(pods)
        self.past_proxy = self._past_proxy()

    @property
    def clients(self) -> Clients:
        """Return the classes of clients."""
        return self.space.clients

    def _of(self, variant: Variant) -> tuple[tuple[Outcomes, ...], ...]:
        policies = iter(variant.policies)
        return tuple(tuple(Outcomes(self.space, next(policies)) for _ in some) for some in self.readings)

    def _past_proxy(self) -> int:
        """Return the unmeshed clients whose IPv6 packets bypass the proxy; they are left out of all answers (R115).

        They reach every port of a pod that has an IPv6 address, whatever its policy says, so no change of policy
        affects them.
        """
        ipv6 = any(bypass.network == IPV6 for some in self.readings for one in some for bypass in one.policy.bypasses)
        addresses = self.clients.addresses.witnesses if ipv6 else ()
        found = sum(1 << at for at, address in enumerate(addresses) if address.version == IPV6.cidr.version)
        return self.clients.unmeshed & found

    def _grouped(self, pods: Sequence[PodClass]) -> tuple[PodGroup, ...]:
        found: dict[tuple[Bits, ...], list[PodClass]] = {}
        for one in pods:
            key = tuple(
                Bits() if p is None else through(p.cluster, p.workload, p.number, one, self.clients) for p in self.ports
            )
            found.setdefault(key, []).append(one)
        return tuple(PodGroup(tuple(classes), key) for key, classes in found.items())

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """Return the ways that exist in every state, one of those on which calls arrive alike in all states."""
        present = [
            port.arrivals(reading)
            for port, some in zip(self.ports, self.readings, strict=True)
            if port is not None
            for reading in {(one.hinted, one.with_sidecar): one for one in some}.values()
        ]
        found: dict[object, Way] = {}
        for way in present[0]:
            if all(way in arrivals for arrivals in present):
                found.setdefault((way.traffic, tuple(arrivals[way] for arrivals in present)), way)
        return tuple(found.values())

    def entries(self) -> Iterator[Entry]:
        """Yield every class of calls."""
        cells = tuple(self.space.requests.cells())
        for way in self.ways:
            for at in range(len(self.groups)):
                for cell in cells if way.traffic.is_http else (self._first,):
                    yield Entry(way, at, cell)

    def takes(self, entry: Entry, *, meshed: bool) -> bool:
        """Whether the port accepts such traffic in some state, with or without a grant."""
        return any(
            outcomes.takes(arrival, entry.way.traffic)
            for state in range(len(self.ports))
            for outcomes, arrival, _ in self._met(state, entry, 0, meshed=meshed)
        )

    def _met(
        self, state: int, entry: Entry, variant: int, *, meshed: bool
    ) -> Iterator[tuple[Outcomes, Arrival, Reading]]:
        """Yield what decides such calls in one state, for each reading of the manifests."""
        port = self.ports[state]
        for outcomes, reading in zip(self._outcomes[variant][state], self.readings[state], strict=True):
            if port is not None:
                arrivals = port.arrivals(reading)
                way = Way(entry.way.traffic) if entry.way.service == BY_ADDRESS else entry.way
                yield outcomes, arrivals.get(way, Arrival.PLAIN) if meshed else Arrival.PLAIN, reading

    def allowed(self, state: int, entry: Entry, variant: int = 0) -> Bits:
        """Return the clients that get through in one state, under one variant."""
        through = self.groups[entry.pods].through[state]
        certain = possible = 0
        for meshed, half in ((False, self.clients.unmeshed), (True, self.clients.meshed)):
            if meshed or entry.way.service == POD_ADDRESS:
                found = self._by_readings(state, entry, variant, meshed=meshed)
                certain |= found.certain & half
                possible |= found.possible & half
        return Bits(certain & through.certain & ~self.past_proxy, possible & through.possible & ~self.past_proxy)

    def granted(self, entry: Entry) -> Bits:
        """Return the clients that get through in the first state: under every variant, and under at least one."""
        found = [self.allowed(0, entry, variant) for variant in range(len(self.variants))]
        certain, possible = found[0].certain, 0
        for bits in found:
            certain, possible = certain & bits.certain, possible | bits.possible
        return Bits(certain, possible)

    def _by_readings(self, state: int, entry: Entry, variant: int, *, meshed: bool) -> Bits:
        """Return the clients that get through if all are meshed, or if none is: under every reading, and under some."""
        certain = possible = 0
        for number, (outcomes, arrival, reading) in enumerate(self._met(state, entry, variant, meshed=meshed)):
            found = outcomes.allowed(arrival, entry.way.traffic, entry.cell)
            if number == 0:
                certain = found.certain
            elif not reading.at_first:
                certain &= found.certain
            possible |= found.possible
        return Bits(certain, possible)

    def by_reading(self, entry: Entry, variant: int) -> Iterator[Bits]:
        """Yield the clients that get through in the first state, for each reading, even those of first connections."""
        through = self.groups[entry.pods].through[0]
        halves = [(False, self.clients.unmeshed)] if entry.way.service == POD_ADDRESS else []
        met = [
            (half, tuple(self._met(0, entry, variant, meshed=meshed)))
            for meshed, half in (*halves, (True, self.clients.meshed))
        ]
        for number in range(len(self.readings[0])):
            certain = possible = 0
            for half, some in met:
                outcomes, arrival, _ = some[number]
                found = outcomes.allowed(arrival, entry.way.traffic, entry.cell)
                certain, possible = certain | found.certain & half, possible | found.possible & half
            yield Bits(certain & through.certain & ~self.past_proxy, possible & through.possible & ~self.past_proxy)

    def open_otherwise(self, entry: Entry, variant: int, old: Bits, new: Bits) -> int:
        """Return the clients whose outcome is unknown in both of two states, but not for the same reasons.

        If the reasons are the same, and each reading gives the same answer in both states, nothing has changed.
        """
        both = old.possible & ~old.certain & new.possible & ~new.certain
        if not both or self._unread_differs:
            return both
        halves = ((False, self.clients.unmeshed), (True, self.clients.meshed))
        found = 0
        for meshed, half in halves:
            found |= half & self._unlike(entry, variant, meshed=meshed) if both & half else 0
        return both & found

    def _unlike(self, entry: Entry, variant: int, *, meshed: bool) -> int:
        """Return the clients for which some reading gives another answer in the second state than in the first."""
        before, after = (tuple(self._met(state, entry, variant, meshed=meshed)) for state in (0, 1))
        if [reading.reason for *_, reading in before] != [reading.reason for *_, reading in after]:
            return self.clients.everyone
        found = 0
        for (one, arrival, first), (other, later, second) in zip(before, after, strict=True):
            was = one.allowed(arrival, entry.way.traffic, entry.cell)
            now = other.allowed(later, entry.way.traffic, entry.cell)
            found |= (was.certain ^ now.certain) | (was.possible ^ now.possible)
            if first.policy != second.policy or not self._same_workload:
                # Two policies may each leave a call undecided and still differ, for example on a gateway's port.
                found |= was.possible & ~was.certain & now.possible & ~now.certain
        return found

    @cached_property
    def _same_workload(self) -> bool:
        first, *others = (None if port is None else port.workload for port in self.ports)
        return all(other == first for other in others)

    @cached_property
    def _unread_differs(self) -> bool:
        first, *others = (() if port is None else unread(port.cluster) for port in self.ports)
        return any(other != first for other in others)

    def passages(self, state: int, entry: Entry, *, meshed: bool) -> tuple[tuple[Passage, int], ...]:
        """Return what such calls meet in one state, under the likeliest reading."""
        for outcomes, arrival, _ in self._met(state, entry, 0, meshed=meshed):
            return outcomes.passages(arrival, entry.way.traffic, entry.cell)
        return ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return the reasons why the outcome of some calls may be unknown."""
        readings = (one.reason for some in self.readings for one in some if one.reason)
        policies = (one.policy.unknown for some in self.readings for one in some)
        unknown = (reason.text for reason in policies if reason is not None)
        return tuple(dict.fromkeys((*self.variants[0].assumed, *readings, *unknown)))
