"""The xDS resource types that sidecars receive."""

from enum import StrEnum

_TYPES = "type.googleapis.com/envoy."


class Kind(StrEnum):
    """A resource type by its type URL, in the order of sending, so that nothing refers to what is not there yet."""

    CLUSTER = f"{_TYPES}config.cluster.v3.Cluster"
    ENDPOINTS = f"{_TYPES}config.endpoint.v3.ClusterLoadAssignment"
    SECRET = f"{_TYPES}extensions.transport_sockets.tls.v3.Secret"
    LISTENER = f"{_TYPES}config.listener.v3.Listener"
    ROUTES = f"{_TYPES}config.route.v3.RouteConfiguration"

    @property
    def word(self) -> str:
        """The message name without the package: `Listener`."""
        return self.value.rpartition(".")[2]
