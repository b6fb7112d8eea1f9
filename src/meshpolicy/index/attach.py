"""Which routes and rate limits are in force on a Server, and what Linkerd writes into their status. Pure."""

from meshpolicy.core.ref import Reason, Ref
from meshpolicy.index.ages import Order, may_be_oldest, other_orders
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.httplocalratelimitpolicy import RateLimitPolicy
from meshpolicy.kinds.kind import POLICY_GROUP
from meshpolicy.kinds.references import Target
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.server import Server
from meshpolicy.record import record

ACCEPTED = "Accepted"
Key = tuple[str, str]
"""Namespace and name of a Server."""


@record
class Status:
    """One Accepted condition that Linkerd writes; `parent` is None where the object has one target."""

    ref: Ref
    reason: str
    parent: Target | None = None

    @property
    def accepted(self) -> bool:
        """Whether the condition is True."""
        return self.reason == ACCEPTED


def is_server(parent: Target) -> bool:
    """Whether a parent is a Server; group and kind must say so, in any case (R45)."""
    return (parent.group.lower(), parent.kind.lower()) == (POLICY_GROUP, "server")


def usable(route: Route) -> bool:
    """Whether the inbound index takes a route; a parent elsewhere, or with a port, spoils all parents (R46, R53)."""
    return not route.unusable and all(
        parent.namespace == route.ref.namespace and parent.port is None and not parent.section
        for parent in route.parents
        if is_server(parent)
    )


class Attachments:
    """The routes and rate limits of a cluster, by the Server on which they are in force."""

    def __init__(self, cluster: Cluster) -> None:
        self._servers = {(server.ref.namespace, server.ref.name) for server in cluster.servers}
        self._grpc = {
            (parent.namespace, parent.name)
            for route in cluster.routes
            if route.ref.kind == "GRPCRoute"
            for parent in filter(is_server, route.parents)
        }
        self._routes: dict[Key, list[Route]] = {}
        self._orders: dict[Key, tuple[Order, ...]] = {}
        self._limits: dict[Key, list[RateLimitPolicy]] = {}
        self._before: dict[Key, Reason] = {}
        for route in cluster.routes:
            if route.changed and not usable(route):
                text = f"{route.ref} was changed to what Linkerd drops: what it said before may hold until a restart"
                named = (parent.name for parent in route.parents if is_server(parent))
                why = Reason(text, "R53", route.ref)
                self._before |= {(route.ref.namespace, name): why for name in named}
        for route in filter(usable, cluster.routes):
            accepted = [parent for parent in filter(is_server, route.parents) if self.reason(route, parent) == ACCEPTED]
            for key in dict.fromkeys((parent.namespace, parent.name) for parent in accepted):
                self._routes.setdefault(key, []).append(route)
        for policies in cluster.by_namespace.values():
            for limit in policies.rate_limits:
                self._limits.setdefault((limit.ref.namespace, limit.target.name), []).append(limit)

    def reason(self, route: Route, parent: Target) -> str:
        """Return the reason of the Accepted condition; a GRPCRoute drives out all HTTPRoutes (R48)."""
        key = (parent.namespace, parent.name)
        if key not in self._servers:
            return "NoMatchingParent"
        return "RouteReasonConflicted" if route.ref.kind == "HTTPRoute" and key in self._grpc else ACCEPTED

    def routes(self, server: Server) -> tuple[Route, ...]:
        """Return the routes that are in force on a Server, in Linkerd's order (R47, R55)."""
        return tuple(self._routes.get((server.ref.namespace, server.ref.name), ()))

    def unclear(self, server: Server) -> Reason | None:
        """Return why nobody can tell which routes are in force on a Server; None: one can."""
        before = self._before.get((server.ref.namespace, server.ref.name))
        return before or next((route.unclear for route in self.routes(server) if route.unclear is not None), None)

    def other_orders(self, server: Server) -> tuple[Order, ...]:
        """Return the orders in which the routes of a Server may be instead, and lead requests elsewhere."""
        key = (server.ref.namespace, server.ref.name)
        if key not in self._orders:
            self._orders[key] = tuple(other_orders(self.routes(server)))
        return self._orders[key]

    def limits(self, server: Server) -> tuple[RateLimitPolicy, ...]:
        """Return the rate limits that may be in force on a Server: the oldest that targets it is (R99)."""
        return may_be_oldest(self._limits.get((server.ref.namespace, server.ref.name), ()))

    def statuses(self, cluster: Cluster) -> tuple[Status, ...]:
        """Return every Accepted condition that Linkerd writes on routes with Server parents, and on rate limits."""
        found = [
            Status(route.ref, self.reason(route, parent), parent)
            for route in cluster.routes
            for parent in filter(is_server, route.parents)
        ]
        for policies in cluster.by_namespace.values():
            found += [Status(limit.ref, self._limit_reason(limit)) for limit in policies.rate_limits]
        return tuple(found)

    def _limit_reason(self, limit: RateLimitPolicy) -> str:
        key = (limit.ref.namespace, limit.target.name)
        if key not in self._servers:
            return "NoMatchingTarget"
        return ACCEPTED if self._limits[key][0] is limit else "RateLimitReasonAlreadyExists"
