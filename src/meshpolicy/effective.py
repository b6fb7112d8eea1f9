"""The policy of one port: which Server governs it, what it grants, which routes are in force (R13-R57). Pure."""

from ipaddress import ip_network

from meshpolicy.annotations import (
    ADMIN_PORT,
    CONTROL_PORT,
    DEFAULT_OPAQUE,
    DEFAULT_POLICY,
    DEFAULT_SKIPPED,
    OPAQUE_PORTS,
    REQUIRE_IDENTITY,
    SKIP_INBOUND,
    holds,
)
from meshpolicy.attached import attached
from meshpolicy.cluster import Cluster
from meshpolicy.grants import LOCALHOST, default_grants, route_grants, server_grants
from meshpolicy.match import HttpMatch, NetworkMatch, PathKind, PathMatch
from meshpolicy.objects import Route, Server
from meshpolicy.policy import (
    Authorization,
    DefaultPolicy,
    GrpcRoute,
    GrpcRule,
    HttpRoute,
    HttpRule,
    PortPolicy,
    Protocol,
    Ref,
    Unauthenticated,
)
from meshpolicy.ratelimits import rate_limit
from meshpolicy.workload import MeshSettings, Workload

PROXY_PROBES = ("/live", "/ready")
HTTP = frozenset({Protocol.UNKNOWN, Protocol.HTTP1, Protocol.HTTP2})
AUTHENTICATED = {
    DefaultPolicy.ALL_UNAUTHENTICATED: DefaultPolicy.ALL_AUTHENTICATED,
    DefaultPolicy.CLUSTER_UNAUTHENTICATED: DefaultPolicy.CLUSTER_AUTHENTICATED,
}


def effective(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    """Return all that decides who may call `port` of `workload`; the port need not be declared (R15)."""
    if is_skipped(workload, port):
        nothing = Ref("default", "default", "", "skipped" if workload.meshed else "unmeshed")
        return PortPolicy(workload.ref, port, nothing, Protocol.OPAQUE, skipped=True)
    server = governing(cluster, workload, port)
    if server is None:
        return _by_default(cluster, workload, port)
    return _by_server(cluster, workload, port, server)


def is_skipped(workload: Workload, port: int) -> bool:
    """Whether traffic to the port never meets a proxy; the annotation replaces the chart's list (R10)."""
    if not workload.meshed or port == CONTROL_PORT:
        return True
    if port == ADMIN_PORT:
        return False
    if SKIP_INBOUND in workload.annotations:
        return holds(workload.annotations, SKIP_INBOUND, port)
    return port in DEFAULT_SKIPPED


def governing(cluster: Cluster, workload: Workload, port: int) -> Server | None:
    """Return the Server that claims the port first (R13, R16)."""
    return next(iter(claiming(cluster, workload, port)), None)


def claiming(cluster: Cluster, workload: Workload, port: int) -> tuple[Server, ...]:
    """Return every Server that selects the port, the one that governs it first."""
    servers = cluster.servers_of.get(workload.ref.namespace, ())
    return tuple(server for server in servers if selects(server, workload) and port in numbers(server, workload))


def selects(server: Server, workload: Workload) -> bool:
    """Whether the Server's selector takes the workload (R13)."""
    selector = server.external if workload.ref.kind == "ExternalWorkload" else server.pods
    return selector is not None and selector.accepts(workload.labels)


def numbers(server: Server, workload: Workload) -> frozenset[int]:
    """Return the ports that the Server means on a workload: its number, or every TCP port of its name (R11, R15)."""
    if isinstance(server.port, int):
        return frozenset({server.port})
    return named_ports(workload, server.port)


def named_ports(workload: Workload, name: str) -> frozenset[int]:
    """Return the numbers behind a port's name in all containers (R11)."""
    found = {
        port.number
        for container in workload.containers
        for port in container.ports
        if port.name == name and port.protocol == "TCP"
    }
    if name == "linkerd-admin" and workload.meshed and workload.ref.kind != "ExternalWorkload":
        found.add(ADMIN_PORT)
    return frozenset(found)


def is_opaque(workload: Workload, port: int) -> bool:
    """Whether the pod marks the port opaque: by annotation, else a declared port of the default list (R9)."""
    if OPAQUE_PORTS in workload.annotations:
        return holds(workload.annotations, OPAQUE_PORTS, port)
    return port in DEFAULT_OPAQUE and port in {p.number for c in workload.containers for p in c.ports}


def _by_default(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    policy = _default_policy(cluster.settings, workload, port)
    grants = (*default_grants(policy, cluster.settings), LOCALHOST)
    protocol = Protocol.OPAQUE if is_opaque(workload, port) else Protocol.UNKNOWN
    routes = _default_routes(cluster.settings, workload, port, grants) if protocol in HTTP else ()
    return PortPolicy(workload.ref, port, Ref("default", "default", "", policy), protocol, grants, routes)


def _default_policy(settings: MeshSettings, workload: Workload, port: int) -> DefaultPolicy:
    """Return the pod's own default if it is valid, else the cluster's; with identity where required (R8, R20)."""
    words = {str(policy): policy for policy in DefaultPolicy}
    own = workload.annotations.get(DEFAULT_POLICY, "")
    policy = words.get(own) or words.get(settings.default_inbound_policy, DefaultPolicy.ALL_UNAUTHENTICATED)
    return AUTHENTICATED.get(policy, policy) if holds(workload.annotations, REQUIRE_IDENTITY, port) else policy


def _by_server(cluster: Cluster, workload: Workload, port: int, server: Server) -> PortPolicy:
    grants = (*server_grants(cluster, server), LOCALHOST)
    routes = attached(cluster, server)
    http: tuple[HttpRoute, ...] = ()
    grpc: tuple[GrpcRoute, ...] = ()
    invalid = None
    if server.protocol in HTTP:
        own = tuple(_http_route(cluster, route, grants) for route in routes.http)
        http = own or _default_routes(cluster.settings, workload, port, grants)
    elif server.protocol is Protocol.GRPC:
        grpc = tuple(_grpc_route(cluster, route, grants) for route in routes.grpc) or (_default_grpc(grants),)
        invalid = next((r.ref for r in routes.grpc if any(not m.rpc for u in r.grpc for m in u.matches)), None)
    limit = rate_limit(cluster, server) if server.protocol in HTTP else None
    return PortPolicy(workload.ref, port, server.ref, server.protocol, grants, http, grpc, limit, invalid=invalid)


def _http_route(cluster: Cluster, route: Route, grants: tuple[Authorization, ...]) -> HttpRoute:
    return HttpRoute(route.ref, route.http, route.hostnames, (*route_grants(cluster, route.ref), *grants))


def _grpc_route(cluster: Cluster, route: Route, grants: tuple[Authorization, ...]) -> GrpcRoute:
    return GrpcRoute(route.ref, route.grpc, route.hostnames, (*route_grants(cluster, route.ref), *grants))


def _default_grpc(grants: tuple[Authorization, ...]) -> GrpcRoute:
    return GrpcRoute(Ref("default", "GRPCRoute", "", "default"), (GrpcRule(),), (), grants)


def _default_routes(
    settings: MeshSettings, workload: Workload, port: int, grants: tuple[Authorization, ...]
) -> tuple[HttpRoute, ...]:
    """Return the routes that Linkerd adds where none is attached: everything, and the probes (R57)."""
    everything = HttpRule((HttpMatch(PathMatch(PathKind.PREFIX, "/")),))
    found = [HttpRoute(Ref("default", "HTTPRoute", "", "default"), (everything,), (), grants)]
    paths = probe_paths(workload, port)
    if paths and settings.probe_networks:
        networks = tuple(NetworkMatch(ip_network(text, strict=False)) for text in settings.probe_networks)
        grant = Authorization(Ref("default", "default", "", "probe"), networks, Unauthenticated())
        matches = tuple(HttpMatch(PathMatch(PathKind.EXACT, path), "GET") for path in paths)
        found.append(HttpRoute(Ref("default", "HTTPRoute", "", "probe"), (HttpRule(matches),), (), (grant, *grants)))
    return tuple(found)


def probe_paths(workload: Workload, port: int) -> tuple[str, ...]:
    """Return the paths of the HTTP probes on a port, the proxy's own on 4191 included (R58)."""
    found = [probe.path for c in workload.containers for probe in c.probes if probe.port == port]
    if port == ADMIN_PORT and workload.meshed and workload.ref.kind != "ExternalWorkload":
        found += PROXY_PROBES
    return tuple(dict.fromkeys(found))
