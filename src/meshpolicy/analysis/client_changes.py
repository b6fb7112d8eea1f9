"""Reports that a change of manifests may affect clients' own proxies; the effect is not computed. Pure.

M4, R118-R122, R133-R135: the objects attached to the called Service, and EgressNetworks for calls to an address.
"""

from collections.abc import Iterator

from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import POD_ADDRESS, service_ways
from meshpolicy.core.ref import Ref
from meshpolicy.decide.clientpolicy import ClientPolicy, ClientProtocol, client_policy
from meshpolicy.decide.outbound import leaves_no_time, taken_by_egress
from meshpolicy.decide.transport import ServiceTarget
from meshpolicy.index.ages import order_on_service_unknown, other_orders
from meshpolicy.index.serviceroutes import ServiceRoutes, is_service
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.egressnetwork import EgressNetwork
from meshpolicy.kinds.trafficsplit import TrafficSplit
from meshpolicy.kinds.workload import Workload

PLAIN: object = (ClientProtocol.DETECT, (), 0, False, False, None, None)
"""What clients' proxies do if nothing is attached to the Service."""


def client_side(cluster: Cluster) -> tuple[object, ...]:
    """Return everything that decides what clients' proxies do: if it is equal in two states, they act alike."""
    routes = tuple(route for route in cluster.routes if any(map(is_service, route.parents)))
    attached, others = cluster.once(ServiceRoutes), (cluster.of(EgressNetwork), cluster.of(TrafficSplit))
    return routes, attached.streams, attached.profiles, *others, cluster.services, cluster.settings


def client_changes(before: Port, after: Port) -> Iterator[str]:
    """Yield messages: which objects may make clients' proxies treat calls to a port differently after the change."""
    ports = (before, after)
    states = tuple((port.cluster, service_ways(port.cluster, port.workload, port.number)) for port in ports)
    for name in dict.fromkeys((*states[0][1], *states[1][1])):
        if name == POD_ADDRESS:
            continue
        targets = [(cluster, ways.get(name)) for cluster, ways in states]
        for namespace in _homes(targets):
            made = [_made_of(cluster, target, namespace) for cluster, target in targets]
            if made[0][0] != made[1][0]:
                refs = ", ".join(map(str, dict.fromkeys((*made[0][1], *made[1][1]))))
                yield f"{refs}: proxies of clients may do something else with calls through Service {name}"
                break
    taken = [_taken(port.cluster, port.workload) for port in ports]
    if taken[0] != taken[1]:
        refs = ", ".join(sorted({str(ref) for found in taken for ref in found.values()}))
        yield f"{refs}: proxies of clients may do something else with calls of the pod's address"


def _homes(targets: list[tuple[Cluster, ServiceTarget | None]]) -> dict[str, None]:
    """Return the namespaces whose clients may get their own policy for a Service; the empty name means all others."""
    found: dict[str, None] = {"": None}
    for cluster, target in targets:
        if target is not None:
            attached = cluster.once(ServiceRoutes)
            found |= dict.fromkeys(route.ref.namespace for route in attached.on(target.service.ref))
            found |= dict.fromkeys(one.ref.namespace for one in attached.streams)
            found |= dict.fromkeys(namespace for namespace, _ in attached.profiles)
    return found


def _made_of(cluster: Cluster, target: ServiceTarget | None, namespace: str) -> tuple[object, tuple[Ref, ...]]:
    """Return what decides how clients of a namespace treat calls through a Service, comparably, and its objects."""
    if target is None:
        return PLAIN, ()
    policy = client_policy(cluster, target, namespace)
    no_time = None if policy.protocol is ClientProtocol.OPAQUE else leaves_no_time(target.service)
    refs = [route.ref for route in policy.routes] + ([policy.profile.ref] if policy.profile else [])
    if no_time is not None or policy.unclear is not None or not refs:
        refs.append((policy.unclear and policy.unclear.ref) or target.service.ref)
    overrides = policy.profile is not None and bool(policy.profile.overrides)
    unclear = None if policy.unclear is None else policy.unclear.text
    unknown = len(list(other_orders(policy.routes, order_on_service_unknown)))
    # Opaque ports are left out: their effect is computed, as is everything that the server's proxy decides.
    protocol = ClientProtocol.DETECT if policy.protocol is ClientProtocol.OPAQUE else policy.protocol
    own = protocol, _routes(policy, target), unknown, policy.invalid is not None, overrides, unclear, no_time
    return own, tuple(refs)


def _routes(policy: ClientPolicy, target: ServiceTarget) -> tuple[object, ...]:
    """Return what the routes in force do, without their names."""
    own = (target.service.ref.namespace, target.service.ref.name, target.port.number)
    if policy.profile is not None or policy.protocol is ClientProtocol.OPAQUE:
        return ()
    return tuple(
        (
            route.ref.kind,
            route.hostnames,
            route.http,
            route.grpc,
            route.diverts or any((one.namespace, one.name, one.port) != own for rule in route.backends for one in rule),
            route.unclear is not None,
        )
        for route in policy.routes
    )


def _taken(cluster: Cluster, server: Workload) -> dict[str, Ref]:
    """Return the EgressNetwork that takes calls to a pod's address, for each namespace of clients that has one."""
    homes = dict.fromkeys(("", *(one.ref.namespace for one in cluster.of(EgressNetwork))))
    found = {home: taken_by_egress(cluster, server, home) for home in homes}
    return {home: one for home, one in found.items() if one is not None}
