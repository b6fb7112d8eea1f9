"""The inbound policy of one port, as Linkerd's controller hands it to the proxy: `effective` joins everything. Pure."""

from collections.abc import Iterator
from ipaddress import ip_network

from meshpolicy.core.match import GrpcMatch, IdentityMatch, NetworkMatch
from meshpolicy.core.policy import (
    Alternative,
    Bypass,
    DefaultPolicy,
    GrpcRoute,
    GrpcRule,
    HttpRoute,
    PortPolicy,
    PortRole,
    Protocol,
    RateLimit,
    RateLimitOverride,
)
from meshpolicy.core.ref import Origin, Reason, Ref
from meshpolicy.core.truth import Truth
from meshpolicy.index.authorize import LOCALHOST, granted_by, identity_matches
from meshpolicy.index.defaults import default_policy, default_routes
from meshpolicy.index.index import index_of
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.container import ProbeKind
from meshpolicy.kinds.httplocalratelimitpolicy import RateLimitPolicy
from meshpolicy.kinds.portlists import holds, of_controller
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace

HTTP_PROTOCOLS = frozenset({Protocol.UNKNOWN, Protocol.HTTP1, Protocol.HTTP2})
IPV6 = NetworkMatch(ip_network("::/0"))
EVERY_CALL = GrpcRule((GrpcMatch(),))
"""What Linkerd's own route for gRPC takes: any service and method (R49)."""


def effective(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    """Return all that decides who may call a port of a workload, and what the manifests leave open about it."""
    unclear = workload.injection.sidecar is Truth.UNKNOWN
    if not workload.meshed and not unclear:
        return _unmeshed(workload, port)
    policy = _guarded(cluster, workload, port)
    if not unclear:
        return policy
    why, cause = Reason(f"{workload.ref} {workload.injection.why}", "R7", workload.ref), missing_namespace(workload)
    if workload.meshed:
        other = Alternative(_unmeshed(workload, port), why, cause=cause)
        return replace(policy, alternatives=(*policy.alternatives, other))
    bare = Reason(f"without a sidecar every call of {workload.ref} gets in", "R7", workload.ref)
    other = Alternative(policy, why, cause=cause)
    return replace(_unmeshed(workload, port), unguarded=bare, alternatives=(other,))


def _guarded(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    """Return the policy of a port behind a sidecar, with those that labels and the proxy's start leave open."""
    certain, perhaps = _claims(cluster, workload, port)
    alternatives = [Alternative(_of(cluster, workload, port, server), why) for server, why in perhaps]
    for server in (certain, *(server for server, _ in perhaps)):
        alternatives += [] if server is None else _of_other_ages(cluster, workload, port, server)
    if certain is None:
        alternatives += _with_default_of_namespace(cluster, workload, port)
    if certain is not None and unannounced(workload, port):
        text = f"{workload.ref} does not declare port {port}: the default policy may decide its first connections"
        alternatives.append(Alternative(_of(cluster, workload, port, None), Reason(text, "R104"), at_first=True))
    policy = _of(cluster, workload, port, certain)
    alternatives += _with_grants_from_elsewhere(cluster, workload, port, certain, policy)
    return replace(policy, alternatives=tuple(alternatives)) if alternatives else policy


def _of_other_ages(cluster: Cluster, workload: Workload, port: int, server: Server) -> Iterator[Alternative]:
    """Yield the policies of a Server that hold if its routes and rate limits are older than they seem (R55, R99)."""
    attached = index_of(cluster).attachments
    unknown = "whichever is older: the manifests do not say"
    for order in attached.other_orders(server):
        text = f"{order.second.ref} or {order.first.ref} takes requests that both match, {unknown}"
        why = Reason(text, "R55", order.first.ref)
        yield Alternative(_of(cluster, workload, port, server, routes=order.routes), why)
    limits = attached.limits(server)
    for limit in limits[1:]:
        text = f"{limits[0].ref} or {limit.ref} is in force on {server.ref}, {unknown}"
        yield Alternative(_of(cluster, workload, port, server, limit=limit), Reason(text, "R99", limit.ref))


def _with_default_of_namespace(cluster: Cluster, workload: Workload, port: int) -> list[Alternative]:
    """Return the strictest policy that a Namespace outside of these manifests may make the default one (R8, R130)."""
    place = workload.ref.namespace
    if annotations.DEFAULT_POLICY not in workload.undetermined:
        return []
    strict = {**workload.annotations, annotations.DEFAULT_POLICY: DefaultPolicy.DENY.value}
    cause = missing_namespace(workload)
    why = Reason(
        f"the Namespace {place} is not in the input, and may annotate {annotations.DEFAULT_POLICY}: deny", "R8"
    )
    return [Alternative(_of(cluster, replace(workload, annotations=strict), port, None), why, cause=cause)]


def missing_namespace(workload: Workload) -> str:
    """Say that a workload's Namespace is not in the input, on which it depends; empty: nothing depends on it."""
    return f"the Namespace {workload.ref.namespace} is not in the input" if workload.undetermined else ""


def _with_grants_from_elsewhere(
    cluster: Cluster, workload: Workload, port: int, server: Server | None, policy: PortPolicy
) -> list[Alternative]:
    """Return the policy with all that authentications outside of these manifests may admit, if any (R130)."""
    open_references = index_of(cluster).authorizer(workload.ref.namespace).elsewhere if server is not None else []
    if not open_references:
        return []
    widest = _of(cluster, workload, port, server, widest=True)
    granted = [ref for ref, _ in open_references if widest != policy and _grants(widest, ref.ref)]
    if not granted:
        return []
    missing = [to for ref, to in open_references if ref in granted]
    names = ", ".join(f"{to.kind} {to.namespace}/{to.name}" for to in missing)
    read = next((item.told for to in missing if (item := cluster.left_out(to.namespace, to.kind, to.name))), "")
    text = f"{granted[0].ref} requires {names}, which {read or 'is not in these manifests and may exist'}"
    return [Alternative(widest, Reason(text, "R130", granted[0].ref))]


def _grants(policy: PortPolicy, ref: Ref) -> bool:
    """Whether an AuthorizationPolicy grants something on a port, or on a route of it."""
    of_routes = (route.authorizations for routes in (policy.http_routes, policy.grpc_routes) for route in routes)
    lists = (policy.authorizations, *of_routes)
    return any(grant.ref == ref for grants in lists for grant in grants)


def _unmeshed(workload: Workload, port: int) -> PortPolicy:
    why = Reason(f"{workload.ref} {workload.injection.why or 'is not meshed'}", "R7", workload.ref)
    text = f"{workload.ref} has the label {annotations.CONTROL_PLANE} and no proxy, which its clients' proxies look for"
    misled = Reason(text, "R131", workload.ref) if workload.seems_meshed else None
    return PortPolicy(workload.ref, port, Ref.added(Origin.UNMESHED), Protocol.UNKNOWN, unguarded=why, misled=misled)


def _claims(cluster: Cluster, workload: Workload, port: int) -> tuple[Server | None, list[tuple[Server, Reason]]]:
    """Return the Server that governs a port if no other does, and those that may, with the reason (R16, R117)."""
    certain: Server | None = None
    perhaps: list[tuple[Server, Reason]] = []
    for server, met in index_of(cluster).servers(workload.ref.namespace).claims(workload, port):
        older_unknown = certain is not None and not (server.created and certain.created)
        if certain is not None and not older_unknown:
            continue
        if met is not Truth.YES:
            perhaps.append((server, _perhaps_selected(server, workload)))
        elif certain is None:
            certain = server
        else:
            text = f"{certain.ref} or {server.ref} governs port {port}, whichever is older: the manifests do not say"
            perhaps.append((server, Reason(text, "R16", server.ref)))
    return certain, perhaps


def _perhaps_selected(server: Server, workload: Workload) -> Reason:
    text = f"whether {server.ref} selects a pod of {workload.ref} depends on labels that it gets when it is created"
    return Reason(text, "R117", server.ref)


def _of(
    cluster: Cluster,
    workload: Workload,
    port: int,
    server: Server | None,
    *,
    widest: bool = False,
    routes: tuple[Route, ...] | None = None,
    limit: RateLimitPolicy | None = None,
) -> PortPolicy:
    """Return the policy of a port under a Server, with what bypasses it; in the order in which routes seem to be."""
    if server is None:
        policy = _without_server(cluster, workload, port)
    else:
        attached = index_of(cluster).attachments
        routes = attached.routes(server) if routes is None else routes
        limit = limit or next(iter(attached.limits(server)), None)
        policy = _with_server(cluster, workload, port, server, routes, limit, widest=widest)
    own = workload.sidecar
    skipped_by = Reason(f"port {port} of {workload.ref} does not pass the proxy", "R10") if own.skips(port) else None
    unknown = Reason(f"{workload.ref}: {own.unknown}", "R116", workload.ref) if own.unknown else None
    if server is not None and unknown is None:
        unknown = index_of(cluster).attachments.unclear(server)
    undecided = index_of(cluster).undecided(workload, governed=server is not None)
    if undecided is not None:
        unknown = Reason(f"{undecided.ref} {undecided.told}", "R130", undecided.ref)
    if workload.unread:
        unknown = Reason(workload.unread, "R7", workload.ref)
    if port in own.taken:
        text = f"the proxy of {workload.ref} listens on port {port} itself, where the application wants to"
        unknown = Reason(text, "R113", workload.ref)
    return replace(
        policy, role=_role(workload, port), unguarded=skipped_by, bypasses=_bypasses(workload), unknown=unknown
    )


def _role(workload: Workload, port: int) -> PortRole:
    """Return who listens on a port."""
    roles = {workload.sidecar.ports.admin: PortRole.ADMIN, workload.sidecar.ports.inbound: PortRole.INBOUND}
    return roles.get(port, PortRole.APPLICATION)


def _bypasses(workload: Workload) -> tuple[Bypass, ...]:
    """Return whose packets never meet the proxy: those of skip-subnets (R114), and IPv6 by default (R115)."""
    found = [
        Bypass(
            network,
            Reason(f"skip-subnets lets packets from {network.cidr} pass the proxy of {workload.ref} by", "R114"),
        )
        for network in workload.sidecar.subnets
    ]
    if not workload.sidecar.ipv6 and workload.ref.kind != "ExternalWorkload":
        found.append(Bypass(IPV6, Reason("IPv6 packets do not meet the proxy", "R115", workload.ref)))
    return tuple(found)


def unannounced(workload: Workload, port: int) -> bool:
    """Whether the proxy learns of a port by its first connection only (R104; pkg/inject, getPodInboundPorts)."""
    ports = workload.sidecar.ports
    if workload.ref.kind == "ExternalWorkload" or port in (ports.admin, ports.inbound):
        return False
    return not any(
        any(declared.number == port for declared in container.ports)
        or any(probe.port == port and probe.kind is not ProbeKind.STARTUP for probe in container.probes)
        for container in workload.containers
    )


def skipped(workload: Workload, port: int) -> bool:
    """Whether packets to the port never meet a proxy; the annotation replaces the chart's list (R10)."""
    return not workload.meshed or workload.sidecar.skips(port)


def _without_server(cluster: Cluster, workload: Workload, port: int) -> PortPolicy:
    """Policies never reach a port without a Server, those for the whole Namespace included (R23)."""
    mode = default_policy(cluster, workload, port)
    opaque = holds(of_controller(workload.annotations.get(annotations.OPAQUE_PORTS, "")), port)
    grants = (*granted_by(cluster, mode), LOCALHOST)
    return PortPolicy(
        workload.ref,
        port,
        Ref.added(Origin.DEFAULT_POLICY, mode.value),
        Protocol.OPAQUE if opaque else Protocol.UNKNOWN,
        grants,
        () if opaque else default_routes(cluster, workload, port, grants),
    )


def _with_server(
    cluster: Cluster,
    workload: Workload,
    port: int,
    server: Server,
    routes: tuple[Route, ...],
    limit: RateLimitPolicy | None,
    *,
    widest: bool,
) -> PortPolicy:
    authorizer = index_of(cluster).authorizer(server.ref.namespace, widest=widest)
    grants = (*authorizer.server(server), LOCALHOST)
    broken = next((route.ref for route in routes if server.protocol is Protocol.GRPC and _without_rpc(route)), None)
    if broken is not None:
        return PortPolicy(workload.ref, port, server.ref, server.protocol, invalid=broken)
    own, version = authorizer.route, workload.sidecar.version
    http: tuple[HttpRoute, ...] = ()
    grpc: tuple[GrpcRoute, ...] = ()
    if server.protocol in HTTP_PROTOCOLS:
        http = tuple(
            HttpRoute(route.ref, route.http, route.hosts(version), (*own(route), *grants))
            for route in routes
            if route.ref.kind == "HTTPRoute"
        ) or default_routes(cluster, workload, port, grants)
    elif server.protocol is Protocol.GRPC:
        grpc = tuple(
            GrpcRoute(route.ref, route.grpc, route.hosts(version), (*own(route), *grants))
            for route in routes
            if route.ref.kind == "GRPCRoute"
        ) or (GrpcRoute(Ref.added(Origin.DEFAULT_ROUTE), (EVERY_CALL,), authorizations=grants),)
    rates = _rate_limit(cluster, limit) if limit is not None and server.protocol in HTTP_PROTOCOLS else None
    return PortPolicy(workload.ref, port, server.ref, server.protocol, grants, http, grpc, rates)


def _without_rpc(route: Route) -> bool:
    """Whether a match names no method at all, which the proxy refuses with the whole Server (R56)."""
    return any(not match.rpc for rule in route.grpc for match in rule.matches)


def _rate_limit(cluster: Cluster, limit: RateLimitPolicy) -> RateLimit:
    """Return the limits of a port as the proxy keeps them (R101).

    A rate of zero, which only the webhook refuses, is no limit; of several overrides of one account the last counts.
    """
    overrides: list[RateLimitOverride] = []
    overridden: set[IdentityMatch] = set()
    for rate, accounts in reversed([one for one in limit.overrides if one[0] > 0]):
        identities = [one for one in identity_matches(cluster, (), accounts) if one not in overridden]
        overridden.update(identities)
        overrides += [RateLimitOverride(rate, tuple(identities))] if identities else []
    return RateLimit(limit.ref, limit.total or None, limit.identity or None, tuple(reversed(overrides)))
