"""What the NetworkPolicies of a cluster let through (N1-N10). Pure.

A NetworkPolicy sees packets: pods by their labels or addresses, and the port on the wire.
Which port that is under Linkerd is `decide.connection`'s to say.
"""

from collections.abc import Iterable, Mapping, Sequence

from meshpolicy.core.labels import Labels
from meshpolicy.core.match import Address, NetworkMatch
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.core.selector import SelectorIndex
from meshpolicy.core.truth import Truth, every, some, truth
from meshpolicy.index.adminpolicies import AdminPolicies, Outcome
from meshpolicy.kinds.adminnetworkpolicy import Action, AdminNetworkPolicy, Tier
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, NetworkRule, Peer
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.settings import NAMESPACE_NAME
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace


@record
class Endpoint:
    """One end of a connection: a workload, or an address of something else."""

    workload: Workload | None = None
    address: Address | None = None
    node: bool = False
    """Whether this is the node of the other end (N2)."""
    outside: bool = False
    """Whether this is no pod for certain, whatever its address."""


@record
class Filter:
    """What the NetworkPolicies say of one direction of a connection."""

    direction: Direction
    truth: Truth
    policies: tuple[Ref, ...] = ()
    """The policies that isolate the pod or may do so; if the connection is allowed, the policy that allows it."""
    reason: Reason | None = None
    """Why, where it is not that no rule of these policies lets it through."""

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
        admin: Iterable[AdminNetworkPolicy] = (),
        others: Iterable[OtherNetworkPolicy] = (),
    ) -> None:
        """Keep policies and the labels of namespaces; `pods` are the networks in which pods have their addresses.

        `admin` are asked before and after the NetworkPolicies; of `others` it is known only whom they select.
        """
        by_namespace: dict[str, list[NetworkPolicy]] = {}
        for policy in policies:
            by_namespace.setdefault(policy.ref.namespace, []).append(policy)
        self._selecting = {
            namespace: SelectorIndex((policy.pods, policy) for policy in found)
            for namespace, found in by_namespace.items()
        }
        self._namespaces = namespaces
        self._pods = tuple(pods)
        self._admin = AdminPolicies(admin, lambda peer, pod: self.selects("", peer, Endpoint(pod)))
        self._others = tuple(others)

    @property
    def only_network_policies(self) -> bool:
        """Whether no policy of another kind has a say."""
        return not self._admin and not self._others

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
        if pod.workload is None or (direction is Direction.INGRESS and peer.node):
            return Filter(direction, Truth.YES)
        other = next((policy for policy in self._others if policy.selects(pod.workload).possible), None)
        if other is not None:
            text = f"{other.ref} selects {pod.workload.ref}, or may, and its rules are not read"
            return Filter(direction, Truth.UNKNOWN, (other.ref,), Reason(text, "N23", other.ref))
        server = pod.workload if direction is Direction.INGRESS else peer.workload
        if not self._admin or pod.workload.host_network:
            found = self._by_network_policies(direction, pod.workload, peer, server, port, protocol)
        else:
            found = self._by_all(direction, pod.workload, peer, server, port, protocol)
        if found.truth is Truth.NO and direction is Direction.INGRESS and _on_a_node(peer.workload):
            text = f"{peer.workload.ref if peer.workload else ''} calls from its node, which gets in to the pods on it"
            return replace(found, truth=Truth.UNKNOWN, reason=Reason(text, "N2"))
        return found

    def _by_all(
        self, direction: Direction, pod: Workload, peer: Endpoint, server: Workload | None, port: int, protocol: str
    ) -> Filter:
        """Decide with the policies before the NetworkPolicies, and those after them (N20, N22)."""

        def outcomes(tier: Tier) -> tuple[Outcome, ...]:
            return self._admin.outcomes(
                tier, direction, pod, port, protocol, server, lambda entry: self.selects("", entry, peer)
            )

        found = list(outcomes(Tier.ADMIN))
        filters = [_by_admin(direction, outcome) for outcome in found if outcome.action is not Action.PASS]
        if len(filters) < len(found):
            own = self._by_network_policies(direction, pod, peer, server, port, protocol)
            chosen = [met for _, met in self.matching(pod, direction)]
            if Truth.YES not in chosen:
                baseline = outcomes(Tier.BASELINE)
                filters += [_by_admin(direction, outcome) for outcome in baseline if outcome.by is not None]
                if chosen or any(outcome.by is None for outcome in baseline):
                    filters.append(own)
            else:
                filters.append(own)
        return _agreed(direction, filters)

    def _by_network_policies(
        self, direction: Direction, pod: Workload, peer: Endpoint, server: Workload | None, port: int, protocol: str
    ) -> Filter:
        """Decide with the NetworkPolicies alone."""
        matching = self.matching(pod, direction)
        if not matching:
            return Filter(direction, Truth.YES)
        found: list[tuple[Truth, Truth]] = []
        reason: Reason | None = None
        for policy, selected in matching:
            opened = [(rule, rule.opens(port, protocol, server)) for rule in policy.rules(direction)]
            lets = some(every((met, self._accepts(policy, rule, peer))) for rule, met in opened if met.possible)
            if selected is Truth.YES and lets is Truth.YES:
                return Filter(direction, Truth.YES, (policy.ref,))
            found.append((selected, lets))
            if lets is Truth.UNKNOWN and any(met is Truth.UNKNOWN for _, met in opened):
                text = f"{policy.ref} names a port of an init container: some enforcers know no such names, others do"
                reason = Reason(text, "N10", policy.ref)
        return Filter(direction, _without_a_certain_pass(found), tuple(policy.ref for policy, _ in matching), reason)

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
        if endpoint.outside:
            return Truth.NO
        if endpoint.address is None:
            return Truth.UNKNOWN
        a_pods = any(network.accepts(endpoint.address) for network in self._pods)
        return Truth.UNKNOWN if a_pods and not endpoint.node else Truth.NO

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """Return a namespace's labels; Kubernetes gives each the label of its name."""
        known = self._namespaces.get(name)
        return Labels({NAMESPACE_NAME: name}, complete=False) if known is None else known


def _on_a_node(workload: Workload | None) -> bool:
    """Whether a caller has the address of a node, which always gets in to the pods on it (N2)."""
    return workload is not None and workload.host_network


def _by_admin(direction: Direction, outcome: Outcome) -> Filter:
    refs = () if outcome.by is None else (outcome.by,)
    if outcome.action is not Action.DENY:
        return Filter(direction, Truth.YES, refs)
    return Filter(direction, Truth.NO, refs, Reason(f"{outcome.by} denies this connection", "N20", outcome.by))


def _agreed(direction: Direction, filters: Sequence[Filter]) -> Filter:
    """Return what all filters say; unknown where they differ: which of them decides, the manifests do not say."""
    first = filters[0]
    if all(other.truth is first.truth for other in filters):
        return first
    refs = tuple(dict.fromkeys(ref for found in filters for ref in found.policies))
    names = ", ".join(map(str, refs))
    reason = Reason(f"which of {names} decides depends on what the manifests do not say", "N20", next(iter(refs), None))
    return Filter(direction, Truth.UNKNOWN, refs, reason)


def _without_a_certain_pass(met: Sequence[tuple[Truth, Truth]]) -> Truth:
    """Decide among policies of which none is certain both to select the pod and to let the peer through.

    Each is given by whether it selects, and whether it lets through. A pod that none selects is open (N1).
    """
    if all(selected is Truth.UNKNOWN for selected, _ in met):
        return Truth.YES if all(lets is Truth.YES for _, lets in met) else Truth.UNKNOWN
    return Truth.UNKNOWN if any(lets.possible for _, lets in met) else Truth.NO
