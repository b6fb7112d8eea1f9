"""What is refused between workloads, by which layer, and why. Pure."""

from collections.abc import Iterable, Iterator

from meshpolicy.analysis.callers import Callers
from meshpolicy.analysis.calls import NOT_COMPUTED, Port
from meshpolicy.analysis.offers import Offers
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.analysis.words import asked_words
from meshpolicy.core.client import Arrival
from meshpolicy.decide.judge import Layer
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.index.reach import Positions
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class Denied:
    """Requests that a client is refused for certain, and the layer that refuses."""

    client: str
    server: str
    port: int
    what: str
    layer: Layer
    why: str


def denied(cluster: Cluster, servers: Iterable[Workload] | None = None) -> Iterator[Denied]:
    """Yield what each workload is refused of each port; a pod's calls to itself never are (M1)."""
    callers = Callers(cluster)
    for server in cluster.workloads if servers is None else servers:
        for number in callable_ports(cluster, server):
            yield from _of_port(Port(cluster, server, number), callers)


def _of_port(reached: Port, callers: Callers) -> Iterator[Denied]:
    cluster, server, port = reached.cluster, reached.workload, reached.number
    own = callers.positions[server.ref]
    groups = list(callers.groups(Call(server, port, service_target=find_service_target(cluster, server, port))))
    offered = {group.arrival: tuple(_offered(reached, callers, group.arrival)) for group in groups}
    name, into = callers.names[own], callers.why(own, Direction.INGRESS)
    at = {position: group for group in groups for position in group.positions}
    for position, client in enumerate(callers.names):
        group = at[position]
        if position == own:
            continue
        if position not in group.let_out:
            yield Denied(client, name, port, "connections", Layer.NETWORK, callers.why(position, Direction.EGRESS))
        elif position not in group.let_in:
            yield Denied(client, name, port, "connections", Layer.NETWORK, into)
        else:
            for what, why, admitted in offered[group.arrival]:
                if position not in admitted:
                    yield Denied(client, name, port, what, Layer.SERVER, why)


Offered = tuple[str, str, Positions]
"""What is asked, why it is refused, and to whom it is granted."""


def _offered(port: Port, callers: Callers, arrival: Arrival) -> Iterator[Offered]:
    policy = port.policy
    if policy.skipped or policy.unknown is not None or policy.alternatives:
        return
    try:
        lists = tuple(Offers(port).lists(arrival))
    except NOT_COMPUTED:  # what is refused for certain is not known
        return
    for one in lists:
        routes = [route for route in one.routes if route.is_object] or [policy.server]
        where = " and ".join(str(ref) if ref.is_object else f"the default policy {ref.name}" for ref in routes)
        yield asked_words(one.asked), f"{where} grants it nothing", callers.admitted(one.grants, arrival)
