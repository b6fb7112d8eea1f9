"""Which calls a change of manifests opens and closes, and which are now decided by other objects. Pure."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from meshpolicy.analysis.calls import NOT_COMPUTED, Calls, Entry
from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.client_calls import ClientCalls, Flips, IdentityChange
from meshpolicy.analysis.client_changes import client_changes, client_side
from meshpolicy.analysis.grants import admitted_by, granted_by, routes_of
from meshpolicy.analysis.identity_changes import IdentityChanges
from meshpolicy.analysis.ipv6 import IPv6Bypasses
from meshpolicy.analysis.needs import NeedChange, need_changes
from meshpolicy.analysis.outcomes import Passage
from meshpolicy.analysis.pods import EVERYBODY, PodClass, pod_classes, unread, walled, walls
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import POD_ADDRESS, callable_ports
from meshpolicy.analysis.regions import regions
from meshpolicy.core.ref import Ref
from meshpolicy.decide.transport import identity_of
from meshpolicy.index.index import index_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy
from meshpolicy.kinds.workload import Workload


def compare(old: Cluster, new: Cluster) -> tuple[Changed, ...]:
    """Return the changes; opened calls come first, as reviewers must see these."""
    comparison = Comparison(old, new)
    found = [changed for pair in comparison.pairs() for changed in comparison.changes(*pair)]
    order = list(Change)
    return tuple(sorted(found, key=lambda changed: order.index(changed.change)))


Pair = tuple[Workload | None, Workload | None, int]


class Comparison:
    """A comparison of two states of a cluster."""

    def __init__(self, old: Cluster, new: Cluster) -> None:
        self.old, self.new = old, new
        self._same_outwards = _outwards(old) == _outwards(new)
        self._same_client_side = client_side(old) == client_side(new)

    @cached_property
    def identities(self) -> IdentityChanges:
        """Return the workloads that may call under another identity in the new state."""
        return IdentityChanges(self.old, self.new)

    @cached_property
    def needs(self) -> tuple[NeedChange, ...]:
        """Return the clients for which what they lack to call a name differs between the states."""
        return tuple(need_changes(self.old, self.new))

    @cached_property
    def pods(self) -> tuple[PodClass, ...]:
        """Return the classes of pods that the NetworkPolicies of either state tell apart."""
        return pod_classes((self.old, self.new))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the identities that are known in either state, to choose witnesses from."""
        found = (identity_of(cluster, workload) for cluster in (self.old, self.new) for workload in cluster.workloads)
        return tuple(dict.fromkeys(found))

    def pairs(self, chosen: Callable[[Ref], bool] = lambda _: True) -> Iterator[Pair]:
        """Yield every port of every chosen workload of either state."""
        before = {workload.ref: workload for workload in self.old.workloads}
        after = {workload.ref: workload for workload in self.new.workloads}
        for ref in filter(chosen, dict.fromkeys((*before, *after))):
            one, other = before.get(ref), after.get(ref)
            ports = callable_ports(self.old, one, admin=True) if one is not None else ()
            more = callable_ports(self.new, other, admin=True) if other is not None else ()
            for port in dict.fromkeys((*ports, *more)):
                yield one, other, port

    def changes(self, one: Workload | None, other: Workload | None, number: int) -> Iterator[Changed]:
        """Yield the changes of the calls to one port; a workload is None if its state does not have it."""
        before = Port(self.old, one, number) if one is not None else None
        after = Port(self.new, other, number) if other is not None else None
        if before is None or after is None:
            yield from self._of_policies(before, after)
            return
        same = self._same(before, after)
        found = () if same else tuple(self._of_policies(before, after))
        past = IPv6Bypasses.of(before, after)
        yield from map(past.qualified, found)
        yield from self._by_ipv6(before, after, past)
        if not any(changed.region is None for changed in found):
            yield from map(past.qualified, self._of_clients(before, after, same=same))
        yield from _of_limits(before, after)
        told = [] if self._same_client_side else list(client_changes(before, after))
        told += [need.told for need in self.needs if need.concerns(before, after)]
        yield from (Changed(Change.UNKNOWN, after.workload.ref, number, None, reasons=(why,)) for why in told)

    def _of_policies(self, before: Port | None, after: Port | None) -> Iterator[Changed]:
        """Yield the changes that hold for all clients, whichever workload they are."""
        port = after or before
        if port is None:
            return
        pods = self.pods if _walled(before, after) else (EVERYBODY,)
        try:
            calls = Calls((before, after), pods, names=self.names)
        except NOT_COMPUTED as error:
            yield _not_computed(port, error)
            return
        yield from _changes(calls, port)

    def _by_ipv6(self, before: Port, after: Port, past: "IPv6Bypasses") -> Iterator[Changed]:
        """Yield the clients that newly, or no longer, bypass the proxy through a Service's IPv6 address (R115)."""
        if (past.before is None) is (past.after is None):
            if past.before is not None and past.after is not None and past.before.certain is not past.after.certain:
                yield past.unknown(after)
            return
        if not past.certain:
            yield past.unknown(after)
            return
        try:
            calls = Calls((before, after), self.pods if _walled(before, after) else (EVERYBODY,), names=self.names)
        except NOT_COMPUTED:
            yield past.unknown(after)
            return
        opens = past.before is None
        found = {entry: _let_past(calls, entry, int(opens)) for entry in calls.entries()}
        change = Change.OPENED if opens else Change.CLOSED
        for region in regions(calls, {entry: bits for entry, bits in found.items() if bits}):
            yield Changed(change, after.workload.ref, after.number, region, reasons=past.reasons)

    def _of_clients(self, before: Port, after: Port, *, same: bool) -> Iterator[Changed]:
        """Yield the changes of calls that arrive under another identity of their workload than before."""
        try:
            found = tuple(self.identities.to_port(before, after, same=same, walled=_walled(before, after)))
        except NOT_COMPUTED as error:
            yield _not_computed(after, error)
            return
        for change, own, flips in found:
            yield from _by_identity(own, after, change, flips)

    def _same(self, before: Port, after: Port) -> bool:
        """Whether nothing that decides the calls to a port has changed."""
        return (
            self._same_outwards
            and before.workload == after.workload
            and before.policy == after.policy
            and before.hinted is after.hinted
            and all(before.arrivals(one) == after.arrivals(one) for one in before.readings)
            and _inwards(before) == _inwards(after)
        )


def _outwards(cluster: Cluster) -> tuple[object, ...]:
    """Return what affects the calls of all pods: egress rules, policies of other kinds, and unread objects."""
    policies = (policy for policy in walls(cluster) if not isinstance(policy, NetworkPolicy) or _lets_out(policy))
    labels = {name: namespace.labels for name, namespace in cluster.namespaces.items()}
    return tuple(policies), labels if walls(cluster) else None, unread(cluster)


def _lets_out(policy: NetworkPolicy) -> bool:
    return Direction.EGRESS in policy.types


def _inwards(port: Port) -> tuple[object, ...]:
    return index_of(port.cluster).network_policies.matching(port.workload, Direction.INGRESS)


def _walled(*ports: Port | None) -> bool:
    return any(port is not None and walled(port.cluster, port.workload) for port in ports)


def _of_limits(before: Port, after: Port) -> Iterator[Changed]:
    """Yield an unknown change if the rate limit of a port changed: the outcome depends on the request rate (R99)."""
    limits = [port.policy.rate_limit for port in (before, after)]
    if limits[0] != limits[1]:
        names = " and ".join(dict.fromkeys(str(limit.ref) for limit in limits if limit is not None))
        why = f"{names}: another number of requests per second is allowed"
        yield Changed(Change.UNKNOWN, after.workload.ref, after.number, None, reasons=(why,))


def _not_computed(port: Port, error: Exception) -> Changed:
    return Changed(Change.UNKNOWN, port.workload.ref, port.number, None, reasons=(f"not computed: {error}",))


def _by_identity(own: ClientCalls, port: Port, change: IdentityChange, flips: Flips) -> Iterator[Changed]:
    server, number, calls = port.workload.ref, port.number, own.calls
    for region in regions(calls, flips.opened):
        granted = granted_by(calls, 1, region.entries, region.bits)
        yield Changed(Change.OPENED, server, number, own.said(region, 1, change), (), granted, caller=change)
    for region in regions(calls, flips.closed):
        granted = granted_by(calls, 0, region.entries, region.bits)
        yield Changed(Change.CLOSED, server, number, own.said(region, 0, change), granted, caller=change)
    for region in regions(calls, flips.unknown):
        reasons = calls.doubts or NETWORK_UNKNOWN
        if len(change.before) + len(change.after) > 2:
            reasons = IDENTITY_UNKNOWN
        said = own.said(region, 1, change)
        yield Changed(Change.UNKNOWN, server, number, said, reasons=reasons, caller=change)


def _changes(calls: Calls, port: Port) -> Iterator[Changed]:
    server, number = port.workload.ref, port.number
    flips: dict[Change, dict[Entry, int]] = {change: {} for change in Change}
    for entry in calls.entries():
        for change, bits in _flips(calls, entry).items():
            flips[change][entry] = bits
    for change, found in flips.items():
        for region in regions(calls, found):
            route = change is Change.REROUTED
            refs = routes_of if route else granted_by
            before, after = (refs(calls, state, region.entries, region.bits) for state in (0, 1))
            reasons = calls.doubts or NETWORK_UNKNOWN if change is Change.UNKNOWN else ()
            yield Changed(change, server, number, region, before, after, reasons)


IDENTITY_UNKNOWN = ("the manifests do not say under which identity it calls",)
NETWORK_UNKNOWN = ("the manifests do not say what decides",)


def _flips(calls: Calls, entry: Entry) -> Mapping[Change, int]:
    """Return the clients whose calls of one class changed, by the kind of change."""
    everyone = calls.clients.everyone
    opened, closed, moved, kept = everyone, everyone, 0, everyone
    for variant in range(len(calls.variants)):
        old, new = calls.allowed(0, entry, variant), calls.allowed(1, entry, variant)
        now, gone = new.certain & ~old.possible, old.certain & ~new.possible
        moved |= now | gone | (old.possible ^ new.possible) | (old.certain ^ new.certain)
        moved |= calls.open_otherwise(entry, variant, old, new)
        opened, closed, kept = opened & now, closed & gone, kept & old.certain & new.certain
    found = {Change.OPENED: opened, Change.CLOSED: closed, Change.UNKNOWN: moved & ~opened & ~closed}
    if kept and len(calls.variants) == 1:
        found |= _redecided(calls, entry, kept)
    return {change: bits for change, bits in found.items() if bits}


def _let_past(calls: Calls, entry: Entry, open_in: int) -> int:
    """Return the clients that get in only by bypassing the proxy, in the state `open_in`, and not in the other one."""
    if entry.way.service != POD_ADDRESS:
        return 0
    allowed, anyway = 0, calls.clients.everyone
    for variant in range(len(calls.variants)):
        allowed |= calls.allowed(1 - open_in, entry, variant).possible
        anyway &= calls.allowed(open_in, entry, variant).certain
    return calls.groups[entry.pods].through[open_in].certain & ~allowed & ~anyway & ~calls.past_proxy


def _redecided(calls: Calls, entry: Entry, kept: int) -> dict[Change, int]:
    """Return the clients that are now admitted through another route, and those now admitted by other grants."""
    rerouted = regranted = 0
    for meshed in (False, True):
        half = kept & (calls.clients.meshed if meshed else calls.clients.unmeshed)
        before, after = (calls.passages(state, entry, meshed=meshed) for state in (0, 1))
        for one, ones in before if half else ():
            for other, others in after:
                common = half & ones & others
                if common and one.route != other.route:
                    rerouted |= common
                elif common:
                    regranted |= _regranted(calls, one, other) & common
    return {Change.REROUTED: rerouted, Change.REGRANTED: regranted}


def _regranted(calls: Calls, one: Passage, other: Passage) -> int:
    """Return the clients that none of their previous grants admits any more."""
    if one.grants == other.grants:
        return 0
    before, after = admitted_by(calls, one), admitted_by(calls, other)
    still = 0
    for ref, bits in before.items():
        still |= bits & after.get(ref, 0)
    return calls.clients.everyone & ~still
