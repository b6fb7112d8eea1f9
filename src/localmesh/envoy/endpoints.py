"""The destinations that an app can call, and the pods behind each, as resources of Envoy's endpoint discovery."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.envoy import Json
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource


@dataclass(frozen=True, slots=True)
class Destination:
    """A Service's port, or one pod's port called by its address."""

    name: str
    """Unique: `ponger.pingpong.80`."""
    hosts: tuple[str, ...]
    """The names that clients call it by, without the port: `ponger`, `ponger.pingpong`, …, or an address."""
    port: int

    @property
    def authorities(self) -> Iterator[str]:
        """Every authority that an app may use to call it, in lower case."""
        for host in self.hosts:
            yield f"{host}:{self.port}"
            if self.port == 80:
                yield host


def service_hosts(service: str, namespace: str, caller: str) -> tuple[str, ...]:
    """Return the names by which cluster DNS resolves a Service for a pod in namespace `caller`."""
    full = f"{service}.{namespace}.svc.cluster.local"
    names = (full, f"{full}.", f"{service}.{namespace}.svc", f"{service}.{namespace}")
    return (*names, service) if namespace == caller else names


class Hop(StrEnum):
    """The transport of a connection to an endpoint; clusters select a transport socket by these names (R62)."""

    PLAIN = "plain"
    MESHED_HTTP = "meshed-http"
    MESHED_OPAQUE = "meshed-opaque"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A ready pod's port, by its loopback address."""

    address: IPv4Address
    port: int
    identity: str = ""
    """The identity that the endpoint's certificate must have; empty if it is unmeshed and called in plain text."""
    opaque: bool = False
    """Whether even HTTP is sent to it as an opaque stream (R65)."""

    def hop(self, *, http: bool) -> Hop:
        """Return the transport for a request (`http`) or for a stream."""
        if not self.identity:
            return Hop.PLAIN
        return Hop.MESHED_HTTP if http and not self.opaque else Hop.MESHED_OPAQUE


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """The calling pod itself: its own app's socket, which bypasses every policy, as in Linkerd (M1)."""

    socket: Path


def endpoints(name: str, found: Iterable[Endpoint | LocalEndpoint]) -> Resource:
    """Return the ready endpoints of the destination `name` as a ClusterLoadAssignment."""
    behind = [{"lb_endpoints": [_endpoint(endpoint) for endpoint in found]}]
    return Resource(Kind.ENDPOINTS, name, {"cluster_name": name, "endpoints": behind})


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
