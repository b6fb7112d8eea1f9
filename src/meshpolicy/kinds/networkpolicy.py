"""NetworkPolicy of Kubernetes, with its defaults filled in (N3-N6, N10, N14, N15). Pure."""

from enum import StrEnum

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Network, NetworkMatch
from meshpolicy.core.networks import read_cidr
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Selector
from meshpolicy.core.truth import Truth, some, truth
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.metadata import check_selector
from meshpolicy.kinds.names import PORT_RULE, is_port_name
from meshpolicy.kinds.reading import read_selector
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


class Direction(StrEnum):
    """The two directions of a connection, by their names in `policyTypes`."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


@record
class Peer:
    """Pods by selectors, or addresses by an ipBlock (N5)."""

    pods: Selector | None = None
    namespaces: Selector | None = None
    block: NetworkMatch | None = None


@record
class PortRange:
    """Ports of one transport protocol: a range, the pod's port of a name, or all of them (N10)."""

    protocol: str = "TCP"
    """Empty: that of the pod's port, which an AdminNetworkPolicy means by a name."""
    first: int = 0
    last: int = 0
    name: str = ""

    def holds(self, port: int, protocol: str, server: Workload | None) -> Truth:
        """Say whether the port of `server` is meant; a name that the pod lacks means none.

        Whether it lacks a name of an init container that goes on running is the enforcer's to say: some look for
        names among the other containers only, and a native sidecar is such an init container. Of a pod that the
        manifests do not hold, as the DNS server's, the names are not known.
        """
        if self.protocol not in (protocol, ""):
            return Truth.NO
        if self.name:
            return _named(self.name, port, protocol, server) if server is not None else Truth.NO
        return truth(not self.first or self.first <= port <= self.last)

    def __str__(self) -> str:
        ports = self.name or (
            f"{self.first}-{self.last}" if self.last > self.first else str(self.first or "every port")
        )
        return f"{self.protocol} {ports}".lstrip()


def _named(name: str, port: int, protocol: str, server: Workload) -> Truth:
    """Say whether a port of a pod has a name (N10); every pod has a container, so one without is not known."""
    if not server.containers and server.ref.kind != "ExternalWorkload":
        return Truth.UNKNOWN
    having = [
        container
        for container in server.containers
        if any((one.name, one.number, one.protocol) == (name, port, protocol) for one in container.ports)
    ]
    own = server.sidecar if server.meshed and server.sidecar.ports.named(name) == port else None
    if any(not container.init for container in having) or (own is not None and not own.native):
        return Truth.YES
    return Truth.UNKNOWN if own is not None or any(container.sidecar for container in having) else Truth.NO


@record
class NetworkRule:
    """One rule: some peer AND some port; an empty tuple accepts all (N3, N6)."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[PortRange, ...] = ()

    def opens(self, port: int, protocol: str, server: Workload | None) -> Truth:
        """Say whether the ports hold one of `server`."""
        return some(entry.holds(port, protocol, server) for entry in self.ports) if self.ports else Truth.YES


@record
class NetworkPolicy:
    """A NetworkPolicy with its defaults filled in (N14)."""

    ref: Ref
    pods: Selector
    types: tuple[Direction, ...]
    ingress: tuple[NetworkRule, ...] = ()
    egress: tuple[NetworkRule, ...] = ()
    types_omitted: bool = False

    def rules(self, direction: Direction) -> tuple[NetworkRule, ...]:
        """Return the rules of one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress

    def admits_to(self, server: Workload, port: int, *, everybody: bool = False) -> Truth:
        """Say whether some rule lets a TCP port of a pod in, for some peer or for everybody (N3, N6)."""
        return some(rule.opens(port, "TCP", server) for rule in self.ingress if not (everybody and rule.peers))


PROTOCOLS = ("TCP", "UDP", "SCTP")


def read(document: Fields, ref: Ref) -> NetworkPolicy | None:
    """Read a NetworkPolicy; None if the API server would refuse it."""
    spec = document.child("spec")
    before = len(document.problems)
    ingress = tuple(_rule(rule, "from") for rule in spec.children("ingress"))
    egress = tuple(_rule(rule, "to") for rule in spec.children("egress"))
    types = _types(spec, egress=bool(egress))
    pods = _selector(spec.child("podSelector"))
    return (
        NetworkPolicy(ref, pods, types, ingress, egress, not spec.has("policyTypes"))
        if len(document.problems) == before
        else None
    )


def _selector(fields: Fields) -> Selector:
    """Read a selector as the API server checks it, which is stricter than Linkerd (R14)."""
    check_selector(fields)
    return read_selector(fields)


def _types(spec: Fields, *, egress: bool) -> tuple[Direction, ...]:
    """Return the directions; where they are left out, Ingress always and Egress if it has rules (N14)."""
    words = spec.texts("policyTypes")
    if not words:
        return (Direction.INGRESS, Direction.EGRESS) if egress else (Direction.INGRESS,)
    for number, word in enumerate(words):
        if word not in set(Direction):
            spec.refuse(f"policyTypes[{number}]", f"is `{word}`; accepted are {', '.join(Direction)}", "N15")
    if len(words) > len(Direction):
        spec.refuse("policyTypes", f"holds {len(words)} entries, where at most {len(Direction)} are expected", "N15")
    return tuple(direction for direction in Direction if direction in words)


def _rule(fields: Fields, key: str) -> NetworkRule:
    return NetworkRule(
        tuple(_peer(peer) for peer in fields.children(key)),
        tuple(_port(port) for port in fields.children("ports")),
    )


def _peer(fields: Fields) -> Peer:
    pods = _selector(fields.child("podSelector")) if fields.has("podSelector") else None
    namespaces = _selector(fields.child("namespaceSelector")) if fields.has("namespaceSelector") else None
    if not fields.has("ipBlock"):
        if pods is None and namespaces is None:
            fields.refuse("", "is an empty peer; to mean everyone, leave the whole list out", "N15")
        return Peer(pods, namespaces)
    if pods is not None or namespaces is not None:
        fields.refuse("ipBlock", "cannot be combined with a selector; make them two peers", "N15")
    return Peer(block=_block(fields.child("ipBlock")))


def _block(fields: Fields) -> NetworkMatch | None:
    try:
        cidr = read_cidr(fields.text("cidr"))
    except ValueError:
        fields.refuse("cidr", f"is `{fields.text('cidr')}`, where a network such as 10.9.8.0/24 is expected", "N15")
        return None
    holes: list[Network] = []
    for number, text in enumerate(fields.texts("except")):
        try:
            hole = read_cidr(text)
        except ValueError:
            fields.refuse(f"except[{number}]", f"is `{text}`, where a network such as 10.9.8.0/28 is expected", "N15")
            continue
        if hole.version != cidr.version or hole == cidr or not _within(hole, cidr):
            fields.refuse(f"except[{number}]", f"{hole} is not strictly inside {cidr}", "N15")
        holes.append(hole)
    return NetworkMatch(cidr, tuple(holes))


def _within(inner: Network, outer: Network) -> bool:
    return inner.network_address in outer and inner.prefixlen > outer.prefixlen


def _port(fields: Fields) -> PortRange:
    protocol = fields.text("protocol") or "TCP"
    if protocol not in PROTOCOLS:
        fields.refuse("protocol", f"is `{protocol}`; accepted are {', '.join(PROTOCOLS)}", "N15")
    port = fields.port("port")
    if isinstance(port, str) and not is_port_name(port):
        fields.refuse("port", f"is `{port[:60]}`: {PORT_RULE}", "N15")
    if not fields.has("endPort"):
        return PortRange(protocol, name=port) if isinstance(port, str) else PortRange(protocol, port, port)
    last = fields.integer("endPort", port if isinstance(port, int) else 0)
    if not port:
        fields.refuse("endPort", "needs a `port` to begin the range", "N15")
        return PortRange(protocol)
    if isinstance(port, str):
        fields.refuse("endPort", f"cannot follow the name `{port}`; write the port's number", "N15")
        return PortRange(protocol, name=port)
    if not port <= last <= 65535:
        fields.refuse("endPort", f"is {last}, where a port from {port} to 65535 is expected", "N15")
    return PortRange(protocol, port, last)


KINDS = (Kind("networking.k8s.io", "NetworkPolicy", read), Kind("extensions", "NetworkPolicy", read))
