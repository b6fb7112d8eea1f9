"""Workloads that call under another identity, as other pods or from another address than before. Pure.

A change of policies is told of identities, pods and addresses, whoever has them. A workload that loses its sidecar, or
gets another ServiceAccount, other labels or another address, calls as somebody else: its own calls are compared, as
they came before and as they come now.
"""

from collections.abc import Iterable, Iterator, Sequence

from meshpolicy.analysis.calls import Calls
from meshpolicy.analysis.client_calls import (
    Caller,
    ClientCalls,
    ClientFlips,
    Flips,
    Identities,
    IdentityChange,
    networks_of,
    pod_class,
)
from meshpolicy.analysis.clients import ClientTerm, grant_lists
from meshpolicy.analysis.outcomes import patterns_of
from meshpolicy.analysis.pods import EVERYBODY, label_keys, seen_of
from meshpolicy.analysis.port import Port, Reading, Way
from meshpolicy.analysis.ports import service_ways
from meshpolicy.analysis.variants import variants
from meshpolicy.core.axis import Part
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.labels import whole
from meshpolicy.core.truth import Truth
from meshpolicy.decide.authorized import authenticated
from meshpolicy.decide.decide import seen, stack
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.transport import Call, identity_of
from meshpolicy.index.effective import IPV6
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload


class IdentityChanges:
    """The workloads that may call under another identity, as other pods or from another address in a second state."""

    def __init__(self, old: Cluster, new: Cluster) -> None:
        self._states = (old, new)
        before = {workload.ref: workload for workload in old.workloads}
        pairs = ((before[workload.ref], workload) for workload in new.workloads if workload.ref in before)
        self._by_dialled: dict[tuple[int, int], list[tuple[int, IdentityChange]]] = {}
        self._by_answers: dict[object, ClientFlips] = {}
        keys = label_keys(old) | label_keys(new)
        self.clients: list[tuple[Workload, Workload]] = []
        self._moved: list[tuple[str, str]] = []
        for one, other in pairs:
            why = _moved((old, new), keys, one, other), _address(one, other)
            if any(why) or _speech(old, one) != _speech(new, other):
                self.clients.append((one, other))
                self._moved.append(why)

    def to_port(
        self, before: Port, after: Port, *, same: bool, walled: bool
    ) -> Iterator[tuple[IdentityChange, "ClientCalls", Flips]]:
        """Yield what changes in calls to one port.

        `same` says that the port answers each call as before, `walled` that a NetworkPolicy may have a say.
        Raises what `Calls` raises.
        """
        found = self._changes(before, after) if self.clients else []
        if not walled:
            found = [one for one in found if one.change.before != one.change.after or one.change.address]
        if found and same and not walled:
            answers = _Answers(after)
            found = [one for one in found if not answers.alike(one)]
        if not found:
            return
        flips = self._flips(before, after, [one.pair for one in found], walled=walled)
        for one in found:
            own, calls = flips.of(one)
            if calls.opened or calls.closed or calls.unknown:
                yield one.change, own, calls

    def _flips(
        self, before: Port, after: Port, clients: Sequence[tuple[Workload, Workload]], *, walled: bool
    ) -> "ClientFlips":
        """Return how each client's calls to a port changed; computed once for ports that answer all calls alike."""
        either = [pod for pair in clients for pod in pair]
        networks = tuple(dict.fromkeys(network for pod in either for network in networks_of(self._states[1], pod)))
        terms = tuple(ClientTerm(networks=Part((network,))) for network in networks)
        if walled:  # the labels of the server and of the clients decide who gets through
            pods = tuple(map(pod_class, either))
            return ClientFlips(Calls((before, after), pods, clients=[terms]))
        key = (_answering(before), _answering(after), networks)
        if key not in self._by_answers:
            self._by_answers[key] = ClientFlips(Calls((before, after), (EVERYBODY,), clients=[terms]))
        return self._by_answers[key]

    def _changes(self, before: Port, after: Port) -> list["Caller"]:
        """Return the clients of a port whose identity changes, except the called workload itself."""
        found: dict[tuple[int, IdentityChange], list[str]] = {}
        one, other = (service_ways(port.cluster, port.workload, port.number) for port in (before, after))
        ways = [name for name in one if name in other]
        for service in ways:
            dialled = [
                Call(port.workload, port.number, service_target=target).dialled
                for port, target in ((before, one[service]), (after, other[service]))
            ]
            for number, change in self._dialling(dialled[0], dialled[1]):
                found.setdefault((number, change), []).append(service)
        return [
            Caller(number, self.clients[number], change, tuple(services), everywhere=services == ways)
            for (number, change), services in found.items()
            if change.workload != after.workload.ref
        ]

    def _dialling(self, before: int, after: int) -> list[tuple[int, IdentityChange]]:
        """Return the clients, by number, whose identity, labels or address change when they connect to these ports."""
        key = before, after
        if key not in self._by_dialled:
            pairs = (
                (number, _identities(self._states[0], one, before), _identities(self._states[1], other, after))
                for number, (one, other) in enumerate(self.clients)
            )
            self._by_dialled[key] = [
                (number, IdentityChange(self.clients[number][1].ref, was, now, *self._moved[number]))
                for number, was, now in pairs
                if was != now or any(self._moved[number])
            ]
        return self._by_dialled[key]


class _Answers:
    """How one port treats identities, as far as this is visible without looking at requests and addresses."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._readings = [reading for reading in port.readings if not reading.at_first]
        policies = [reading.policy for reading in self._readings]
        grants = (grant for policy in policies for some in grant_lists(policy) for grant in some)
        # Only the pod itself calls from a loopback address.
        self._grants = tuple(
            dict.fromkeys(one for one in grants if not all(network.cidr.is_loopback for network in one.networks))
        )
        self._unclear = (
            bool(patterns_of(policies)[0].identities)
            or any(bypass.network != IPV6 for policy in policies for bypass in policy.bypasses)
            or len(variants(policies)) > 1
        )
        self._by_address = any(
            not network.everywhere and not network.cidr.is_loopback for one in self._grants for network in one.networks
        )
        self._known: dict[tuple[tuple[bool, ...], bool, str], object] = {}

    def alike(self, caller: Caller) -> bool:
        """Whether all calls of a client are certain to get the same answer under its old and its new identity."""
        if self._unclear or (caller.change.address and self._by_address):
            return False
        first, *others = dict.fromkeys((*caller.change.before, *caller.change.after))
        return all(self._of(one, service) == self._of(first, service) for one in others for service in caller.services)

    def _of(self, identity: str, service: str) -> object:
        """Return the grants that admit an identity, and the part of the proxy that decides each kind of traffic."""
        arrival = Arrival.MESHED_HTTP if identity else Arrival.PLAIN
        means = tuple(authenticated(grant, Client(None, arrival, identity)) for grant in self._grants)
        key = means, bool(identity), service
        if key not in self._known:
            ways = [Way(traffic, service) for traffic in Traffic]
            pairs = [(reading, way) for reading in self._readings for way in ways]
            self._known[key] = means, [self._decider(*pair, meshed=bool(identity), named=any(means)) for pair in pairs]
        return self._known[key]

    def _decider(self, reading: Reading, way: Way, *, meshed: bool, named: bool) -> object:
        """Return what decides such calls; None if they are refused, as calls are that need a grant and have none."""
        arrival = self._port.arrivals(reading)[way] if meshed else Arrival.PLAIN
        known = seen(reading.policy, Client(None, arrival)).arrival
        found = stack(reading.policy, arrival, way.traffic)
        if isinstance(found, Decision):
            return found.verdict if found.verdict in (Verdict.ALLOW, Verdict.UNKNOWN) else None
        if not named:
            return None
        return found, meshed and known is Arrival.PLAIN


def _answering(port: Port) -> object:
    """Return everything but NetworkPolicies that decides how a port answers calls."""
    readings = port.readings
    return readings, tuple(tuple(port.arrivals(one).items()) for one in readings)


def _speech(cluster: Cluster, workload: Workload) -> tuple[object, ...]:
    """Return everything that decides the identity of a workload's calls."""
    users = tuple((container.name, container.user, container.group) for container in workload.containers)
    own = (workload.injection.sidecar, workload.meshed, workload.sidecar, users)
    return identity_of(cluster, workload), *(own if workload.injection.sidecar.possible else ())


def _moved(states: tuple[Cluster, Cluster], keys: Iterable[str], before: Workload, after: Workload) -> str:
    """Return why NetworkPolicies, which select by `keys`, may treat the pod differently; empty if they do not."""
    if before.host_network is not after.host_network:
        why = "now on its node's network" if after.host_network else "no longer on its node's network"
    elif any(_label(before, key) != _label(after, key) for key in keys):
        why = "with other labels"
    else:
        return ""
    return why if any(seen_of(state, before) != seen_of(state, after) for state in states) else ""


def _address(before: Workload, after: Workload) -> str:
    """Return how the address of a workload changed, as far as the manifests say; empty if it did not."""
    if before.addresses == after.addresses:
        return ""
    return "from another address" if after.addresses else "from an address that is not known any more"


def _label(workload: Workload, key: str) -> tuple[object, ...]:
    """Return what is known of one label of a pod."""
    labels = whole(workload.labels)
    return labels.get(key), key in labels.present, labels.present.get(key), labels.open(key)


def _identities(cluster: Cluster, client: Workload, dialled: int) -> Identities:
    """Return the identities under which a client may call when it connects to the port `dialled`."""
    own = identity_of(cluster, client)
    carried = Call(client, dialled, client).carried
    return (own,) if carried is Truth.YES else ("",) if carried is Truth.NO else (own, "")
