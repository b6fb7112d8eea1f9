"""What is attached to the Services of a cluster: routes, ServiceProfiles, routes of connections. Pure."""

from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.references import Target, kind_of
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.serviceprofile import ServiceProfile
from meshpolicy.kinds.tlsroute import StreamRoute


class ServiceRoutes:
    """What is attached to the Services of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._routes: dict[tuple[str, str], list[Route]] = {}
        self.driven_out: set[tuple[str, str, int | None]] = set()
        """The parents that a GRPCRoute has, wherever it is: HTTPRoutes of the very same parent are out (R48)."""
        for route in cluster.routes:
            parents = list(filter(is_service, route.parents))
            for name in dict.fromkeys((parent.namespace, parent.name) for parent in parents):
                self._routes.setdefault(name, []).append(route)
            if route.ref.kind == "GRPCRoute":
                self.driven_out |= {(parent.namespace, parent.name, parent.port) for parent in parents}
        self.services = {(service.ref.namespace, service.ref.name) for service in cluster.services}
        self.streams = cluster.of(StreamRoute)
        self.profiles = {(one.ref.namespace, one.ref.name): one for one in cluster.of(ServiceProfile)}

    def on(self, service: Ref) -> list[Route]:
        """Return the routes of all namespaces that name a Service as a parent."""
        return self._routes.get((service.namespace, service.name), [])


def is_service(parent: Target) -> bool:
    """Whether a route's parent is a Service."""
    return kind_of(parent) == ("core", "service")
