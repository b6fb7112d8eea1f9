"""Workloads that call under another identity than before, or as other pods: what they may ask now. Pure.

A change of policies is told of identities and of pods, whoever they are. But a workload that loses its sidecar, or gets
another ServiceAccount or other labels, calls as somebody else: its own calls are compared, as they came before and as
they come now.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import reduce

from meshpolicy.analysis.access import UNMESHED
from meshpolicy.analysis.calls import Calls, Entry, Port, Reading, Way
from meshpolicy.analysis.clients import ClientTerm, grant_lists, meets_identity
from meshpolicy.analysis.outcomes import Bits, patterns_of
from meshpolicy.analysis.patterns import IdentityPattern
from meshpolicy.analysis.pods import EVERYBODY, PodClass, label_keys, seen_of
from meshpolicy.analysis.ports import BY_ADDRESS, POD_ADDRESS, service_ways
from meshpolicy.analysis.regions import Region
from meshpolicy.analysis.requests import Cell
from meshpolicy.analysis.variants import variants
from meshpolicy.core.axis import Part, TooMany
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.labels import whole
from meshpolicy.core.match import Address, IdentityMatch, NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth
from meshpolicy.decide.authorized import authenticated
from meshpolicy.decide.decide import seen, stack
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.transport import Call, identity_of
from meshpolicy.index.effective import IPV6
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

Identities = tuple[str, ...]
"""Under which a call may come: one, empty without mTLS; where the manifests do not say it, the workload's own first."""


@record
class IdentityChange:
    """A workload, and under which identity its calls came and come."""

    workload: Ref
    before: Identities
    after: Identities
    moved: str = ""
    """Why NetworkPolicies see another pod in it than before; empty: they do not."""


@record
class Flips:
    """What becomes of the calls of one workload: for each class of calls, the client's bits."""

    opened: dict[Entry, int] = field(default_factory=dict)
    closed: dict[Entry, int] = field(default_factory=dict)
    unknown: dict[Entry, int] = field(default_factory=dict)


class IdentityChanges:
    """The workloads of two states of a cluster that may call under another identity, or as other pods."""

    def __init__(self, old: Cluster, new: Cluster) -> None:
        self._states = (old, new)
        before = {workload.ref: workload for workload in old.workloads}
        pairs = ((before[workload.ref], workload) for workload in new.workloads if workload.ref in before)
        self._by_dialled: dict[tuple[int, int], list[tuple[int, IdentityChange]]] = {}
        self._by_answers: dict[object, _ClientFlips] = {}
        keys = label_keys(old) | label_keys(new)
        told = ((one, other, _moved((old, new), keys, one, other)) for one, other in pairs)
        found = [(one, other, why) for one, other, why in told if why or _speech(old, one) != _speech(new, other)]
        self.clients = tuple((one, other) for one, other, _ in found)
        self._moved = tuple(why for *_, why in found)

    def to_port(
        self, before: Port, after: Port, *, same: bool, walled: bool
    ) -> Iterator[tuple[IdentityChange, "ClientCalls", Flips]]:
        """Yield what changes in calls to one port.

        `same` says that the port answers each call as before, `walled` that a NetworkPolicy may have a say.
        Raises what `Calls` raises.
        """
        found = self._changes(before, after) if self.clients else []
        if not walled:
            found = [one for one in found if one.change.before != one.change.after]
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
    ) -> "_ClientFlips":
        """Return what becomes of calls to a port, by client: of ports that answer all calls alike, found once."""
        networks = tuple(dict.fromkeys(network for pair in clients for network in _networks(self._states[1], pair)))
        terms = tuple(ClientTerm(networks=Part((network,))) for network in networks)
        if walled:  # who gets through depends on the server's own labels and the clients'
            pods = tuple(_pod_class(pod) for pair in clients for pod in pair)
            return _ClientFlips(Calls((before, after), pods, clients=[terms]))
        key = (_answering(before), _answering(after), networks)
        if key not in self._by_answers:
            self._by_answers[key] = _ClientFlips(Calls((before, after), (EVERYBODY,), clients=[terms]))
        return self._by_answers[key]

    def _changes(self, before: Port, after: Port) -> list["_Caller"]:
        """Return the clients of a port whose identity changes; of its own calls nothing."""
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
            _Caller(number, self.clients[number], change, tuple(services), everywhere=services == ways)
            for (number, change), services in found.items()
            if change.workload != after.workload.ref
        ]

    def _dialling(self, before: int, after: int) -> list[tuple[int, IdentityChange]]:
        """Return the clients that call as somebody else where they connect to these ports, with their number."""
        key = before, after
        if key not in self._by_dialled:
            pairs = (
                (number, _identities(self._states[0], one, before), _identities(self._states[1], other, after))
                for number, (one, other) in enumerate(self.clients)
            )
            self._by_dialled[key] = [
                (number, IdentityChange(self.clients[number][1].ref, was, now, self._moved[number]))
                for number, was, now in pairs
                if was != now or self._moved[number]
            ]
        return self._by_dialled[key]


@record
class _Caller:
    """A client whose identity changes, and the Services through which it does; none is the pod's address."""

    number: int
    """Its place among all clients."""
    pair: tuple[Workload, Workload]
    change: IdentityChange
    services: tuple[str, ...]
    everywhere: bool
    """Whether these are all ways to the port."""


class _Answers:
    """What one port makes of identities, as far as that is seen without a look at requests and addresses."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._readings = [reading for reading in port.readings if not reading.at_first]
        policies = [reading.policy for reading in self._readings]
        grants = (grant for policy in policies for some in grant_lists(policy) for grant in some)
        # From a loopback address comes nobody but the pod itself.
        self._grants = tuple(
            dict.fromkeys(one for one in grants if not all(network.cidr.is_loopback for network in one.networks))
        )
        self._unclear = (
            bool(patterns_of(policies)[0].identities)
            or any(bypass.network != IPV6 for policy in policies for bypass in policy.bypasses)
            or len(variants(policies)) > 1
        )
        self._known: dict[tuple[tuple[bool, ...], bool, str], object] = {}

    def alike(self, caller: _Caller) -> bool:
        """Whether no call of a client can be answered otherwise under its other identity."""
        if self._unclear:
            return False
        first, *others = dict.fromkeys((*caller.change.before, *caller.change.after))
        return all(self._of(one, service) == self._of(first, service) for one in others for service in caller.services)

    def _of(self, identity: str, service: str) -> object:
        """Return which grants mean a client, and which part of the proxy decides its calls, by what is sent."""
        arrival = Arrival.MESHED_HTTP if identity else Arrival.PLAIN
        means = tuple(authenticated(grant, Client(None, arrival, identity)) for grant in self._grants)
        key = means, bool(identity), service
        if key not in self._known:
            ways = [Way(traffic, service) for traffic in Traffic]
            pairs = [(reading, way) for reading in self._readings for way in ways]
            self._known[key] = means, [self._decider(*pair, meshed=bool(identity), named=any(means)) for pair in pairs]
        return self._known[key]

    def _decider(self, reading: Reading, way: Way, *, meshed: bool, named: bool) -> object:
        """Return what decides such calls; None: they are refused, as all are that need a grant where none is named."""
        arrival = self._port.arrivals(reading)[way] if meshed else Arrival.PLAIN
        known = seen(reading.policy, Client(None, arrival)).arrival
        found = stack(reading.policy, arrival, way.traffic)
        if isinstance(found, Decision):
            return found.verdict if found.verdict in (Verdict.ALLOW, Verdict.UNKNOWN) else None
        if not named:
            return None
        return found, meshed and known is Arrival.PLAIN


def _answering(port: Port) -> object:
    """Return all that decides how a port answers calls, as far as no NetworkPolicy has a say."""
    readings = port.readings
    return readings, tuple(tuple(port.arrivals(one).items()) for one in readings)


def _speech(cluster: Cluster, workload: Workload) -> tuple[object, ...]:
    """Return all that decides under which identity a workload calls."""
    users = tuple((container.name, container.user, container.group) for container in workload.containers)
    own = (workload.injection.sidecar, workload.meshed, workload.sidecar, users)
    return identity_of(cluster, workload), *(own if workload.injection.sidecar.possible else ())


def _moved(states: tuple[Cluster, Cluster], keys: Iterable[str], before: Workload, after: Workload) -> str:
    """Return why NetworkPolicies, which look at these labels, see another pod than before; empty: they do not."""
    if before.host_network is not after.host_network:
        why = "now on its node's network" if after.host_network else "no longer on its node's network"
    elif any(_label(before, key) != _label(after, key) for key in keys):
        why = "with other labels"
    else:
        return ""
    return why if any(seen_of(state, before) != seen_of(state, after) for state in states) else ""


def _label(workload: Workload, key: str) -> tuple[object, ...]:
    """Return what is known of one label of a pod."""
    labels = whole(workload.labels)
    return labels.get(key), key in labels.present, labels.present.get(key), labels.open(key)


def _identities(cluster: Cluster, client: Workload, dialled: int) -> Identities:
    """Return under which identity a client calls where it connects to a port, whatever is behind it."""
    own = identity_of(cluster, client)
    carried = Call(client, dialled, client).carried
    return (own,) if carried is Truth.YES else ("",) if carried is Truth.NO else (own, "")


def _pod_class(workload: Workload) -> PodClass:
    return PodClass(workload, (f"{workload.ref.namespace}/{workload.ref.name}",))


def _networks(cluster: Cluster, pair: Sequence[Workload]) -> tuple[NetworkMatch, ...]:
    """Return where a client is whose address is not known: in the networks of pods, or on the host's anywhere."""
    anywhere = any(one.addresses or one.host_network or one.ref.kind == "ExternalWorkload" for one in pair)
    return () if anywhere else cluster.settings.pod_networks


@record
class ClientCalls:
    """The calls of one client: in each state the classes of its identities, and its group of pods."""

    calls: Calls
    identities: tuple[tuple[int, ...], tuple[int, ...]]
    groups: tuple[int, int]
    addresses: int
    """The classes of addresses at which it may be."""
    everywhere: bool
    """Whether it comes under another identity on all ways to the port."""

    @classmethod
    def of(
        cls, calls: Calls, pair: tuple[Workload, Workload], change: IdentityChange, *, everywhere: bool
    ) -> "ClientCalls":
        """Find the classes. Raises TooMany where an identity is in none."""
        classes = [tuple(_class(calls, one) for one in identities) for identities in (change.before, change.after)]
        groups = [_group(calls, pod) for pod in pair]
        ports = [port for port in calls.ports if port is not None]
        axis, networks = calls.clients.addresses, _networks(ports[-1].cluster, pair)
        places = reduce(int.__or__, (axis.of(Part((network,))) for network in networks), 0) if networks else axis.full
        if addresses := pair[1].addresses or pair[0].addresses:
            places = reduce(int.__or__, (1 << _address_class(calls, address) for address in addresses))
        return cls(calls, (classes[0], classes[1]), (groups[0], groups[1]), places & ~calls.past_proxy, everywhere)

    def flips(self, services: Sequence[str]) -> Flips:
        """Return what becomes of the client's calls through these Services, and to the pod's address."""
        found = Flips()
        requests = self.calls.space.requests
        for traffic in Traffic:
            cells = tuple(requests.cells()) if traffic.is_http else (next(requests.cells()),)
            for service in services:
                for cell in cells:
                    self._compare(found, Way(traffic, service), cell)
        return found

    def _compare(self, found: Flips, way: Way, cell: Cell) -> None:
        before, after = self.identities
        opened, closed, moved = self._flips(way, cell, before, after, self.groups)
        # Who reads that both identities, and both pods, gain or lose these calls need not read it of the client.
        told = [
            self._flips(way, cell, (one,), (one,), (group, group))
            for one in dict.fromkeys((*before, *after))
            for group in dict.fromkeys(self.groups)
        ]
        opened &= ~reduce(int.__and__, (gained for gained, _, _ in told))
        closed &= ~reduce(int.__and__, (lost for _, lost, _ in told))
        for flips, state, addresses in (
            (found.opened, 1, opened),
            (found.closed, 0, closed),
            (found.unknown, 1, moved),
        ):
            if addresses:
                direct = way.service == POD_ADDRESS and not self.everywhere
                said = Way(way.traffic, BY_ADDRESS) if direct else way
                entry = Entry(said, self.groups[state], cell)
                flips[entry] = addresses << self.identities[state][0] * self.calls.clients.width

    def _flips(
        self, way: Way, cell: Cell, before: tuple[int, ...], after: tuple[int, ...], groups: tuple[int, int]
    ) -> tuple[int, int, int]:
        """Return from which addresses such calls of these pods are opened, closed, and perhaps one of both."""
        opened = closed = self.addresses
        moved = 0
        for variant in range(len(self.calls.variants)):
            old = self._allowed(0, before, Entry(way, groups[0], cell), variant)
            new = self._allowed(1, after, Entry(way, groups[1], cell), variant)
            now, gone = new.certain & ~old.possible, old.certain & ~new.possible
            moved |= now | gone | (old.possible ^ new.possible) | (old.certain ^ new.certain)
            opened, closed = opened & now, closed & gone
        return opened, closed, moved & ~opened & ~closed

    def _allowed(self, state: int, identities: tuple[int, ...], entry: Entry, variant: int) -> Bits:
        """Return from which addresses the client gets through in one state: for certain under all its identities."""
        certain, possible = self.addresses, 0
        for identity in identities:
            # Without mTLS all ways are alike.
            taken = entry if identity else replace(entry, way=Way(entry.way.traffic, POD_ADDRESS))
            bits = self.calls.allowed(state, taken, variant)
            at = identity * self.calls.clients.width
            certain &= bits.certain >> at
            possible |= bits.possible >> at & self.addresses
        return Bits(certain, possible)

    def said(self, region: Region, state: int, change: IdentityChange) -> Region:
        """Return a region with the client's own identity in place of its class, and the addresses in few words."""
        own = (change.before, change.after)[state][0]
        who: Part[IdentityPattern] = Part((IdentityMatch(own),)) if own else UNMESHED[0].identities
        axis = self.calls.clients.addresses
        places = region.bits >> self.identities[state][0] * self.calls.clients.width & axis.full
        where = min(axis.parts(places), axis.parts(places | axis.full & ~self.addresses), key=_size)
        client = replace(region.witness.client, identity=own)
        shown = replace(region.witness, client=client, workload=change.workload)
        return replace(region, clients=tuple(ClientTerm(who, one) for one in where), witness=shown)


def _size(parts: Sequence[Part[NetworkMatch]]) -> int:
    return len(parts) + sum(len(part.all_of) + 2 * len(part.none_of) for part in parts)


def _class(calls: Calls, identity: str) -> int:
    """Return the class of an identity: of those that meet the same patterns; the first is to have none."""
    axis = calls.clients.identities
    found = axis.like(identity, meets_identity)
    if found is None:
        raise TooMany(f"the identity {identity} is of no class of identities")
    return found


def _address_class(calls: Calls, address: Address) -> int:
    found = calls.clients.addresses.like(address, NetworkMatch.accepts)
    if found is None:
        raise TooMany(f"the address {address} is of no class of addresses")
    return found


def _group(calls: Calls, pod: Workload) -> int:
    """Return the group of pods whom the NetworkPolicies treat as this one."""
    own = _pod_class(pod)
    return next((at for at, group in enumerate(calls.groups) if own in group.classes), 0)


class _ClientFlips:
    """What becomes of the calls of each client to ports that answer alike; clients of one class have the same."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._by_caller: dict[object, tuple[ClientCalls, Flips]] = {}
        self._by_class: dict[object, Flips] = {}

    def of(self, caller: _Caller) -> tuple[ClientCalls, Flips]:
        """Return the calls of a client, and what becomes of them. Raises TooMany."""
        key = caller.number, caller.change, caller.services, caller.everywhere
        if key not in self._by_caller:
            own = ClientCalls.of(self._calls, caller.pair, caller.change, everywhere=caller.everywhere)
            alike = own, caller.services
            if alike not in self._by_class:
                self._by_class[alike] = own.flips(caller.services)
            self._by_caller[key] = own, self._by_class[alike]
        return self._by_caller[key]
