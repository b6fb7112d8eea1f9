"""What is refused between workloads, by which layer, and why. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshpolicy.access import offers, served_ports
from meshpolicy.authorized import authorized
from meshpolicy.client import Traffic
from meshpolicy.cluster import Cluster
from meshpolicy.effective import effective
from meshpolicy.judge import connection
from meshpolicy.policy import PortPolicy
from meshpolicy.transport import Call, arrive, door_to
from meshpolicy.workload import Workload


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
    for server in cluster.workloads if servers is None else servers:
        for port in served_ports(server):
            policy = effective(cluster, server, port)
            for client in cluster.workloads:
                if client.ref != server.ref:
                    yield from _pair(cluster, client, server, policy)


def _pair(cluster: Cluster, client: Workload, server: Workload, policy: PortPolicy) -> Iterator[Denied]:
    call = Call(server, policy.port, client, door=door_to(cluster, server, policy.port), traffic=Traffic.HTTP)
    names = (f"{client.ref.namespace}/{client.ref.name}", f"{server.ref.namespace}/{server.ref.name}", policy.port)
    blocked = connection(cluster, call).blocked(cluster.network_policies)
    if blocked is not None:
        yield Denied(*names, "connections", "NetworkPolicy", ", ".join(map(str, blocked.policies)))
        return
    if policy.skipped:
        return
    # An unknown address is judged in the client's favour: what is refused even so is refused for certain.
    caller = arrive(cluster, call, lucky=True)
    for what, route, grants in offers(policy):
        if authorized(grants, caller) is None:
            own = route if route is not None and route.group != "default" else policy.server
            where = f"the default policy {own.name}" if own.group == "default" else str(own)
            yield Denied(*names, what, "Linkerd", f"{where} grants it nothing")
