"""How a client's call reaches a port: through its own proxy or not, and in which form (R62, R65, R71, M1). Pure."""

from dataclasses import dataclass, field

from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import Address
from meshpolicy.core.policy import Protocol
from meshpolicy.decide.routing import Request
from meshpolicy.index.authorize import networks
from meshpolicy.index.index import index_of
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Service, ServicePort, Workload

OPAQUE_APPLICATION = "linkerd.io/opaque"
META_PORTS = (annotations.CONTROL_PORT, annotations.ADMIN_PORT)
"""Ports of the proxy itself, which stay their own on the wire."""


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """The Service and its port through which a pod is called."""

    service: Service
    port: ServicePort


@dataclass(frozen=True, slots=True)
class Call:
    """One call: from whom, to which port of which workload, through which Service, and what is sent."""

    server: Workload
    port: int
    client: Workload | None = None
    """None: someone outside of the mesh, at `address`."""
    address: Address | None = None
    service_target: ServiceTarget | None = None
    """None: the pod's address is called."""
    request: Request = field(default_factory=Request)
    traffic: Traffic = Traffic.HTTP

    @property
    def to_itself(self) -> bool:
        """Whether a pod calls itself, of which its proxy makes a local call (M1)."""
        return self.same_workload and self.server.replicas <= 1

    @property
    def same_workload(self) -> bool:
        """Whether client and server are pods of one workload: with several replicas perhaps the same pod."""
        return self.client is not None and self.client.ref == self.server.ref

    @property
    def peer(self) -> Address | None:
        """Return the address that the server sees."""
        if self.client is not None:
            return next(iter(self.client.addresses), self.address)
        return self.address

    @property
    def meshed(self) -> bool:
        """Whether the client's own proxy carries the call (R71)."""
        if self.client is None or not self.client.meshed:
            return False
        dialled = self.port if self.service_target is None else self.service_target.port.number
        return not annotations.holds(self.client.annotations, annotations.SKIP_OUTBOUND, dialled)


def find_service_target(cluster: Cluster, server: Workload, port: int) -> ServiceTarget | None:
    """Return the Service port that leads to a port of a workload, the first by name."""
    return next(iter(find_service_targets(cluster, server, port)), None)


def find_service_targets(cluster: Cluster, server: Workload, port: int) -> list[ServiceTarget]:
    """Return every Service port that leads to a port of a workload."""
    return [
        ServiceTarget(service, entry)
        for service in cluster.services
        if service.selects(server.ref.namespace, server.labels)
        for entry in service.ports
        if port in port_numbers(server, entry.target)
    ]


def hinted_opaque(cluster: Cluster, server: Workload, port: int) -> bool:
    """Whether meshed clients are told that the port is opaque: by annotation, by default, or by any Server (R65)."""
    if annotations.OPAQUE_PORTS in server.annotations:
        if annotations.holds(server.annotations, annotations.OPAQUE_PORTS, port):
            return True
    elif port in annotations.DEFAULT_OPAQUE:
        return True
    claiming = index_of(cluster).servers(server.ref.namespace).claiming(server, port)
    return any(claim.protocol is Protocol.OPAQUE for claim in claiming)


def opaque_service(service_target: ServiceTarget | None) -> bool:
    """Whether the Service itself calls the port opaque, so that the client's proxy looks for no HTTP (R65)."""
    return service_target is not None and (
        service_target.port.app_protocol == OPAQUE_APPLICATION
        or annotations.holds(service_target.service.annotations, annotations.OPAQUE_PORTS, service_target.port.number)
    )


def identity_of(cluster: Cluster, workload: Workload) -> str:
    """Return the name in a workload's certificate (R5)."""
    return workload.identity or cluster.settings.identity(workload.ref.namespace, workload.service_account)


def arrive(cluster: Cluster, call: Call, *, in_every_network: bool = False) -> Client:
    """Return the client as the server's proxy sees it; `in_every_network` is for an unknown address."""
    known = networks(cluster.settings.cluster_networks) if call.client is not None else ()
    if not call.meshed or call.client is None:
        return Client(call.peer, known_networks=known, in_every_network=in_every_network)
    return Client(call.peer, _arrival(cluster, call), identity_of(cluster, call.client), known, in_every_network)


def _arrival(cluster: Cluster, call: Call) -> Arrival:
    if call.port in META_PORTS or cluster.settings.outbound_transport_mode == "transparent":
        return Arrival.MESHED_TO_PORT
    opaque = opaque_service(call.service_target) or hinted_opaque(cluster, call.server, call.port)
    return Arrival.MESHED_HTTP if call.traffic.is_http and not opaque else Arrival.MESHED_OPAQUE
