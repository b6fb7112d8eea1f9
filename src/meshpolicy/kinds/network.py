"""Kubernetes NetworkPolicies, and what they let through (N1-N10, N14). Pure: no files, no sockets.

A NetworkPolicy sees packets: pods by their labels or addresses, and the port on the wire.
Which port that is under Linkerd is said by `wire`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from meshpolicy.core.match import Address, NetworkMatch
from meshpolicy.core.policy import Ref
from meshpolicy.core.selector import Selector, SelectorIndex
from meshpolicy.kinds.workload import Workload


class Direction(StrEnum):
    """The two directions of a connection, by their names in `policyTypes`."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


@dataclass(frozen=True, slots=True)
class Peer:
    """Pods by selectors, or addresses by an ipBlock (N5)."""

    pods: Selector | None = None
    namespaces: Selector | None = None
    block: NetworkMatch | None = None


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports of one transport protocol: a range, the pod's port of a name, or all of them (N10)."""

    protocol: str = "TCP"
    first: int = 0
    last: int = 0
    name: str = ""

    def holds(self, port: int, protocol: str, server: Workload | None) -> bool:
        """Whether the port of `server` is meant; a name that the pod lacks means none.

        Enforcers look for names in containers, not in init containers, where a native sidecar has its own.
        """
        if protocol != self.protocol:
            return False
        if self.name:
            return server is not None and any(
                declared.name == self.name and declared.number == port and declared.protocol == protocol
                for container in server.containers
                if not container.init
                for declared in container.ports
            )
        return not self.first or self.first <= port <= self.last

    def __str__(self) -> str:
        ports = self.name or (
            f"{self.first}-{self.last}" if self.last > self.first else str(self.first or "every port")
        )
        return f"{self.protocol} {ports}"


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """One rule: some peer AND some port; an empty tuple accepts all (N3, N6)."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[PortRange, ...] = ()


@dataclass(frozen=True, slots=True)
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

    def admits_to(self, server: Workload, port: int, *, everybody: bool = False) -> bool:
        """Whether some rule for what comes in holds a TCP port of a pod, for some peer or for everybody (N3, N6)."""
        return any(_any_port(rule, port, "TCP", server) for rule in self.ingress if not (everybody and rule.peers))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection: a workload, or an address of something else."""

    workload: Workload | None = None
    address: Address | None = None
    node: bool = False
    """Whether this is the node of the other end (N2)."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What the NetworkPolicies say of one direction of a connection."""

    direction: Direction
    allowed: bool
    policies: tuple[Ref, ...] = ()
    """Those that isolate the pod; where it is allowed, the one that allows."""


class NetworkPolicies:
    """All NetworkPolicies of a cluster, by namespace."""

    def __init__(self, policies: Iterable[NetworkPolicy], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self._by_namespace: dict[str, list[NetworkPolicy]] = {}
        for policy in policies:
            self._by_namespace.setdefault(policy.ref.namespace, []).append(policy)
        self._selecting = {
            namespace: SelectorIndex((policy.pods, policy) for policy in found)
            for namespace, found in self._by_namespace.items()
        }
        self._namespaces = namespaces

    def __iter__(self) -> Iterator[NetworkPolicy]:
        for found in self._by_namespace.values():
            yield from found

    def __bool__(self) -> bool:
        return bool(self._by_namespace)

    def isolating(self, workload: Workload, direction: Direction) -> tuple[NetworkPolicy, ...]:
        """Return the policies that act on one direction of a pod (N1, N4); none do on the host's own network."""
        found = self._selecting.get(workload.ref.namespace)
        if found is None or workload.host_network:
            return ()
        return tuple(policy for policy in found.selecting(workload.labels) if direction in policy.types)

    def filter(self, direction: Direction, pod: Endpoint, peer: Endpoint, port: int, protocol: str = "TCP") -> Filter:
        """Decide one direction: of `pod`, towards or from `peer`, at the server's port on the wire."""
        if pod.workload is None:
            return Filter(direction, allowed=True)
        isolating = self.isolating(pod.workload, direction)
        if not isolating or (direction is Direction.INGRESS and peer.node):
            return Filter(direction, allowed=True)
        server = pod.workload if direction is Direction.INGRESS else peer.workload
        for policy in isolating:
            for rule in policy.rules(direction):
                if self._accepts(policy, rule, peer) and _any_port(rule, port, protocol, server):
                    return Filter(direction, allowed=True, policies=(policy.ref,))
        return Filter(direction, allowed=False, policies=tuple(policy.ref for policy in isolating))

    def _accepts(self, policy: NetworkPolicy, rule: NetworkRule, peer: Endpoint) -> bool:
        return not rule.peers or any(self.selects(policy.ref.namespace, entry, peer) for entry in rule.peers)

    def selects(self, namespace: str, peer: Peer, endpoint: Endpoint) -> bool:
        """Whether a peer of a policy in `namespace` means an endpoint: by address, or by labels (N5)."""
        workload = endpoint.workload
        if peer.block is not None:
            addresses = workload.addresses if workload is not None else (endpoint.address,)
            return any(address is not None and peer.block.accepts(address) for address in addresses)
        if workload is None or workload.host_network or workload.ref.kind == "ExternalWorkload":
            return False
        if peer.namespaces is None:
            if workload.ref.namespace != namespace:
                return False
        elif not peer.namespaces.accepts(self.namespace_labels(workload.ref.namespace)):
            return False
        return peer.pods is None or peer.pods.accepts(workload.labels)

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """Return a namespace's labels; Kubernetes gives each the label of its name."""
        return self._namespaces.get(name) or {"kubernetes.io/metadata.name": name}


def _any_port(rule: NetworkRule, port: int, protocol: str, server: Workload | None) -> bool:
    return not rule.ports or any(entry.holds(port, protocol, server) for entry in rule.ports)
