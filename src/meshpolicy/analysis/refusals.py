"""What is refused between workloads, by which layer, and why. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshpolicy.analysis.access import offers, served_ports
from meshpolicy.analysis.callers import Callers
from meshpolicy.core.client import Arrival
from meshpolicy.core.policy import PortPolicy
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.index.effective import effective
from meshpolicy.index.reach import Positions
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload


@dataclass(frozen=True, slots=True)
class Denied:
    """Requests that a client is refused for certain, and the layer that refuses."""

    client: str
    server: str
    port: int
    what: str
    layer: str
    why: str


def denied(cluster: Cluster, servers: Iterable[Workload] | None = None) -> Iterator[Denied]:
    """Yield what each workload is refused of each port; a pod's calls to itself never are (M1)."""
    callers = Callers(cluster)
    for server in cluster.workloads if servers is None else servers:
        for port in served_ports(server):
            yield from _of_port(cluster, callers, server, effective(cluster, server, port))


def _of_port(cluster: Cluster, callers: Callers, server: Workload, policy: PortPolicy) -> Iterator[Denied]:
    own, port = callers.positions[server.ref], policy.port
    groups = list(callers.groups(Call(server, port, service_target=find_service_target(cluster, server, port))))
    offered = () if policy.skipped else tuple(_offered(policy, callers, {group.arrival for group in groups}))
    name, into = callers.names[own], callers.why(own, Direction.INGRESS)
    at = {position: group for group in groups for position in group.positions}
    for position, client in enumerate(callers.names):
        group = at[position]
        if position == own:
            continue
        if position not in group.let_out:
            yield Denied(client, name, port, "connections", "NetworkPolicy", callers.why(position, Direction.EGRESS))
        elif position not in group.let_in:
            yield Denied(client, name, port, "connections", "NetworkPolicy", into)
        else:
            for what, why, admitted in offered:
                if position not in admitted[group.arrival]:
                    yield Denied(client, name, port, what, "Linkerd", why)


Offer = tuple[str, str, dict[Arrival, Positions]]
"""What is asked, why it is refused, and to whom it is granted."""


def _offered(policy: PortPolicy, callers: Callers, arrivals: Iterable[Arrival]) -> Iterator[Offer]:
    for what, route, grants in offers(policy):
        own = route if route is not None and route.is_object else policy.server
        where = str(own) if own.is_object else f"the default policy {own.name}"
        yield what, f"{where} grants it nothing", {arrival: callers.admitted(grants, arrival) for arrival in arrivals}
