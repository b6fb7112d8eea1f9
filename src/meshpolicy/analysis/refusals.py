"""The calls between workloads that are refused, with the layer that refuses them, and why. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from meshpolicy.analysis.callers import Callers
from meshpolicy.analysis.calls import NOT_COMPUTED
from meshpolicy.analysis.offers import Offers
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.analysis.words import ANYTHING, asked_words
from meshpolicy.core.client import ANYONE, Arrival
from meshpolicy.decide.answer import Layer
from meshpolicy.decide.transport import Call, called_by_ipv6, find_service_target
from meshpolicy.index.reach import Positions
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class Denied:
    """Requests that a client is certainly refused, and the layer that refuses; or a port for which this is unknown."""

    client: str
    server: str
    port: int
    what: str
    layer: Layer
    why: str
    unknown: bool = False
    """Whether it is unknown what the port refuses; `why` is the reason."""


def denied(cluster: Cluster, servers: Iterable[Workload] | None = None) -> Iterator[Denied]:
    """Yield the requests that each workload is refused on each port; a pod's calls to itself are never refused (M1).

    For a port with an unknown policy, there is one entry with the reason.
    """
    callers = Callers(cluster)
    for server in cluster.workloads if servers is None else servers:
        for number in callable_ports(cluster, server):
            yield from _of_port(Port(cluster, server, number), callers)


def _of_port(reached: Port, callers: Callers) -> Iterator[Denied]:
    cluster, server, port = reached.cluster, reached.workload, reached.number
    own = callers.positions[server.ref]
    name = callers.names[own]
    groups = list(callers.groups(Call(server, port, service_target=find_service_target(cluster, server, port))))
    doubt, offered = _doubt(reached), dict[Arrival, tuple[Offered, ...]]()
    arrivals = [group.arrival for group in groups] + ([Arrival.PLAIN] if callers.unsure else [])
    try:
        for arrival in () if doubt else dict.fromkeys(arrivals):
            offered[arrival] = tuple(_offered(reached, callers, arrival))
    except NOT_COMPUTED as error:
        doubt = f"not computed: {error}"
    if doubt and len(callers.names) > 1:
        yield Denied(ANYONE, name, port, ANYTHING, Layer.SERVER, doubt, unknown=True)
    into = callers.why(own, Direction.INGRESS)
    at = {position: group for group in groups for position in group.positions}
    for position, client in enumerate(callers.names):
        group = at[position]
        if position == own:
            continue
        if position not in group.let_out:
            yield Denied(client, name, port, "connections", Layer.NETWORK, callers.why(position, Direction.EGRESS))
        elif position not in group.let_in:
            yield Denied(client, name, port, "connections", Layer.NETWORK, into)
        elif not doubt:
            for what, why in _refused(position, group.arrival, offered, sure=position not in callers.unsure):
                yield Denied(client, name, port, what, Layer.SERVER, why)


def _refused(
    position: int, arrival: Arrival, offered: Mapping[Arrival, tuple["Offered", ...]], *, sure: bool
) -> Iterator[tuple[str, str]]:
    """Yield the requests that a client is refused, and why; if its way is uncertain, only if no way admits it."""
    if sure or not any(position in admitted for way in offered.values() for *_, admitted in way):
        yield from ((what, why) for what, why, admitted in offered[arrival] if position not in admitted)


def _doubt(port: Port) -> str:
    """Return why it is unknown what the server's proxy refuses; empty if it is known."""
    policy = port.policy
    if policy.skipped_in_any_case:
        return ""
    if policy.unknown is not None:
        return policy.unknown.text
    return "; ".join(dict.fromkeys(other.reason.text for other in policy.alternatives))


Offered = tuple[str, str, Positions]
"""The requests in words, why they are refused, and the positions of the clients that they are granted to."""


def _offered(port: Port, callers: Callers, arrival: Arrival) -> Iterator[Offered]:
    policy = port.policy
    if policy.skipped:
        return
    passing: Positions = frozenset()
    if arrival is Arrival.PLAIN:
        by_ipv6 = called_by_ipv6(port.cluster, port.workload, port.number) is not None
        passing = callers.within(policy.bypasses, called_by_ipv6=by_ipv6)
    for one in Offers(port).lists(arrival):
        routes = [route for route in one.routes if route.is_object] or [policy.server]
        where = " and ".join(str(ref) if ref.is_object else f"the default policy {ref.name}" for ref in routes)
        admitted = callers.admitted(one.grants, arrival) | passing
        yield asked_words(one.asked), f"{where} grants it nothing", admitted
