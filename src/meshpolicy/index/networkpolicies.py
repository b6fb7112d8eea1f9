"""What the NetworkPolicies of a cluster let through (N1-N10). Pure.

A NetworkPolicy sees packets: pods by their labels or addresses, and the port on the wire.
Which port that is under Linkerd is `decide.connection`'s to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from meshpolicy.core.labels import Labels
from meshpolicy.core.match import Address, NetworkMatch
from meshpolicy.core.policy import Ref
from meshpolicy.core.selector import SelectorIndex
from meshpolicy.core.truth import Truth, every, some, truth
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, NetworkRule, Peer
from meshpolicy.kinds.settings import NAMESPACE_NAME
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
    truth: Truth
    policies: tuple[Ref, ...] = ()
    """Those that isolate the pod, or may; where it is allowed, the one that allows."""

    @property
    def allowed(self) -> bool:
        """Whether they let the connection through for certain."""
        return self.truth is Truth.YES


class NetworkPolicies:
    """All NetworkPolicies of a cluster, by namespace."""

    def __init__(
        self,
        policies: Iterable[NetworkPolicy],
        namespaces: Mapping[str, Mapping[str, str]],
        pods: Iterable[NetworkMatch] = (),
    ) -> None:
        """Keep policies and the labels of namespaces; `pods` are the networks in which pods have their addresses."""
        by_namespace: dict[str, list[NetworkPolicy]] = {}
        for policy in policies:
            by_namespace.setdefault(policy.ref.namespace, []).append(policy)
        self._selecting = {
            namespace: SelectorIndex((policy.pods, policy) for policy in found)
            for namespace, found in by_namespace.items()
        }
        self._namespaces = namespaces
        self._pods = tuple(pods)

    def matching(self, workload: Workload, direction: Direction) -> tuple[tuple[NetworkPolicy, Truth], ...]:
        """Return the policies that act on one direction of a pod, or may (N1, N4); none do on the host's network."""
        found = self._selecting.get(workload.ref.namespace)
        if found is None or workload.host_network:
            return ()
        return tuple((policy, met) for policy, met in found.matching(workload.labels) if direction in policy.types)

    def isolating(self, workload: Workload, direction: Direction) -> tuple[NetworkPolicy, ...]:
        """Return the policies that act on one direction of a pod for certain."""
        return tuple(policy for policy, met in self.matching(workload, direction) if met is Truth.YES)

    def filter(self, direction: Direction, pod: Endpoint, peer: Endpoint, port: int, protocol: str = "TCP") -> Filter:
        """Decide one direction: of `pod`, towards or from `peer`, at the server's port on the wire."""
        if pod.workload is None:
            return Filter(direction, Truth.YES)
        matching = self.matching(pod.workload, direction)
        if not matching or (direction is Direction.INGRESS and peer.node):
            return Filter(direction, Truth.YES)
        server = pod.workload if direction is Direction.INGRESS else peer.workload
        found: list[tuple[Truth, Truth]] = []
        for policy, selected in matching:
            rules = (rule for rule in policy.rules(direction) if rule.opens(port, protocol, server))
            lets = some(self._accepts(policy, rule, peer) for rule in rules)
            if selected is Truth.YES and lets is Truth.YES:
                return Filter(direction, Truth.YES, (policy.ref,))
            found.append((selected, lets))
        return Filter(direction, _without_a_certain_pass(found), tuple(policy.ref for policy, _ in matching))

    def _accepts(self, policy: NetworkPolicy, rule: NetworkRule, peer: Endpoint) -> Truth:
        if not rule.peers:
            return Truth.YES
        return some(self.selects(policy.ref.namespace, entry, peer) for entry in rule.peers)

    def selects(self, home: str, peer: Peer, endpoint: Endpoint) -> Truth:
        """Say whether a peer of a policy in the namespace `home` means an endpoint: by address, or by labels (N5)."""
        workload = endpoint.workload
        if peer.block is not None:
            addresses = workload.addresses if workload is not None else (endpoint.address,)
            known = [address for address in addresses if address is not None]
            return truth(any(map(peer.block.accepts, known))) if known else Truth.UNKNOWN
        if workload is None:
            return self._stranger(endpoint)
        if workload.host_network or workload.ref.kind == "ExternalWorkload":
            return Truth.NO
        pods = Truth.YES if peer.pods is None else peer.pods.matches(workload.labels)
        if peer.namespaces is None:
            return every((truth(workload.ref.namespace == home), pods))
        return every((peer.namespaces.matches(self.namespace_labels(workload.ref.namespace)), pods))

    def _stranger(self, endpoint: Endpoint) -> Truth:
        """Say whether a peer may mean somebody of whom at most the address is known: a pod like any, or none."""
        if endpoint.address is None:
            return Truth.UNKNOWN
        a_pods = any(network.accepts(endpoint.address) for network in self._pods)
        return Truth.UNKNOWN if a_pods and not endpoint.node else Truth.NO

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """Return a namespace's labels; Kubernetes gives each the label of its name."""
        known = self._namespaces.get(name)
        return Labels({NAMESPACE_NAME: name}, complete=False) if known is None else known


def _without_a_certain_pass(met: Sequence[tuple[Truth, Truth]]) -> Truth:
    """Decide among policies of which none is certain both to select the pod and to let the peer through.

    Each is given by whether it selects, and whether it lets through. A pod that none selects is open (N1).
    """
    if all(selected is Truth.UNKNOWN for selected, _ in met):
        return Truth.YES if all(lets is Truth.YES for _, lets in met) else Truth.UNKNOWN
    return Truth.UNKNOWN if any(lets.possible for _, lets in met) else Truth.NO
