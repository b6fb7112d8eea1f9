"""What the NetworkPolicies of a cluster let through (N1-N10). Pure.

A NetworkPolicy sees packets: pods by their labels or addresses, and the port on the wire.
Which port that is under Linkerd is `decide.connection`'s to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from meshpolicy.core.match import Address
from meshpolicy.core.policy import Ref
from meshpolicy.core.selector import SelectorIndex
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, NetworkRule, Peer
from meshpolicy.kinds.workload import Workload


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
        by_namespace: dict[str, list[NetworkPolicy]] = {}
        for policy in policies:
            by_namespace.setdefault(policy.ref.namespace, []).append(policy)
        self._selecting = {
            namespace: SelectorIndex((policy.pods, policy) for policy in found)
            for namespace, found in by_namespace.items()
        }
        self._namespaces = namespaces

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
                if self._accepts(policy, rule, peer) and rule.opens(port, protocol, server):
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
