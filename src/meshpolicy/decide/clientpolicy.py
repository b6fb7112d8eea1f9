"""What the proxies of meshed clients are told of a Service's port: its protocol and its routes. Pure.

M4, R118-R121; linkerd2 policy-controller/k8s/index/src/outbound.
"""

from collections.abc import Iterator
from enum import StrEnum

from meshpolicy.core.ref import Reason, Ref
from meshpolicy.decide.transport import ServiceTarget
from meshpolicy.index.serviceroutes import ServiceRoutes, is_service
from meshpolicy.kinds.annotations import OPAQUE_PORTS
from meshpolicy.kinds.cluster import Cluster, route_order
from meshpolicy.kinds.portlists import holds, of_controller, of_destination
from meshpolicy.kinds.references import Target
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.serviceprofile import ServiceProfile
from meshpolicy.kinds.trafficsplit import TrafficSplit
from meshpolicy.record import record


class ClientProtocol(StrEnum):
    """What a client's proxy takes a Service's port for."""

    DETECT = "detect"
    HTTP1 = "HTTP/1"
    HTTP2 = "HTTP/2"
    OPAQUE = "opaque"


@record
class ClientPolicy:
    """What the proxies of meshed clients in one namespace are told of a Service's port."""

    protocol: ClientProtocol
    reason: Reason | None = None
    """Why the protocol is not looked for."""
    routes: tuple[Route, ...] = ()
    """The routes in force, all of the same kind."""
    invalid: Ref | None = None
    """The route that makes the proxy refuse the whole policy (R120)."""
    profile: ServiceProfile | None = None
    """The ServiceProfile that takes the routes' place (R121)."""
    unclear: Reason | None = None
    """Why nobody can tell what the proxy does."""


def client_policy(cluster: Cluster, target: ServiceTarget, namespace: str) -> ClientPolicy:
    """Return what proxies in a namespace are told of a Service's port."""
    routes = _in_force(cluster, target, namespace)
    protocol, reason = _protocol(cluster, target)
    grpc = tuple(route for route in routes if route.ref.kind == "GRPCRoute")
    if protocol in (ClientProtocol.DETECT, ClientProtocol.HTTP2) and grpc:
        protocol, routes = ClientProtocol.HTTP2, grpc
        reason = Reason(f"{grpc[0].ref} on the called Service makes its port HTTP/2", "R119", grpc[0].ref)
    else:
        routes = tuple(route for route in routes if route.ref.kind == "HTTPRoute")
    invalid = next((route.ref for route in routes if any(not m.rpc for rule in route.grpc for m in rule.matches)), None)
    profile = _profile(cluster, target, namespace)
    if invalid is not None:
        protocol, reason = ClientProtocol.DETECT, None
    unclear = None
    if target.service.elsewhere:
        text = f"{target.service.ref} leads to another cluster, or may"
        unclear = Reason(text, "R133", target.service.ref)
    elif _opaque_profile(cluster, target):
        if protocol in (ClientProtocol.HTTP1, ClientProtocol.HTTP2):
            text = f"{target.service.ref} calls port {target.port.number} opaque and {protocol} at once"
            unclear = Reason(text, "R118", target.service.ref)
        elif protocol is ClientProtocol.DETECT:
            text = f"{target.service.ref} calls port {target.port.number} opaque"
            protocol, reason = ClientProtocol.OPAQUE, Reason(text, "R65", target.service.ref)
    unclear = (
        unclear
        or _stands_still(cluster, target, namespace)
        or _stream_route(cluster, target, namespace, bool(routes))
        or _split(cluster, target)
    )
    return ClientPolicy(protocol, reason, routes, None if profile else invalid, profile, unclear)


def _protocol(cluster: Cluster, target: ServiceTarget) -> tuple[ClientProtocol, Reason | None]:
    """Return what the policy controller makes of appProtocol and opaque-ports; the former wins (R118)."""
    service, port = target.service, target.port
    known = {"http": ClientProtocol.HTTP1, "kubernetes.io/h2c": ClientProtocol.HTTP2}
    # Linkerd keeps them by number, those of UDP ports among them; the last one counts.
    words = [one.app_protocol for one in service.ports if one.number == port.number and one.app_protocol]
    if words:
        protocol = known.get(words[-1].lower(), ClientProtocol.OPAQUE)
        text = f"appProtocol {words[-1]} of {service.ref}, port {port.number}, means {protocol} to its clients"
        return protocol, Reason(text, "R118", service.ref)
    annotated = service.annotations.get(OPAQUE_PORTS)
    listed = cluster.settings.default_opaque if annotated is None else of_controller(annotated)
    if holds(listed, port.number):
        return ClientProtocol.OPAQUE, Reason(f"{service.ref} calls port {port.number} opaque", "R65", service.ref)
    return ClientProtocol.DETECT, None


def _opaque_profile(cluster: Cluster, target: ServiceTarget) -> bool:
    """Whether the destination controller calls the port opaque: it reads names, and skips bad tokens (R112)."""
    annotated = target.service.annotations.get(OPAQUE_PORTS)
    if annotated is None:
        return holds(cluster.settings.default_opaque, target.port.number)
    names = {port.name: port.number for port in reversed(target.service.ports) if port.name}
    return holds(of_destination(annotated, names), target.port.number)


def opaque_to_clients(cluster: Cluster, target: ServiceTarget | None, namespace: str = "") -> bool:
    """Whether meshed clients take a Service's port for opaque, so that they look for no HTTP (R65, R118)."""
    return target is not None and client_policy(cluster, target, namespace).protocol is ClientProtocol.OPAQUE


def _in_force(cluster: Cluster, target: ServiceTarget, namespace: str) -> tuple[Route, ...]:
    """Return the routes of the Service's and the client's namespaces in force on a port, in Linkerd's order (R55)."""
    if target.service.headless:
        return ()
    found = (route for route in _accepted(cluster, target, namespace) if route.guides_clients and not route.unusable)
    return tuple(sorted(found, key=route_order))


def _accepted(cluster: Cluster, target: ServiceTarget, namespace: str) -> Iterator[Route]:
    """Yield the routes of both namespaces that Linkerd accepts on a port, those that it then drops among them."""
    attached = cluster.once(ServiceRoutes)
    homes = (target.service.ref.namespace, namespace)
    for route in attached.on(target.service.ref):
        if route.ref.namespace in homes and _attached(route, target, attached):
            yield route


def _stands_still(cluster: Cluster, target: ServiceTarget, namespace: str) -> Reason | None:
    """Say that a stored route was, or may have been, changed to what Linkerd drops, and is in force as before (R38).

    A change of annotations leaves no trace.
    """
    for route in _accepted(cluster, target, namespace) if not target.service.headless else ():
        if (route.unusable and route.changed) or (not route.guides_clients and route.created):
            text = f"Linkerd drops {route.ref} as it is: what it said before a change may hold until a restart"
            return Reason(text, "R53", route.ref)
    return None


def _attached(route: Route, target: ServiceTarget, attached: ServiceRoutes) -> bool:
    """Whether a route is in force on a port of a Service: it has such a parent, and Linkerd accepted it.

    The status is looked up by the Service's name alone: a parent without a port is in force if one with a port is
    accepted (k8s/index/src/outbound/index/http.rs, route_accepted_by_service).
    """
    accepted = [
        parent.port
        for parent in route.parents
        if is_service(parent)
        and parent.name == target.service.ref.name
        and (parent.namespace, parent.name) in attached.services
        and (route.ref.kind != "HTTPRoute" or (parent.namespace, parent.name, parent.port) not in attached.driven_out)
    ]
    return any(
        (bool(accepted) if parent.port is None else bool({None, parent.port}.intersection(accepted)))
        for parent in route.parents
        if _leads_to(parent, target)
    )


def _split(cluster: Cluster, target: ServiceTarget) -> Reason | None:
    """Say that a TrafficSplit sends the calls of a Service to others, if the mesh has the extension for it (R121)."""
    own = target.service.ref
    for split in cluster.of(TrafficSplit):
        if (split.ref.namespace, split.service) == (own.namespace, own.name):
            return Reason(f"{split.ref} sends calls of {own} to others where linkerd-smi runs", "R121", split.ref)
    return None


def _stream_route(cluster: Cluster, target: ServiceTarget, namespace: str, driven_out: bool) -> Reason | None:
    """Say that a TLSRoute or TCPRoute may make the port its own; HTTPRoutes and GRPCRoutes drive it out."""
    homes = (namespace, target.service.ref.namespace)
    for route in cluster.once(ServiceRoutes).streams if not driven_out and not target.service.headless else ():
        if route.ref.namespace in homes and any(_leads_to(parent, target) for parent in route.parents):
            return Reason(
                f"{route.ref} on the called Service routes connections, and is not judged here", "M4", route.ref
            )
    return None


def _leads_to(parent: Target, target: ServiceTarget) -> bool:
    own = (target.service.ref.namespace, target.service.ref.name)
    same = (parent.namespace, parent.name) == own
    return is_service(parent) and same and parent.port in (None, target.port.number)


def _profile(cluster: Cluster, target: ServiceTarget, namespace: str) -> ServiceProfile | None:
    """Return the ServiceProfile that routes the calls: of the client's namespace, or else of the Service's (R121)."""
    own = target.service.ref
    name = f"{own.name}.{own.namespace}.svc.{cluster.settings.cluster_domain}"
    known = cluster.once(ServiceRoutes).profiles
    profile = known.get((namespace, name)) or known.get((own.namespace, name))
    return profile if profile is not None and (profile.routes or profile.overrides) else None
