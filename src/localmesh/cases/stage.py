"""Who takes part in a case: its pods with their addresses, and how one of them calls another."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.envoy.endpoints import Destination, Endpoint, LocalEndpoint
from localmesh.envoy.expressions import exactly
from localmesh.envoy.inbound import InboundPort
from localmesh.files import below
from localmesh.pods.addresses import CLUSTER, to_loopback
from localmesh.pods.plan import short
from localmesh.pods.pod import Pod
from meshpolicy.cases.case import CaseRequest
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.policy import Redirect
from meshpolicy.decide.clientpolicy import opaque_to_clients
from meshpolicy.decide.transport import ServiceTarget, find_service_target, hinted_opaque, identity_of
from meshpolicy.index.effective import effective
from meshpolicy.kinds.annotations import ADMIN_PORT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

OUTSIDE = IPv4Address("127.250.0.1")
"""The first of the addresses that play those outside of the cluster."""
SOCKET = "echo.sock"


class NotPlayed(Exception):
    """A request cannot be played here; the message says why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The cluster of one case, and a folder for its pods."""

    cluster: Cluster
    folder: Path
    outside: dict[IPv4Address, IPv4Address]
    """Loopback addresses for callers out of 10/8, handed out as they appear."""

    def pod(self, workload: Workload) -> Pod:
        """Return a workload of the case as a pod: at the address that it had where the case was measured."""
        ref = workload.ref
        address = next((found for found in workload.addresses if isinstance(found, IPv4Address)), None)
        if address is None:
            raise NotPlayed(f"{ref} has no IPv4 address in the case")
        name = f"{ref.namespace}.{ref.name}"
        return Pod(
            name=name,
            namespace=ref.namespace,
            service_account=workload.service_account,
            workload=ref,
            address=address,
            local=to_loopback(address),
            labels=workload.labels,
            containers=workload.containers,
            meshed=workload.meshed,
            identity=identity_of(self.cluster, workload) if workload.meshed else "",
            folder=below(self.folder, short(name)),
        )

    def server(self, request: CaseRequest) -> Workload:
        """Return whom a request is for."""
        found = self.cluster.workload(request.namespace, request.pod)
        if found is None:
            raise NotPlayed(f"there is no workload {request.namespace}/{request.pod}")
        return found

    def client(self, request: CaseRequest) -> Workload | None:
        """Return the workload that calls, or None where an address does."""
        if "/" not in request.caller:
            return None
        found = self.cluster.workload(*request.caller.split("/", 1))
        if found is None:
            raise NotPlayed(f"there is no workload {request.caller}")
        return found

    def source(self, request: CaseRequest) -> IPv4Address:
        """Return the loopback address of a caller without a proxy."""
        client = self.client(request)
        if client is not None:
            return self.pod(client).local
        try:
            address = IPv4Address(request.caller)
        except ValueError:
            raise NotPlayed(f"{request.caller} is no IPv4 address") from None
        if address in CLUSTER:
            return to_loopback(address)
        return self.outside.setdefault(address, OUTSIDE + len(self.outside))

    def check(self, request: CaseRequest) -> None:
        """Raise NotPlayed where a request is out of what can be played here."""
        if request.port == ADMIN_PORT and self._needs_admin_server(request):
            raise NotPlayed("Linkerd's admin server takes no streams, and answers 500 for a redirect or a rate limit")
        if any(NEXT_LINE in value for value in request.headers.values()):
            raise NotPlayed("Envoy joins the lines of one header by commas, and Linkerd matches each by itself")
        if self.cluster.network_policies:
            raise NotPlayed("NetworkPolicies are not enforced on loopback")
        if self._client_has_routes(request):
            raise NotPlayed("a route on a Service is the client's policy, and the sidecars here have none")
        if self._reads_otherwise(request):
            raise NotPlayed("Envoy cannot be given a regular expression of a route so that it reads it as Linkerd")

    def _needs_admin_server(self, request: CaseRequest) -> bool:
        """Whether an echo server behind the port's policy cannot stand for the proxy's own server (R103)."""
        policy = effective(self.cluster, self.server(request), request.port)
        filters = (one for route in policy.http_routes for rule in route.rules for one in rule.filters)
        limited = policy.rate_limit is not None or any(isinstance(one, Redirect) for one in filters)
        return limited or request.protocol in ("tcp", "tls")

    def _client_has_routes(self, request: CaseRequest) -> bool:
        service_target = None if request.direct or "/" not in request.caller else self._service_target(request)
        services = (
            {(service_target.service.ref.namespace, service_target.service.ref.name)} if service_target else set()
        )
        return any(
            parent.kind == "Service" and (parent.namespace, parent.name) in services
            for route in self.cluster.routes
            for parent in route.parents
        )

    def _reads_otherwise(self, request: CaseRequest) -> bool:
        """Whether Envoy cannot be given a route's expression so that both proxies read it alike."""
        routes = effective(self.cluster, self.server(request), request.port).http_routes
        matches = (match for route in routes for rule in route.rules for match in rule.matches)
        return any(exactly(pattern) is None for match in matches for pattern in match.patterns)

    def _service_target(self, request: CaseRequest) -> ServiceTarget | None:
        return find_service_target(self.cluster, self.server(request), request.port)

    def authority(self, request: CaseRequest) -> str:
        """Return what the caller calls the server; headers may say otherwise."""
        return request.headers.get("host") or request.authority or self._usual_authority(request)

    def _usual_authority(self, request: CaseRequest) -> str:
        server = self.server(request)
        service_target = None if request.direct or "/" not in request.caller else self._service_target(request)
        if service_target is None:
            return f"{self.pod(server).address}:{request.port}"
        ref = service_target.service.ref
        return f"{ref.name}.{ref.namespace}.svc.cluster.local:{service_target.port.number}"

    def inbound(self, server: Workload, requests: Iterable[CaseRequest]) -> list[InboundPort]:
        """Return the ports of a server that are called."""
        pod = self.pod(server)
        numbers = dict.fromkeys(request.port for request in requests if self.server(request) == server)
        return [InboundPort(number, pod.app / SOCKET, effective(self.cluster, server, number)) for number in numbers]

    def called(self, client: Workload, requests: Iterable[CaseRequest]) -> dict[Destination, Endpoint | LocalEndpoint]:
        """Return what a client calls, by the names that it uses, and where that leads."""
        found: dict[tuple[str, int], tuple[Destination, Endpoint | LocalEndpoint]] = {}
        for request in requests:
            if self.client(request) == client:
                host, port = self.name(request)
                destination = Destination(f"called.{len(found)}", (host,), port)
                found.setdefault((host, port), (destination, self.endpoint(client, request)))
        return dict(found.values())

    def name(self, request: CaseRequest) -> tuple[str, int]:
        """Return the host and port by which a client's sidecar is asked for the server."""
        host, _, port = self.authority(request).partition(":")
        return host.lower(), int(port or 80)

    def endpoint(self, client: Workload, request: CaseRequest) -> Endpoint | LocalEndpoint:
        """Return where a client's request goes, and how."""
        server = self.server(request)
        pod = self.pod(server)
        if server == client:
            return LocalEndpoint(pod.app / SOCKET)
        service_target = None if request.direct else self._service_target(request)
        skipped = effective(self.cluster, server, request.port).skipped
        opaque = opaque_to_clients(self.cluster, service_target) or hinted_opaque(self.cluster, server, request.port)
        return Endpoint(pod.local, request.port, "" if skipped else pod.identity, opaque)
