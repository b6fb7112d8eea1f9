"""Which routes are in force on a Server: parents, status, conflicts and order (R45-R56). Pure."""

from dataclasses import dataclass
from enum import StrEnum

from meshpolicy.cluster import Cluster
from meshpolicy.objects import POLICY_GROUP, Route, Server, Target
from meshpolicy.policy import Ref


class Accepted(StrEnum):
    """The reason of the Accepted condition that Linkerd writes for a route and one Server (R48)."""

    ACCEPTED = "Accepted"
    NO_MATCHING_PARENT = "NoMatchingParent"
    CONFLICTED = "RouteReasonConflicted"


@dataclass(frozen=True, slots=True)
class Attached:
    """The routes in force on a Server, in Linkerd's order."""

    http: tuple[Route, ...]
    grpc: tuple[Route, ...]


def attached(cluster: Cluster, server: Server) -> Attached:
    """Return the accepted and usable routes of a Server."""
    routes = [
        route
        for route in cluster.routes_of.get(server.ref.namespace, ())
        if usable(route) and any(_names(parent, server.ref) for parent in route.parents)
        if condition(cluster, route, server.ref) is Accepted.ACCEPTED
    ]
    routes.sort(key=order)
    return Attached(
        tuple(route for route in routes if route.ref.kind == "HTTPRoute"),
        tuple(route for route in routes if route.ref.kind == "GRPCRoute"),
    )


def order(route: Route) -> tuple[bool, str, str, str, str]:
    """Sort key of routes: oldest first, those without a time last, then name, group, kind (R55)."""
    return (not route.created, route.created, route.ref.name, route.ref.group, route.ref.kind)


def server_parents(route: Route) -> tuple[Target, ...]:
    """Return the parents that are Servers, by explicit group and kind (R45)."""
    return tuple(p for p in route.parents if p.group == POLICY_GROUP and p.kind == "Server")


def usable(route: Route) -> bool:
    """Whether Linkerd can use the route at all: it converts, and no Server parent is out of reach (R46, R53)."""
    near = all(
        parent.namespace == route.ref.namespace and parent.port is None and not parent.section
        for parent in server_parents(route)
    )
    return near and not route.unusable


def condition(cluster: Cluster, route: Route, server: Ref) -> Accepted:
    """Return the condition that Linkerd writes for a route and one Server that it names (R48)."""
    if not any(known.ref == server for known in cluster.servers_of.get(server.namespace, ())):
        return Accepted.NO_MATCHING_PARENT
    if route.ref.kind == "HTTPRoute" and server in grpc_parents(cluster):
        return Accepted.CONFLICTED
    return Accepted.ACCEPTED


def grpc_parents(cluster: Cluster) -> frozenset[Ref]:
    """Return every Server that some GRPCRoute names: their HTTPRoutes are not accepted (R48)."""
    return frozenset(
        Ref(POLICY_GROUP, "Server", parent.namespace, parent.name)
        for route in cluster.routes
        if route.ref.kind == "GRPCRoute"
        for parent in server_parents(route)
    )


def _names(parent: Target, server: Ref) -> bool:
    return (parent.group, parent.kind, parent.namespace, parent.name) == (
        POLICY_GROUP,
        "Server",
        server.namespace,
        server.name,
    )
