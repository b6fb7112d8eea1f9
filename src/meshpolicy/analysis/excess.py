"""Compares the granted calls with the accepted ones, as sets of calls. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from meshpolicy.analysis.access import BY_IPV6
from meshpolicy.analysis.calls import NOT_COMPUTED, Calls, Entry
from meshpolicy.analysis.clients import ANYONE, ClientSet
from meshpolicy.analysis.pods import PodClass, pod_classes_of
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.analysis.regions import ANYTHING, Asked, Region, regions
from meshpolicy.analysis.words import OUTSIDE_WORDS, all_class_words, class_words
from meshpolicy.core.ref import Ref
from meshpolicy.decide.transport import called_by_ipv6
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record


@record
class Allowed:
    """Accepted calls to one port."""

    server: str
    """`namespace/workload`."""
    port: int
    clients: ClientSet
    asked: tuple[Asked, ...]
    pods: tuple[str, ...] = ()
    """The pods that the calls may come from, in words; empty if from all pods, whatever NetworkPolicies let through."""

    def means(self, pods: PodClass) -> bool:
        """Whether calls from a class of pods are accepted."""
        if not self.pods or (pods.node and OUTSIDE_WORDS in self.pods):
            return True
        return not pods.everybody and all(one in self.pods for one in class_words(pods))


@record
class Excess:
    """Calls that are granted and not accepted."""

    server: Ref
    port: int
    region: Region | None
    """The calls; if None, `reason` says what is granted or why it is unknown."""
    reason: str = ""


def held_against(cluster: Cluster, accepted: Sequence[Allowed]) -> tuple[list[Excess], set[int]]:
    """Return the granted calls that are not accepted, and the positions of entries of which nothing is granted."""
    by_port: dict[tuple[str, int], list[int]] = {}
    for at, entry in enumerate(accepted):
        by_port.setdefault((entry.server, entry.port), []).append(at)
    excess: list[Excess] = []
    stale = set(range(len(accepted)))
    for workload in cluster.workloads:
        name = workload.ref.namespaced_name
        for number in callable_ports(cluster, workload):
            port = Port(cluster, workload, number)
            mine = {at: accepted[at] for at in by_port.get((name, number), ())}
            try:
                more, used = _of_port(port, mine)
            except NOT_COMPUTED as error:
                excess.append(Excess(workload.ref, number, None, f"not computed: {error}"))
                stale -= mine.keys()
                continue
            excess += more
            stale -= used
    return excess, stale


def _of_port(port: Port, accepted: Mapping[int, Allowed]) -> tuple[list[Excess], set[int]]:
    requests = [asked.requests for entry in accepted.values() for asked in entry.asked if asked.requests is not None]
    by_six, used = _past_proxies(port, accepted)
    calls = Calls(
        (port,), pod_classes_of(port.cluster, port.workload), requests, [entry.clients for entry in accepted.values()]
    )
    meant = {at: dict(_meant(calls, entry)) for at, entry in accepted.items()}
    beyond: dict[Entry, int] = {}
    for entry in calls.entries():
        granted = rest = _granted(calls, entry)
        for at, some in meant.items():
            pods = calls.groups[entry.pods].classes
            bits = some.get((entry.way, entry.cell), 0) if all(map(accepted[at].means, pods)) else 0
            used |= {at} if bits & granted else set()
            rest &= ~bits
        if rest:
            beyond[entry] = rest
    found = [Excess(port.workload.ref, port.number, region) for region in regions(calls, beyond)]
    return by_six + found, used


def _past_proxies(port: Port, accepted: Mapping[int, Allowed]) -> tuple[list[Excess], set[int]]:
    """Return access over IPv6 that bypasses the proxy (R115), unless accepted, and the entries that accept it."""
    past = called_by_ipv6(port.cluster, port.workload, port.number)
    pods = None if past is None else pods_let_through(port, BY_IPV6)[0]
    if past is None or pods == ():
        return [], set()
    used = {
        at
        for at, entry in accepted.items()
        if entry.clients in (ANYONE, BY_IPV6)
        and entry.asked == ANYTHING
        and (not entry.pods or (pods is not None and set(pods).issubset(entry.pods)))
    }
    return [] if used else [Excess(port.workload.ref, port.number, None, str(past))], used


def _granted(calls: Calls, entry: Entry) -> int:
    """Return the clients that get through, or may get through, as bits."""
    found = 0
    for variant in range(len(calls.variants)):
        found |= calls.allowed(0, entry, variant).possible
    return found


def _meant(calls: Calls, entry: Allowed) -> Iterator[tuple[object, int]]:
    """Yield the classes of calls that an entry accepts, as (way, cell), each with its clients as bits."""
    bits = calls.clients.within(entry.clients)
    found: dict[object, int] = {}
    for asked in entry.asked:
        cells = None if asked.requests is None else calls.space.requests.within(asked.requests)
        for one in calls.entries():
            if one.way.traffic in asked.traffics and (cells is None or one.cell in cells):
                found[one.way, one.cell] = bits
    yield from found.items()


def pods_let_through(port: Port, clients: ClientSet) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the pods from which some clients get or may get through to a port, in words, and those that only may.

    None means that no NetworkPolicy distinguishes between pods. Raises the errors of `Calls`.
    """
    classes = pod_classes_of(port.cluster, port.workload)
    calls = Calls((port,), classes, clients=[clients])
    meant = calls.clients.within(clients)
    through = [one for one in calls.groups if one.through[0].possible & meant]
    if all(one.everybody for one in classes) or len(through) == len(calls.groups):
        return None, ()
    unsure = [one for one in through if not one.through[0].certain & meant]
    all_words, unsure_words = (
        all_class_words(one for group in groups for one in group.classes) for groups in (through, unsure)
    )
    return all_words, unsure_words
