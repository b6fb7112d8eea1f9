"""What the client's own proxy does to a call before it leaves: routes on the Service that is called (M4). Pure."""

from dataclasses import dataclass

from meshpolicy.core.policy import GrpcRoute, HttpRoute, Redirect
from meshpolicy.decide.redirect import leads_elsewhere, location
from meshpolicy.decide.routing import Routed, route_grpc, route_http
from meshpolicy.decide.transport import Call, ServiceTarget
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.references import Target
from meshpolicy.kinds.route import Route


@dataclass(frozen=True, slots=True)
class Outbound:
    """What becomes of a call at its client's proxy."""

    routes: tuple[Route, ...]
    """Those on the Service."""
    matched: bool
    elsewhere: bool = False
    """Whether the matched rule names backends, so that the call may go to another workload."""
    redirect: int = 0
    """The status with which the matched rule sends the client elsewhere; 0: it does not."""


def outbound(cluster: Cluster, call: Call) -> Outbound | None:
    """Return what the routes of the called Service do; None where there are none, or the client is not meshed."""
    if call.service_target is None or call.client is None or not call.meshed or not call.traffic.is_http:
        return None
    namespaces = dict.fromkeys((call.server.ref.namespace, call.client.ref.namespace))
    routes = [
        route
        for namespace in namespaces
        for route in cluster.in_namespace(namespace).routes
        if any(_is_service(parent, call.service_target) for parent in route.parents)
    ]
    kind = "GRPCRoute" if any(route.ref.kind == "GRPCRoute" for route in routes) else "HTTPRoute"
    routes = [route for route in routes if route.ref.kind == kind]
    if not routes:
        return None
    if kind == "GRPCRoute":
        found = route_grpc([GrpcRoute(r.ref, r.grpc, r.hostnames) for r in routes], call.request)
    else:
        found = route_http([HttpRoute(r.ref, r.http, r.hostnames) for r in routes], call.request)
    if found is None:
        return Outbound(tuple(routes), matched=False)
    met = next(route for route in routes if route.ref == found.route.ref)
    own = call.service_target.service.ref
    others = any((b.namespace, b.name) != (own.namespace, own.name) for rule in met.backends for b in rule)
    return Outbound(tuple(routes), matched=True, elsewhere=others, redirect=_redirect(found, call))


def _redirect(routed: Routed, call: Call) -> int:
    """Return the status of the redirect of the rule that was met, if it leads elsewhere (R54)."""
    for part in routed.filters:
        if isinstance(part, Redirect):
            target = location(part, call.request, routed)
            if target is not None and leads_elsewhere(target, call.request):
                return part.status
    return 0


def _is_service(parent: Target, service_target: ServiceTarget) -> bool:
    return (
        (parent.group.lower() or "core", parent.kind.lower()) == ("core", "service")
        and (parent.namespace, parent.name) == (service_target.service.ref.namespace, service_target.service.ref.name)
        and parent.port in (None, service_target.port.number)
    )
