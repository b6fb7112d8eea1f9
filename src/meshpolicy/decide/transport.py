"""How a client's call reaches a port: through its own proxy or not, and in which form (R62, R65, R71, M1). Pure."""

from collections.abc import Iterable
from dataclasses import field

from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import Address
from meshpolicy.core.policy import Protocol
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth, some, truth
from meshpolicy.decide.request import Request
from meshpolicy.index.authorize import networks
from meshpolicy.index.index import index_of
from meshpolicy.index.servers import port_numbers, target_ports
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.container import PROXY
from meshpolicy.kinds.portlists import holds, of_destination
from meshpolicy.kinds.service import Service, ServicePort
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class ServiceTarget:
    """The Service and its port through which a pod is called."""

    service: Service
    port: ServicePort

    @property
    def host(self) -> str:
        """Return the name by which the Service is called from everywhere in the cluster."""
        return f"{self.service.ref.name}.{self.service.ref.namespace}.svc.cluster.local"


def authority(server: Workload, port: int, target: ServiceTarget | None) -> str:
    """Return the Host that clients send by themselves: name or address, with any port but HTTP's own."""
    if target is not None:
        place, number = target.host, target.port.number
    else:
        address = next(iter(server.addresses), "")
        place, number = f"[{address}]" if ":" in str(address) else str(address), port
    return place if number == 80 else f"{place}:{number}"


@record
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
    ipv6: bool = False
    """Whether the called address is of IPv6."""
    on_node: Truth = Truth.UNKNOWN
    """Whether an unmeshed client is the server's own node, which no NetworkPolicy keeps away (N2)."""
    past_proxy: bool = False
    """Whether the call is taken to pass its client's own proxy by, where `carried` does not know."""

    @property
    def to_itself(self) -> bool:
        """Whether a pod calls itself, of which its proxy makes a local call (M1)."""
        return self.same_workload and self.server.alone

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
        """Whether the client's own proxy carries the call (R71), or is taken to."""
        return not self.past_proxy and self.carried.possible

    @property
    def dialled(self) -> int:
        """Return the port that the client's application connects to."""
        return self.port if self.service_target is None else self.service_target.port.number

    @property
    def carried(self) -> Truth:
        """Say whether the client's own proxy carries the call (R71): not of its user or group, not past ports."""
        if self.client is None or not self.client.injection.sidecar.possible:
            return Truth.NO
        own = self.client.sidecar
        if self.ipv6 and not own.ipv6:
            return Truth.NO
        if holds(own.skipped_outbound, self.dialled):
            return Truth.NO
        passing = [own.passes(one.user, one.group) for one in self.client.containers if one.name != PROXY]
        if passing and all(passing):
            return Truth.NO
        if self.client.injection.sidecar is Truth.UNKNOWN or any(passing) or own.unknown:
            return Truth.UNKNOWN
        return truth(self.client.meshed)


def by_ipv6(cluster: Cluster, call: Call) -> Truth:
    """Say whether the called address is of IPv6; where the client's is known, it says so itself.

    A headless Service stands for its pods' addresses: for those of IPv6, where it has them.
    """
    if call.address is not None:
        return Truth.NO
    known = {address.version == 6 for address in call.server.addresses}
    target = call.service_target
    if len(known) == 1 and (target is None or target.service.ipv6 is not Truth.YES):
        return truth(True in known)
    if target is not None:
        return target.service.ipv6
    return Truth.NO if index_of(cluster).headless_by_ipv6(call.server) is None else Truth.UNKNOWN


def find_service_target(cluster: Cluster, server: Workload, port: int) -> ServiceTarget | None:
    """Return the Service port that leads to a port of a workload, the first by name."""
    return next(iter(find_service_targets(cluster, server, port)), None)


def find_service_targets(cluster: Cluster, server: Workload, port: int) -> list[ServiceTarget]:
    """Return every Service port that leads to a port of a workload; a headless Service leads to the pods themselves."""
    return [
        ServiceTarget(service, entry)
        for service in index_of(cluster).services(server)
        if not service.headless
        for entry in service.ports
        if entry.protocol == "TCP" and port in target_ports(server, entry.target)
    ]


@record
class IPv6Bypass:
    """A Service by which a port is, or may be, called by IPv6: then no proxy is met (R115)."""

    service: Ref
    certain: bool
    """Whether it is; else it may be."""

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.service} {'is' if self.certain else 'may be'} called by IPv6, past every proxy: anyone gets in"


def called_by_ipv6(cluster: Cluster, server: Workload, port: int) -> IPv6Bypass | None:
    """Return by which Service a port is called by IPv6 past its proxy, rather than may be; None: by none (R115)."""
    if not server.meshed or server.sidecar.ipv6:
        return None
    perhaps: IPv6Bypass | None = None
    for target in find_service_targets(cluster, server, port):
        family = by_ipv6(cluster, Call(server, port, service_target=target))
        if family is Truth.YES:
            return IPv6Bypass(target.service.ref, certain=True)
        if family.possible:
            perhaps = perhaps or IPv6Bypass(target.service.ref, certain=False)
    headless = index_of(cluster).headless_by_ipv6(server)
    if perhaps is None and headless is not None and by_ipv6(cluster, Call(server, port)).possible:
        return IPv6Bypass(headless.ref, certain=False)
    return perhaps


def hint(cluster: Cluster, server: Workload, port: int) -> Truth:
    """Say whether meshed clients are told that a port is opaque, by whatever the input does not hold, too (R65)."""
    if may_inherit_opaque(server, find_service_targets(cluster, server, port)):
        return some((Truth.UNKNOWN, _hint_by_servers(cluster, server, port)))
    return _hint_as_written(cluster, server, port)


def may_inherit_opaque(server: Workload, targets: Iterable[ServiceTarget]) -> bool:
    """Whether a Namespace outside of the input may call ports of a pod or of its Services opaque (R8, R65).

    A pod that is injected already has its namespace's list, if there was one.
    """
    if annotations.OPAQUE_PORTS in server.undetermined:
        return True
    return bool(server.undetermined) and any(target.service.undetermined for target in targets)


def _hint_as_written(cluster: Cluster, server: Workload, port: int) -> Truth:
    """Say whether a port is opaque by annotation, by default, or by a Server."""
    annotated = server.annotations.get(annotations.OPAQUE_PORTS)
    if annotated is None:
        opaque = holds(cluster.settings.default_opaque, port)
    else:
        opaque = holds(of_destination(annotated, port_names(server)), port)
    return some((truth(opaque), _hint_by_servers(cluster, server, port)))


def _hint_by_servers(cluster: Cluster, server: Workload, port: int) -> Truth:
    """Say whether a Server calls the port opaque, be it the one that governs it or not.

    Their ports' names mean what the destination controller finds by them: any port of that name, of UDP, too
    (watcher/endpoints_watcher.go SetToServerProtocol).
    """
    matching = index_of(cluster).servers(server.ref.namespace).matching(server)
    declared = [entry for container in server.containers for entry in container.ports]
    named = {entry.name for entry in declared if entry.number == port and (entry.name or entry.empty)}
    return some(
        met
        for claim, met in matching
        if claim.protocol is Protocol.OPAQUE and (claim.port in named or port in port_numbers(server, claim.port))
    )


def hinted_opaque(cluster: Cluster, server: Workload, port: int) -> bool:
    """Whether meshed clients are told that a port is opaque, or may be, as far as the input says."""
    return _hint_as_written(cluster, server, port).possible


def port_names(workload: Workload) -> dict[str, int]:
    """Return the numbers of named ports, as the destination controller finds them.

    Of several of one name a pod's last one counts, and an ExternalWorkload's first
    (pkg/util/parsing.go GetNamedPorts, watcher/workload_watcher.go isNamedInExternalWorkload).
    """
    ports = [port for container in workload.containers for port in container.ports]
    if workload.ref.kind == "ExternalWorkload":
        return {port.name: port.number for port in reversed(ports) if port.name or port.empty}
    return {port.name: port.number for port in ports if port.name}


def identity_of(cluster: Cluster, workload: Workload) -> str:
    """Return the name in a workload's certificate (R5)."""
    return workload.identity or cluster.settings.identity(workload.ref.namespace, workload.service_account)


def arrive(cluster: Cluster, call: Call, *, opaque_service: bool, hinted: bool) -> Client:
    """Return the client as the server's proxy sees it.

    `opaque_service` says whether the client's proxy takes the Service for opaque, `hinted` whether the pod's port is.
    """
    pod = call.client is not None and not call.client.host_network
    known = networks(cluster.settings.cluster_networks) if pod else ()
    arrival = arrival_of(cluster, call, opaque_service=opaque_service, hinted=hinted)
    if call.client is None or arrival is Arrival.PLAIN:
        return Client(call.peer, known_networks=known, by_ipv6=call.ipv6)
    return Client(call.peer, arrival, identity_of(cluster, call.client), known)


def arrival_of(cluster: Cluster, call: Call, *, opaque_service: bool, hinted: bool) -> Arrival:
    """Return how a call arrives, which of its client says only whether its own proxy carries it."""
    if call.client is None or not call.meshed or without_mtls(cluster, call):
        return Arrival.PLAIN
    ports = call.server.sidecar.ports
    if call.port in (ports.control, ports.admin) or cluster.settings.outbound_transport_mode == "transparent":
        return Arrival.MESHED_TO_PORT
    return Arrival.MESHED_HTTP if call.traffic.is_http and not (opaque_service or hinted) else Arrival.MESHED_OPAQUE


def without_mtls(cluster: Cluster, call: Call) -> bool:
    """Whether a client's proxy is told nothing of the server's, so that it uses no mTLS (R71).

    It never asks about addresses outside of the cluster's networks; through a Service it asks about the Service.
    """
    server = call.server
    if not server.seems_meshed or holds(server.sidecar.told_skipped, call.port):
        return True
    known = networks(cluster.settings.cluster_networks)
    outside = server.addresses and not any(one.accepts(address) for one in known for address in server.addresses)
    return call.service_target is None and bool(outside)
