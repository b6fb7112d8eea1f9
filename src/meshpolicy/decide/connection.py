"""A connection as the network sees it: the port on the wire, and what a blocked caller gets. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from meshpolicy.core.labels import Labels
from meshpolicy.core.match import Address
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth, every
from meshpolicy.index.networkpolicies import Endpoint, Filter, NetworkPolicies
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

DNS_PORT = 53


class ControlPlane(StrEnum):
    """The parts of Linkerd's control plane that a proxy calls."""

    IDENTITY = "identity"
    DESTINATION = "destination"
    POLICY = "policy"


CONTROL_PORTS = {ControlPlane.IDENTITY: 8080, ControlPlane.DESTINATION: 8086, ControlPlane.POLICY: 8090}


class Start(StrEnum):
    """What becomes of a new pod under its egress rules (N17)."""

    WORKS = "works"
    UNSTARTED = "unstarted"
    """Its proxy gets no certificate, so its application is never started."""
    HANGS = "timeout"
    """The pod is ready, and requests to it get no answer."""


@record
class Connection:
    """A client that calls one port of a pod."""

    client: Endpoint
    server: Workload
    port: int
    protocol: str = "http"
    direct: bool = False
    """Whether the client uses the pod's address and not a Service."""
    skipped: bool = False
    """Whether meshed clients are told that the server's proxy leaves the port alone, or it has none."""
    hinted: bool = False
    """Whether the port is opaque to meshed clients by the pod's annotation or a Server (R65)."""
    opaque: bool = False
    """Whether the Service calls the port opaque: the client's proxy does not look for HTTP."""
    tunnelled: bool = True
    """Whether the mesh carries meshed traffic on 4143 (`transport-header`), not on the port itself."""
    bypassing: bool = False
    """Whether the client's own proxy leaves this port alone (skip-outbound-ports)."""

    @property
    def meshed(self) -> bool:
        """Whether the client's proxy carries the call."""
        return self.client.workload is not None and self.client.workload.meshed and not self.bypassing

    @property
    def wire_port(self) -> int:
        """Return the port of the server that packets bear (N8, N9, N11)."""
        ports = self.server.sidecar.ports
        between_proxies = self.meshed and self.server.meshed and not self.skipped
        if between_proxies and self.tunnelled and self.port not in (ports.control, ports.admin):
            return ports.inbound
        return self.port

    @property
    def to_itself(self) -> bool:
        """Whether a pod calls itself, which no NetworkPolicy and no proxy sees (M1)."""
        return self.client.workload is not None and self.client.workload.ref == self.server.ref

    def blocked(self, policies: NetworkPolicies, *, to_another: bool = False) -> Filter | None:
        """Return the direction that a NetworkPolicy blocks, the client's first; None if the call passes.

        `to_another`: the two are different pods, though perhaps of one workload.
        """
        if self.to_itself and not to_another:
            return None
        server = Endpoint(self.server)
        outwards = policies.filter(Direction.EGRESS, self.client, server, self.wire_port)
        if not outwards.allowed:
            return outwards
        inwards = policies.filter(Direction.INGRESS, server, self.client, self.wire_port)
        return None if inwards.allowed else inwards

    def symptom(self) -> str:
        """Return what a blocked caller gets first (N12): from its own proxy, or at the TCP level without one."""
        if not self.meshed:
            return "blocked"
        if self.protocol in ("tcp", "tls") or self.opaque or (self.hinted and self.direct):
            return "closed"
        if self.protocol == "grpc":
            return "grpc-14"
        return "502" if self.skipped or self.hinted else "504"


@record
class Infrastructure:
    """Where DNS and the control plane are; an address that is not given is looked for by its usual labels."""

    control_plane_namespace: str = "linkerd"
    dns: Address | None = None
    destination: Address | None = None
    identity: Address | None = None

    def resolver(self) -> Endpoint:
        """Return the DNS server."""
        if self.dns is not None:
            return Endpoint(address=self.dns)
        return Endpoint(_assumed("kube-system", "kube-dns", {"k8s-app": "kube-dns"}))

    def control_plane(self, part: ControlPlane) -> Endpoint:
        """Return the pod that serves a part; the policy controller lives with the destination."""
        component = "identity" if part is ControlPlane.IDENTITY else "destination"
        address = self.identity if part is ControlPlane.IDENTITY else self.destination
        labels = {"linkerd.io/control-plane-component": component, "linkerd.io/control-plane-ns": "linkerd"}
        pod = _assumed(self.control_plane_namespace, f"linkerd-{component}", labels, address)
        return Endpoint(pod)


def _assumed(namespace: str, name: str, labels: Mapping[str, str], address: Address | None = None) -> Workload:
    """Return a pod that the manifests need not hold."""
    known = Labels(dict(labels), complete=False)  # with others, by which policies may go
    return Workload(Ref("", "Pod", namespace, name), known, addresses=() if address is None else (address,))


def missing_need(policies: NetworkPolicies, client: Endpoint, infrastructure: Infrastructure) -> str:
    """Return what a client needs to call a name and its egress rules certainly block, in words; empty: nothing.

    It goes on using names that it has resolved, and what its proxy knows already (N16, N17).
    """
    if resolves(policies, client, infrastructure) is Truth.NO:
        return "DNS, so new names do not resolve"
    for part in ControlPlane if client.workload is not None and client.workload.meshed else ():
        if reaches(policies, client, infrastructure, part) is Truth.NO:
            return f"Linkerd's control plane ({part}, port {CONTROL_PORTS[part]}), so new pods do not work"
    return ""


def resolves(policies: NetworkPolicies, client: Endpoint, infrastructure: Infrastructure) -> Truth:
    """Say whether a client's DNS questions get through; UDP is what they use (N16)."""
    return policies.filter(Direction.EGRESS, client, infrastructure.resolver(), DNS_PORT, "UDP").truth


def reaches(policies: NetworkPolicies, client: Endpoint, infrastructure: Infrastructure, part: ControlPlane) -> Truth:
    """Say whether a client's proxy may open a connection to a part of the control plane (N17)."""
    return policies.filter(Direction.EGRESS, client, infrastructure.control_plane(part), CONTROL_PORTS[part]).truth


def loses_discovery(policies: NetworkPolicies, client: Endpoint, infrastructure: Infrastructure) -> bool:
    """Whether a client that lost its streams cannot look targets up again: then its requests hang (N17)."""
    needed = (ControlPlane.DESTINATION, ControlPlane.POLICY)
    return every(reaches(policies, client, infrastructure, part) for part in needed) is not Truth.YES


def start(policies: NetworkPolicies, client: Endpoint, infrastructure: Infrastructure) -> Start:
    """Return what becomes of a new meshed pod (N17)."""
    needed = (
        resolves(policies, client, infrastructure),
        reaches(policies, client, infrastructure, ControlPlane.IDENTITY),
    )
    if every(needed) is not Truth.YES:
        return Start.UNSTARTED
    return Start.HANGS if loses_discovery(policies, client, infrastructure) else Start.WORKS
