"""Merges many classes of calls into few readable regions, each with one call as a witness. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from meshpolicy.analysis.calls import Calls, Entry
from meshpolicy.analysis.clients import ClientSet
from meshpolicy.analysis.pods import PodClass
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import POD_ADDRESS, service_ways
from meshpolicy.analysis.requests import EVERY_REQUEST, Cell, Requests, RequestSet, places
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth, truth
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, find_service_target, identity_of
from meshpolicy.record import record, replace

FAMILIES = (
    tuple(traffic for traffic in Traffic if traffic.is_http),
    tuple(traffic for traffic in Traffic if not traffic.is_http),
)
"""The kinds of traffic that carry the same: HTTP requests, or bytes of other protocols."""


@record
class Asked:
    """Requests or connections to a port, by the kinds of traffic that carry them."""

    traffics: frozenset[Traffic]
    """The kinds of traffic that the port accepts from such a client."""
    requests: RequestSet | None
    """The requests; None for connections that carry no HTTP."""
    service: str = POD_ADDRESS
    """The only Service through which this holds; empty for all ways."""


ALL_REQUESTS = Asked(frozenset(FAMILIES[0]), EVERY_REQUEST)
ALL_CONNECTIONS = Asked(frozenset(FAMILIES[1]), None)
ANYTHING = (ALL_REQUESTS, ALL_CONNECTIONS)


@record
class Witness:
    """One call of a region."""

    client: Client
    """The client as the server's proxy sees it, except for `arrival`."""
    pods: PodClass
    traffic: Traffic
    request: Request
    service: str
    workload: Ref | None = None
    """The workload that makes the call, if only this one does; None for any such client."""

    def call(self, port: Port) -> Call:
        """Return the call to a port in one state of the manifests."""
        client, target = self.client, service_ways(port.cluster, port.workload, port.number).get(self.service)
        pod = self.pods.pod(client.address, meshed=bool(client.identity), identity=client.identity)
        node = Truth.UNKNOWN if self.pods.everybody else truth(self.pods.node)
        made = Call(port.workload, port.number, pod, client.address, target, self.request, self.traffic)
        return replace(made, on_node=node)

    def made_by(self, port: Port) -> Call:
        """Return the call by name, made by a workload of the manifests if one has the identity."""
        call = self._named(port, self.call(port))
        if self.workload is not None:
            return replace(call, client=next((one for one in port.cluster.workloads if one.ref == self.workload), None))
        names = self.pods.names
        for workload in port.cluster.workloads if self.client.identity else ():
            name = workload.ref.namespaced_name
            own = workload.meshed and identity_of(port.cluster, workload) == self.client.identity
            if own and (self.pods.everybody or name in names):
                return replace(call, client=workload)
        return replace(call, client=None)

    def _named(self, port: Port, call: Call) -> Call:
        """Return the call through a Service, if its answer is the same; otherwise the call itself."""
        target = find_service_target(port.cluster, port.workload, port.number)
        if self.service != POD_ADDRESS or target is None or (call.client is None and call.address is not None):
            return call
        named = replace(call, service_target=target)
        same = judge(port.cluster, named).verdict is judge(port.cluster, call).verdict
        return named if same else call


@record
class Region:
    """Calls of some clients to one port."""

    clients: ClientSet
    asked: tuple[Asked, ...]
    pods: tuple[PodClass, ...]
    """The classes of the clients' pods; empty for all."""
    witness: Witness
    entries: tuple[Entry, ...]
    bits: int
    """The clients, as bits of the classes in `Calls`."""


def regions(calls: Calls, found: Mapping[Entry, int]) -> list[Region]:
    """Return disjoint regions that together contain, for each class of calls, the given clients (as bits)."""
    by_group: dict[int, dict[Entry, int]] = {}
    for entry, bits in _widened(calls, found).items():
        if bits:
            by_group.setdefault(entry.pods, {})[entry] = bits
    return [
        _region(calls, group, block, entries, found)
        for group, some in by_group.items()
        for block, entries in _blocks(some).items()
    ]


def _widened(calls: Calls, found: Mapping[Entry, int]) -> dict[Entry, int]:
    """Return the calls, extended to all kinds of traffic if they hold for all kinds that the port accepts.

    An unmeshed client can reach an HTTP/1 port only with HTTP/1, so the version need not be mentioned.
    """
    widened = dict(found)
    for family in FAMILIES:
        for entry in [entry for entry in found if entry.way.traffic in family]:
            for half, meshed in ((calls.clients.unmeshed, False), (calls.clients.meshed, True)):
                alike = [replace(entry, way=replace(entry.way, traffic=traffic)) for traffic in family]
                taken = [one for one in alike if calls.takes(one, meshed=meshed)]
                if len({found.get(one, 0) & half for one in taken}) == 1:
                    for one in alike:
                        widened[one] = widened.get(one, 0) & ~half | found.get(taken[0], 0) & half
    return widened


def _blocks(found: Mapping[Entry, int]) -> dict[int, tuple[Entry, ...]]:
    """Return disjoint sets of clients, as bits, each with all classes of calls that its clients make."""
    by_bits: dict[int, list[Entry]] = {}
    for entry, bits in found.items():
        by_bits.setdefault(bits, []).append(entry)
    blocks: dict[int, tuple[int, ...]] = {}
    for number, bits in enumerate(by_bits):
        rest = bits
        for block, numbers in list(blocks.items()):
            common = block & bits
            if not common:
                continue
            del blocks[block]
            blocks[common] = (*numbers, number)
            if block & ~bits:
                blocks[block & ~bits] = numbers
            rest &= ~common
        if rest:
            blocks[rest] = (number,)
    lists = list(by_bits.values())
    return {block: tuple(entry for number in numbers for entry in lists[number]) for block, numbers in blocks.items()}


def _region(calls: Calls, group: int, block: int, entries: tuple[Entry, ...], found: Mapping[Entry, int]) -> Region:
    shown = next(entry for entry in entries if found.get(entry, 0) & block)
    classes = calls.groups[group].classes
    return Region(
        calls.clients.described(block, calls.past_proxy),
        _asked(calls, entries),
        classes if len(calls.groups) > 1 else (),
        witness(calls, shown, found[shown] & block),
        entries,
        block,
    )


def _asked(calls: Calls, entries: Iterable[Entry]) -> tuple[Asked, ...]:
    """Return the requests of some classes of calls, merged over kinds of traffic and ways."""
    by_way: dict[str, dict[Traffic, set[Cell]]] = {}
    for entry in entries:
        by_way.setdefault(entry.way.service, {}).setdefault(entry.way.traffic, set()).add(entry.cell)
    direct = by_way.get(POD_ADDRESS, {})
    found = list(together(calls.space.requests, direct, POD_ADDRESS))
    for service, asked in by_way.items():
        if service != POD_ADDRESS:
            new = {traffic: cells for traffic, cells in asked.items() if direct.get(traffic) != cells}
            found += together(calls.space.requests, new, service)
    return tuple(found)


def together(requests: Requests, asked: Mapping[Traffic, set[Cell]], service: str = POD_ADDRESS) -> Iterator[Asked]:
    """Yield the requests, merged for all kinds of traffic that carry the same requests."""
    alike: dict[frozenset[Cell], list[Traffic]] = {}
    plain: list[Traffic] = []
    for traffic, cells in asked.items():
        if traffic.is_http:
            alike.setdefault(frozenset(cells), []).append(traffic)
        else:
            plain.append(traffic)
    for some, traffics in alike.items():
        yield Asked(frozenset(traffics), requests.described(some), service)
    if plain:
        yield Asked(frozenset(plain), None, service)


def witness(calls: Calls, entry: Entry, bits: int) -> Witness:
    """Return one call of a class, by one of the clients."""
    place = next(places(bits))
    client = calls.clients.client(place, Arrival.PLAIN)
    pods = calls.groups[entry.pods].classes
    pod = next((one for one in pods if one.example is not None), pods[0]) if client.identity else pods[0]
    return Witness(client, pod, entry.way.traffic, calls.space.requests.request(entry.cell), entry.way.service)
