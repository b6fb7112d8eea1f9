"""What an app can call, and where the pods behind it are: the files that Envoy's endpoint discovery reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.envoy import Json
from localmesh.pods.pod import Pod


@dataclass(frozen=True, slots=True)
class Destination:
    """A Service's port, or one pod's port by its address."""

    name: str
    """Unique, and fit for a file name: `ponger.pingpong.80`."""
    hosts: tuple[str, ...]
    """The names it is called by, without port: `ponger`, `ponger.pingpong`, …, or an address."""
    port: int


def service_hosts(service: str, namespace: str, caller: str) -> tuple[str, ...]:
    """Return the names that a pod in namespace `caller` knows a Service by, as cluster DNS resolves them."""
    full = f"{service}.{namespace}.svc.cluster.local"
    names = (full, f"{full}.", f"{service}.{namespace}.svc", f"{service}.{namespace}")
    return (*names, service) if namespace == caller else names


class Hop(StrEnum):
    """How a connection to an endpoint is made; the names that clusters choose a transport by (R62)."""

    PLAIN = "plain"
    MESHED_HTTP = "meshed-http"
    MESHED_OPAQUE = "meshed-opaque"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A ready pod's port, by its loopback address."""

    address: IPv4Address
    port: int
    identity: str = ""
    """Whom its certificate must name; empty: it is not meshed, and is spoken to in plain text."""
    opaque: bool = False
    """Whether even HTTP goes to it as a stream of bytes (R65)."""

    def hop(self, *, http: bool) -> Hop:
        """Return how the connection is made for a request, or for a stream."""
        if not self.identity:
            return Hop.PLAIN
        return Hop.MESHED_HTTP if http and not self.opaque else Hop.MESHED_OPAQUE


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """The calling pod itself: its own app's socket, past every policy, as in Linkerd (M1)."""

    socket: Path


def endpoints_file(pod: Pod, destination: Destination) -> Path:
    """Return the file that `pod`'s sidecar watches; replace it by a move, never in place."""
    return pod.endpoints / f"{destination.name}.json"


def endpoints(destination: Destination, found: Iterable[Endpoint | LocalEndpoint]) -> Json:
    """Return the content of that file."""
    return {
        "resources": [
            {
                "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
                "cluster_name": destination.name,
                "endpoints": [{"lb_endpoints": [_endpoint(endpoint) for endpoint in found]}],
            }
        ]
    }


def _endpoint(endpoint: Endpoint | LocalEndpoint) -> Json:
    if isinstance(endpoint, LocalEndpoint):
        address: Json = {"pipe": {"path": str(endpoint.socket)}}
        hops = {"http": Hop.PLAIN, "stream": Hop.PLAIN}
        identity = ""
    else:
        address = {"socket_address": {"address": str(endpoint.address), "port_value": endpoint.port}}
        hops = {"http": endpoint.hop(http=True), "stream": endpoint.hop(http=False)}
        identity = endpoint.identity
    return {
        "endpoint": {"address": address, "hostname": identity},
        "metadata": {"filter_metadata": {"envoy.transport_socket_match": hops}},
    }
