"""Finds whose packets must reach which pods, so that observed calls also pass NetworkPolicies. Pure.

NetworkPolicies select pods by labels. So workloads with the same labels are one group here, with or without a sidecar.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from meshpolicy.analysis.ports import callable_ports
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth
from meshpolicy.decide.judge import connection
from meshpolicy.decide.transport import Call, find_service_targets, identity_of
from meshpolicy.generate.choice import client_words
from meshpolicy.generate.passes import passes
from meshpolicy.generate.plan import Plan
from meshpolicy.generate.spot import Spot, Spots, Unplaced, is_address, labels_of
from meshpolicy.index.defaults import probe_paths
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.traffic.call import CallerKind, ObservedCall, Outcome, Side

Group = tuple[Workload, ...]
"""Workloads of one namespace and with the same labels."""


class Groups:
    """The workloads of a cluster, grouped as NetworkPolicies distinguish them."""

    def __init__(self, cluster: Cluster) -> None:
        alike: dict[tuple[str, frozenset[tuple[str, str]]], list[Workload]] = {}
        for one in cluster.workloads:
            alike.setdefault((one.ref.namespace, frozenset(labels_of(one).items())), []).append(one)
        self.all = tuple(tuple(some) for some in alike.values())
        self._by_ref: Mapping[Ref, Group] = {one.ref: group for group in self.all for one in group}

    def of(self, workload: Workload) -> Group:
        """Return the workloads with the same labels as a workload."""
        return self._by_ref[workload.ref]


@dataclass
class Called:
    """The observed calls to some pods."""

    servers: Group
    wires: dict[Ref, set[int]] = field(default_factory=dict)
    """The destination ports of each group's packets, by the group's first workload."""
    doubts: dict[str, None] = field(default_factory=dict)
    """Why a NetworkPolicy might refuse an observed call; if there is a reason, none is written."""

    @property
    def name(self) -> str:
        """Return `namespace/name` of the first of the workloads."""
        return name_of(self.servers)


def name_of(group: Group) -> str:
    """Return `namespace/name` of the first of some workloads."""
    return group[0].ref.namespaced_name


def find_called(
    after: Cluster, groups: Groups, plan: Plan, calls: Iterable[ObservedCall], namespaces: Sequence[str] = ()
) -> tuple[Called, ...]:
    """Return the pods that clients with an identity called, for calls that the policies allow.

    `after` contains the generated policies; `namespaces` limits the pods, empty for all namespaces.
    """
    finder = _Finder(after, groups, plan)
    for call in calls:
        finder.take(call, namespaces)
    for one in finder.found.values():
        one.doubts |= dict.fromkeys(finder.unseen(one.servers))
    return tuple(one for one in finder.found.values() if one.wires or one.doubts)


class _Finder:
    """Finds the callers, call by call."""

    def __init__(self, after: Cluster, groups: Groups, plan: Plan) -> None:
        self._after, self._groups = after, groups
        self._spots = Spots(after)
        self._ours = {(one.ref, spot.port) for spot in plan.spots for one in spot.workloads}
        self.found: dict[Ref, Called] = {}
        self._seen: set[tuple[Ref, int]] = set()
        """The ports that some observed call reached."""
        self._by_identity: dict[str, list[Workload]] = {}
        for one in after.workloads:
            if one.injection.sidecar.possible:
                self._by_identity.setdefault(identity_of(after, one), []).append(one)

    def take(self, call: ObservedCall, namespaces: Sequence[str]) -> None:
        """Find the pods that made a call."""
        try:
            spot = self._spots.reached(call) if call.side is Side.SERVER else None
        except Unplaced:
            return  # the generated Servers refuse it, or another server was called
        if spot is None or (namespaces and spot.namespace not in namespaces):
            return
        self._seen |= {(one.ref, spot.port) for one in spot.workloads}
        if not self._passes(spot, call):
            return
        group = self._groups.of(spot.workloads[0])
        if group[0].ref not in self.found:
            self.found[group[0].ref] = Called(group, doubts=dict.fromkeys(_doubts(group)))
        called = self.found[group[0].ref]
        if call.client.kind is CallerKind.IDENTITY:
            self._by_client(called, spot, call)
        elif not _of_kubelet(spot, call):
            who = client_words(self._after, call)
            called.doubts[f"{who} is let in, and the manifests do not say which pods it is"] = None

    def _passes(self, spot: Spot, call: ObservedCall) -> bool:
        """Whether the policies allow, or may allow, a call; on other ports, calls that were allowed stay allowed."""
        ours = any((one.ref, spot.port) in self._ours for one in spot.workloads)
        if not ours and call.outcome is Outcome.ALLOWED:
            return True
        return any(passes(self._after, one, spot.port, call).possible for one in spot.workloads)

    def _by_client(self, called: Called, spot: Spot, call: ObservedCall) -> None:
        known = self._by_identity.get(call.client.identity, [])
        carried = [(one, sent) for one in known if (sent := self._sent(one, spot, call))]
        if not carried:
            who = client_words(self._after, call)
            called.doubts[f"{who} was seen to call, and no workload of these manifests has its identity"] = None
        for one, sent in carried:
            if one.host_network or one.ref.kind == "ExternalWorkload":
                where = "on its node's network" if one.host_network else "outside of the cluster"
                called.doubts[f"{one.ref}, which was seen to call, is {where}, where no label names it"] = None
                continue
            wires = called.wires.setdefault(self._groups.of(one)[0].ref, set())
            wires.update(connection(self._after, each).wire_port for each in sent)

    def _sent(self, client: Workload, spot: Spot, call: ObservedCall) -> list[Call]:
        """Return the calls that an observed call may be, if this workload made it through its own proxy."""
        found: list[Call] = []
        for server in spot.workloads:
            targets = find_service_targets(self._after, server, spot.port)
            ways = [None] if is_address(call.host or "") or not targets else targets
            found += [Call(server, spot.port, client, service_target=way) for way in ways]
        return [one for one in found if one.meshed]

    def unseen(self, group: Group) -> Iterator[str]:
        """Yield the ports that accept any protocol by existing policies, and that no observed call reached.

        An access log only shows HTTP, so missing calls do not prove that nobody calls.
        """
        for one in group:
            own = one.sidecar.ports
            for port in callable_ports(self._after, one):
                policy = effective(self._after, one, port)
                guarded = port not in (own.inbound, own.admin, own.control) and policy.unguarded is None
                if guarded and not policy.protocol.http_only and (one.ref, port) not in self._ours | self._seen:
                    yield f"port {port} of {one.ref} takes connections of any protocol, and no call to it was seen"


def _doubts(group: Group) -> Iterator[str]:
    """Yield why more clients may reach some pods than a log of their proxies shows."""
    for one in group:
        if not one.meshed or one.injection.sidecar is not Truth.YES:
            yield f"{one.ref} has the same labels, and perhaps no sidecar: no log shows who calls it"
        elif one.host_network or one.ref.kind == "ExternalWorkload":
            yield f"no NetworkPolicy is about {one.ref}"
        elif one.sidecar.subnets:
            networks = ", ".join(str(subnet.cidr) for subnet in one.sidecar.subnets)
            yield f"packets from {networks} pass by the sidecar of {one.ref}: no log shows them"
        elif one.sidecar.unknown:
            yield f"{one.ref}: {one.sidecar.unknown}"


def _of_kubelet(spot: Spot, call: ObservedCall) -> bool:
    """Whether a call is a probe; no NetworkPolicy blocks the pod's own node (N2)."""
    probed = {path for one in spot.workloads for path in probe_paths(one, spot.port)}
    return call.http and call.method == "GET" and call.path in probed
