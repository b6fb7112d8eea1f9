"""The inbound policy of one port, as Linkerd's controller hands it to the proxy: `effective` joins everything. Pure."""

from meshpolicy.core.match import HttpMatch, PathKind, PathMatch
from meshpolicy.core.policy import (
    Authorization,
    DefaultPolicy,
    GrpcRoute,
    GrpcRule,
    HttpRoute,
    HttpRule,
    Origin,
    PortPolicy,
    Protocol,
    RateLimit,
    RateLimitOverride,
    Ref,
    Unauthenticated,
)
from meshpolicy.index.authorize import LOCALHOST, granted_by, identity_matches, networks
from meshpolicy.index.index import index_of
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.workload import Workload

HTTP_PROTOCOLS = frozenset({Protocol.UNKNOWN, Protocol.HTTP1, Protocol.HTTP2})
PROXY_PROBES = frozenset({"/live", "/ready"})
"""What the kubelet asks of a sidecar's admin port (R58)."""
STRICTER = {
    DefaultPolicy.ALL_UNAUTHENTICATED: DefaultPolicy.ALL_AUTHENTICATED,
    DefaultPolicy.CLUSTER_UNAUTHENTICATED: DefaultPolicy.CLUSTER_AUTHENTICATED,
}


def effective(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    """Return all that decides who may call a port of a workload."""
    if skipped(workload, port):
        origin = Origin.SKIPPED if workload.meshed else Origin.UNMESHED
        return PortPolicy(workload.ref, port, Ref.added(origin), Protocol.UNKNOWN, skipped=True)
    if workload.unread:
        default = Ref.added(Origin.UNKNOWN)
        return PortPolicy(workload.ref, port, default, Protocol.UNKNOWN, unknown=workload.unread)
    server = index_of(cluster).governing(workload, port)
    if server is None:
        return _without_server(cluster, workload, port)
    return _with_server(cluster, workload, port, server)


def skipped(workload: Workload, port: int) -> bool:
    """Whether the port never meets the proxy; the annotation replaces the chart's list (R10)."""
    if not workload.meshed or port == annotations.CONTROL_PORT:
        return True
    if port == annotations.ADMIN_PORT:
        return False
    if annotations.SKIP_INBOUND in workload.annotations:
        return annotations.holds(workload.annotations, annotations.SKIP_INBOUND, port)
    return port in annotations.DEFAULT_SKIPPED


def default_policy(cluster: Cluster, workload: Workload, port: int) -> DefaultPolicy:
    """Return the policy of a port without a Server: the pod's annotation, else the mesh's (R8, R20)."""
    own = workload.annotations.get(annotations.DEFAULT_POLICY, "")
    mode = DefaultPolicy(own if own in set(DefaultPolicy) else cluster.settings.default_inbound_policy)
    if annotations.holds(workload.annotations, annotations.REQUIRE_IDENTITY, port):
        return STRICTER.get(mode, mode)
    return mode


def _without_server(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    """Policies never reach a port without a Server, those for the whole Namespace included (R23)."""
    mode = default_policy(cluster, workload, port)
    opaque = annotations.holds(workload.annotations, annotations.OPAQUE_PORTS, port)
    grants = (*granted_by(cluster, mode), LOCALHOST)
    return PortPolicy(
        workload.ref,
        port,
        Ref.added(Origin.DEFAULT_POLICY, mode.value),
        Protocol.OPAQUE if opaque else Protocol.UNKNOWN,
        grants,
        () if opaque else default_routes(cluster, workload, port, grants),
    )


def _with_server(cluster: Cluster, workload: Workload, port: int, server: Server) -> PortPolicy:
    grants = (*index_of(cluster).authorizer(server.ref.namespace).server(server), LOCALHOST)
    routes = index_of(cluster).attachments.routes(server)
    broken = next((route.ref for route in routes if server.protocol is Protocol.GRPC and _without_rpc(route)), None)
    if broken is not None:
        return PortPolicy(workload.ref, port, server.ref, server.protocol, invalid=broken)
    own = index_of(cluster).authorizer(server.ref.namespace).route
    http: tuple[HttpRoute, ...] = ()
    grpc: tuple[GrpcRoute, ...] = ()
    if server.protocol in HTTP_PROTOCOLS:
        http = tuple(
            HttpRoute(route.ref, route.http, route.hostnames, (*own(route), *grants))
            for route in routes
            if route.ref.kind == "HTTPRoute"
        ) or default_routes(cluster, workload, port, grants)
    elif server.protocol is Protocol.GRPC:
        grpc = tuple(
            GrpcRoute(route.ref, route.grpc, route.hostnames, (*own(route), *grants))
            for route in routes
            if route.ref.kind == "GRPCRoute"
        ) or (GrpcRoute(Ref.added(Origin.DEFAULT_ROUTE), (GrpcRule(),), authorizations=grants),)
    limit = _rate_limit(cluster, server) if server.protocol in HTTP_PROTOCOLS else None
    return PortPolicy(workload.ref, port, server.ref, server.protocol, grants, http, grpc, limit)


def _without_rpc(route: Route) -> bool:
    """Whether a match names no method at all, which the proxy refuses with the whole Server (R56)."""
    return any(not match.rpc for rule in route.grpc for match in rule.matches)


def default_routes(
    cluster: Cluster, workload: Workload, port: int, grants: tuple[Authorization, ...]
) -> tuple[HttpRoute, ...]:
    """Return the routes that Linkerd adds where there is none: everything, and the probes of the port (R57)."""
    everything = HttpRoute(Ref.added(Origin.DEFAULT_ROUTE), (HttpRule((_prefix("/"),)),), authorizations=grants)
    paths = probe_paths(workload, port)
    if not paths or not cluster.settings.probe_networks:
        return (everything,)
    ref = Ref.added(Origin.PROBES)
    rule = HttpRule(tuple(HttpMatch(PathMatch(PathKind.EXACT, path), "GET") for path in paths))
    kubelet = Authorization(ref, networks(cluster.settings.probe_networks), Unauthenticated())
    return everything, HttpRoute(ref, (rule,), authorizations=(kubelet, *grants))


def _prefix(path: str) -> HttpMatch:
    return HttpMatch(PathMatch(PathKind.PREFIX, path))


def probe_paths(workload: Workload, port: int) -> tuple[str, ...]:
    """Return the paths that the kubelet asks for on a port (R58)."""
    probes = (probe for container in workload.containers for probe in container.probes)
    found = {probe.opened for probe in probes if probe.port == port and probe.opened is not None}
    if port == annotations.ADMIN_PORT and workload.ref.kind != "ExternalWorkload":
        found |= PROXY_PROBES
    return tuple(sorted(found))


def _rate_limit(cluster: Cluster, server: Server) -> RateLimit | None:
    limit = index_of(cluster).attachments.limit(server)
    if limit is None:
        return None
    overrides = tuple(
        RateLimitOverride(rate, tuple(identity_matches(cluster, (), accounts))) for rate, accounts in limit.overrides
    )
    return RateLimit(limit.ref, limit.total, limit.identity, overrides)
