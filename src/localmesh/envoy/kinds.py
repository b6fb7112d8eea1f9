"""The kinds of resources that a sidecar is told, by the names that Envoy's API gives them."""

from enum import StrEnum

_TYPES = "type.googleapis.com/envoy."


class Kind(StrEnum):
    """A kind of resource; the order is that of telling: nothing leads to what is not there yet."""

    CLUSTER = f"{_TYPES}config.cluster.v3.Cluster"
    ENDPOINTS = f"{_TYPES}config.endpoint.v3.ClusterLoadAssignment"
    SECRET = f"{_TYPES}extensions.transport_sockets.tls.v3.Secret"
    LISTENER = f"{_TYPES}config.listener.v3.Listener"
    ROUTES = f"{_TYPES}config.route.v3.RouteConfiguration"

    @property
    def word(self) -> str:
        """Its name without the package: `Listener`."""
        return self.value.rpartition(".")[2]
