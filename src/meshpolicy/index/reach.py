"""The clients that NetworkPolicies let reach a port, for all workloads of a cluster at once. Pure.

The answers are those of `NetworkPolicies.filter`, as sets of callers, each found once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from meshpolicy.core.labels import Labels
from meshpolicy.index.networkpolicies import Endpoint, NetworkPolicies
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, NetworkRule, Peer, PortRange
from meshpolicy.kinds.workload import Workload

Ports = tuple[PortRange, ...]
Positions = frozenset[int] | set[int]
"""Workloads by their position."""


class Reach:
    """The callers that get through to a port on the wire: those let out, and those let in."""

    def __init__(self, policies: NetworkPolicies, workloads: Sequence[Workload]) -> None:
        self._policies, self._workloads = policies, workloads
        self._everyone = frozenset(range(len(workloads)))
        self._by_label: dict[tuple[str, str], list[int]] = {}
        self._by_namespace: dict[str, list[int]] = {}
        self._meant: dict[tuple[str, Peer], Positions] = {}
        for position, workload in enumerate(workloads):
            self._by_namespace.setdefault(workload.ref.namespace, []).append(position)
            for label in workload.labels.items():
                self._by_label.setdefault(label, []).append(position)
        self._on_nodes = frozenset(at for at, workload in enumerate(workloads) if workload.host_network)
        self._open = {key for one in workloads for key in _open(one.labels)}
        isolating = [policies.isolating(workload, Direction.EGRESS) for workload in workloads]
        self._free = frozenset(position for position, found in enumerate(isolating) if not found)
        self._egress = self._egress_rules(isolating)

    def _egress_rules(self, isolating: Iterable[Sequence[NetworkPolicy]]) -> list[tuple[Positions, Ports, Positions]]:
        """Return the servers and ports of each egress rule, and its callers; equal rules become one."""
        found: dict[tuple[str, NetworkRule], set[int]] = {}
        for position, policies in enumerate(isolating):
            for policy in policies:
                for rule in policy.egress:
                    found.setdefault((policy.ref.namespace, rule), set()).add(position)
        return [(self._all_meant(namespace, rule), rule.ports, callers) for (namespace, rule), callers in found.items()]

    def let_out(self, server: int, port: int) -> Positions:
        """Return who may call a port on the wire of a server, as far as egress rules say."""
        if not self._policies.only_network_policies:
            return self._passing(Direction.EGRESS, server, port)
        found = set(self._free)
        for servers, ports, callers in self._egress:
            if server in servers and self._opens(ports, port, server):
                found |= callers
        return found

    def let_in(self, server: int, port: int) -> Positions:
        """Return who may reach a port on the wire of a server, as far as its ingress rules say."""
        if not self._policies.only_network_policies:
            return self._passing(Direction.INGRESS, server, port)
        isolating = self._policies.isolating(self._workloads[server], Direction.INGRESS)
        if not isolating:
            return self._everyone
        found = set(self._on_nodes)
        for policy in isolating:
            for rule in policy.ingress:
                if self._opens(rule.ports, port, server):
                    found |= self._all_meant(policy.ref.namespace, rule)
        return found

    def _passing(self, direction: Direction, server: int, port: int) -> Positions:
        """Return who gets through, or may, each asked by itself: what other kinds say is not joined here."""
        ends = [Endpoint(workload) for workload in self._workloads]

        def passes(client: Endpoint) -> bool:
            pair = (client, ends[server]) if direction is Direction.EGRESS else (ends[server], client)
            return self._policies.filter(direction, *pair, port).truth.possible

        return frozenset(position for position, client in enumerate(ends) if passes(client))

    def _opens(self, ports: Ports, port: int, server: int) -> bool:
        return not ports or any(entry.holds(port, "TCP", self._workloads[server]).possible for entry in ports)

    def _all_meant(self, namespace: str, rule: NetworkRule) -> Positions:
        """Return the workloads that the peers of a rule mean; `namespace` is the namespace of its policy."""
        if not rule.peers:
            return self._everyone
        return frozenset[int]().union(*(self._meant_by(namespace, peer) for peer in rule.peers))

    def _meant_by(self, namespace: str, peer: Peer) -> Positions:
        found = self._meant.get((namespace, peer))
        if found is None:
            found = self._meant[namespace, peer] = frozenset(
                position
                for position in self._candidates(namespace, peer)
                if self._policies.selects(namespace, peer, Endpoint(self._workloads[position])).possible
            )
        return found

    def _candidates(self, namespace: str, peer: Peer) -> Collection[int]:
        """Return few workloads among which are all that a peer means."""
        lists: list[Collection[int]] = [
            self._by_label.get(label, ())
            for label in (peer.pods.labels if peer.pods else ())
            if label[0] not in self._open
        ]
        if peer.block is None and peer.namespaces is None:
            lists.append(self._by_namespace.get(namespace, ()))
        return min(lists, key=len, default=self._everyone)


def _open(labels: Mapping[str, str]) -> Iterable[str]:
    """Return the labels of which not everything is known."""
    return (*labels.present, *labels.perhaps) if isinstance(labels, Labels) else ()
