"""All calls to one port, in one state of the manifests or in several: who gets through with what. Pure.

What is asked for is written as an `Entry`; who may ask it, as the bits of clients (`meshpolicy.analysis.clients`).
Regular expressions that are not understood are taken to mean everything and nothing in turn (`variants`): what all
variants have in common is certain.
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
"""What is raised where calls cannot be cut into classes; then it is not known what becomes of them."""


@record
class Entry:
    """One class of calls: all are sent alike, by pods that are alike."""

    way: Way
    pods: int
    """The position of the group of pods."""
    cell: Cell
    """The class of the request; the first one where there is no request."""


@record
class PodGroup:
    """Clients whom the NetworkPolicies treat alike in each state of the manifests."""

    classes: tuple[PodClass, ...]
    through: tuple[Bits, ...]
    """Who gets through, by state."""


class Calls:
    """All calls to one port; a state in which the port is not there has None, and nobody gets through."""

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
        """Cut the calls into classes; `requests` and `clients` are told apart as well, `names` are known identities.

        The requests that the routes of `beside` tell apart are told apart, too.

        `settled` says that each proxy knows its ports already, from connections before (R104).
        Raises TooMany, TooLarge, and what is wrong with a regular expression that is no variant's.
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
        """Return the unmeshed clients whose IPv6 packets a proxy never sees; they are nobody's clients here (R115).

        They reach each port of a pod that has an IPv6 address, whatever its policy says: no change opens it to them.
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
        """Return the ways that every state knows, one for each that calls of some state arrive in differently."""
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
        """Whether some state takes such traffic at all, be it by a grant."""
        return any(
            outcomes.takes(arrival, entry.way.traffic)
            for state in range(len(self.ports))
            for outcomes, arrival, _ in self._met(state, entry, 0, meshed=meshed)
        )

    def _met(
        self, state: int, entry: Entry, variant: int, *, meshed: bool
    ) -> Iterator[tuple[Outcomes, Arrival, Reading]]:
        """Yield what decides such calls in one state, by each reading of the manifests."""
        port = self.ports[state]
        for outcomes, reading in zip(self._outcomes[variant][state], self.readings[state], strict=True):
            if port is not None:
                arrivals = port.arrivals(reading)
                way = Way(entry.way.traffic) if entry.way.service == BY_ADDRESS else entry.way
                yield outcomes, arrivals.get(way, Arrival.PLAIN) if meshed else Arrival.PLAIN, reading

    def allowed(self, state: int, entry: Entry, variant: int = 0) -> Bits:
        """Return who gets through in one state, as far as one variant is right."""
        through = self.groups[entry.pods].through[state]
        certain = possible = 0
        for meshed, half in ((False, self.clients.unmeshed), (True, self.clients.meshed)):
            if meshed or entry.way.service == POD_ADDRESS:
                found = self._by_readings(state, entry, variant, meshed=meshed)
                certain |= found.certain & half
                possible |= found.possible & half
        return Bits(certain & through.certain & ~self.past_proxy, possible & through.possible & ~self.past_proxy)

    def granted(self, entry: Entry) -> Bits:
        """Return who gets through in the first state by every reading of the manifests, and who by one."""
        found = [self.allowed(0, entry, variant) for variant in range(len(self.variants))]
        certain, possible = found[0].certain, 0
        for bits in found:
            certain, possible = certain & bits.certain, possible | bits.possible
        return Bits(certain, possible)

    def _by_readings(self, state: int, entry: Entry, variant: int, *, meshed: bool) -> Bits:
        """Return who gets through, were all clients alike: for certain by every reading, perhaps by one."""
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
        """Yield who gets through in the first state by each reading of the manifests, those of the start included."""
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
        """Return the clients of whom both of two states leave open whether they get through, but not in the same way.

        What is open alike stays as it is, whatever it is: the same reasons, and by each of them the same answer.
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
        """Return the clients to whom some reading of the second state answers otherwise than that of the first."""
        before, after = (tuple(self._met(state, entry, variant, meshed=meshed)) for state in (0, 1))
        if [reading.reason for *_, reading in before] != [reading.reason for *_, reading in after]:
            return self.clients.everyone
        found = 0
        for (one, arrival, first), (other, later, second) in zip(before, after, strict=True):
            was = one.allowed(arrival, entry.way.traffic, entry.cell)
            now = other.allowed(later, entry.way.traffic, entry.cell)
            found |= (was.certain ^ now.certain) | (was.possible ^ now.possible)
            if first.policy != second.policy or not self._same_workload:
                # What one policy leaves open another one may decide otherwise, of a gateway's port, for example.
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
        """Return what such calls meet in one state, by the likeliest reading."""
        for outcomes, arrival, _ in self._met(state, entry, 0, meshed=meshed):
            return outcomes.passages(arrival, entry.way.traffic, entry.cell)
        return ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return why it may not be known what becomes of some calls."""
        readings = (one.reason for some in self.readings for one in some if one.reason)
        policies = (one.policy.unknown for some in self.readings for one in some)
        unknown = (reason.text for reason in policies if reason is not None)
        return tuple(dict.fromkeys((*self.variants[0].assumed, *readings, *unknown)))
