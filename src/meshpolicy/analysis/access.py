"""Every access that a cluster grants: who, to which port, for which requests, by which object. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from meshpolicy.analysis.calls import NOT_COMPUTED
from meshpolicy.analysis.clients import ANY_IDENTITY, ANYONE, Clientele, Clients, ClientSet, ClientTerm, meets_identity
from meshpolicy.analysis.offers import Offers
from meshpolicy.analysis.pods import walls
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import SOMEBODY, admin_port, callable_ports
from meshpolicy.analysis.regions import ANYTHING, Asked
from meshpolicy.core.axis import Part
from meshpolicy.core.match import IdentityMatch, NetworkMatch
from meshpolicy.core.policy import Authorization, TlsAuthenticated, TlsUnauthenticated, Unauthenticated
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.core.truth import Truth
from meshpolicy.decide.connection import Connection
from meshpolicy.decide.outbound import kept_by_clients
from meshpolicy.decide.transport import called_by_ipv6, find_service_targets, identity_of
from meshpolicy.index.effective import IPV6, skipped
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.adminnetworkpolicy import AdminNetworkPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

UNMESHED: ClientSet = (ClientTerm(Part((), (ANY_IDENTITY,))),)
BY_IPV6: ClientSet = (ClientTerm(networks=Part((IPV6,))),)
"""All clients that call over IPv6, meshed and unmeshed."""


@record
class Access:
    """Requests that some clients may make of one port by one grant."""

    server: Ref
    port: int
    clients: ClientSet
    asked: tuple[Asked, ...]
    by: Ref
    routes: tuple[Ref, ...] = ()
    """The routes that the requests match."""
    blocked: tuple[Ref, ...] = ()
    """The NetworkPolicies that block these clients although the grant admits them."""
    admitted_by: tuple[Ref, ...] = ()
    """The NetworkPolicies whose rules choose which of the clients pass; empty if all pass."""
    unknown: str = ""
    """Why it is unknown whether this access is granted; empty if it is known."""

    @property
    def unmeshed(self) -> bool:
        """Whether a client without mesh identity gets in."""
        return any(not term.identities.all_of for term in self.clients)


def accesses(cluster: Cluster, workloads: Iterable[Workload] | None = None) -> Iterator[Access]:
    """Yield every access to the ports of the workloads, including unknown access, with the reason."""
    callers = _Callers(cluster)
    for workload in cluster.workloads if workloads is None else workloads:
        for number in callable_ports(cluster, workload):
            yield from _of_port(Port(cluster, workload, number), callers)


def unlisted(cluster: Cluster, workloads: Iterable[Workload]) -> Iterator[Access]:
    """Yield the accesses to the admin ports of proxies that no Server names, which `accesses` leaves out (R103)."""
    callers = _Callers(cluster)
    for workload in workloads:
        number = admin_port(workload)
        if number is not None and number not in callable_ports(cluster, workload):
            yield from _of_port(Port(cluster, workload, number), callers)


def _of_port(port: Port, callers: "_Callers") -> Iterator[Access]:
    policy, ref = port.policy, port.workload.ref
    if policy.skipped_in_any_case:
        admitting, blocking = _walled(port, port.number)
        by = Ref.added(Origin.SKIPPED) if policy.server.is_object else policy.server
        yield Access(ref, port.number, ANYONE, ANYTHING, by, (), blocking, admitting)
        return
    if policy.unknown is not None:
        yield Access(ref, port.number, ANYONE, ANYTHING, policy.server, unknown=policy.unknown.text)
        return
    yield from _past_proxy(port)
    try:
        offers = Offers(port)
    except NOT_COMPUTED as error:
        yield Access(ref, port.number, ANYONE, ANYTHING, policy.server, unknown=f"not computed: {error}")
        return
    for offer in offers:
        for meshed, (who, asked) in offers.asked(offer):
            for clients in _among(who, subjects(offer.grant, meshed=meshed)):
                admitting, blocked, doubt = callers.walled(clients, port, offer.grant.ref.origin)
                doubt = doubt or callers.kept_by_proxies(clients, port)
                by, routes = offer.grant.ref, tuple(offer.routes)
                yield Access(ref, port.number, clients, asked, by, routes, blocked, admitting, doubt)
    if offers.unknown:
        yield Access(ref, port.number, ANYONE, ANYTHING, policy.server, unknown=offers.unknown)


def _past_proxy(port: Port) -> Iterator[Access]:
    """Yield the access of clients whose packets bypass the proxy (R114, R115)."""
    ref, by = port.workload.ref, Ref.added(Origin.SKIPPED)
    for bypass in port.policy.bypasses:
        if bypass.network != IPV6:
            yield Access(ref, port.number, _unmeshed_in(bypass.network), ANYTHING, by)
        elif (past := called_by_ipv6(port.cluster, port.workload, port.number)) is not None:
            admitting, blocking = _walled(port, port.number)
            doubt = "" if past.certain else str(past)
            yield Access(ref, port.number, BY_IPV6, ANYTHING, by, (), blocking, admitting, doubt)


def _unmeshed_in(network: NetworkMatch) -> ClientSet:
    return (ClientTerm(UNMESHED[0].identities, Part((network,))),)


def subjects(grant: Authorization, *, meshed: bool | None = None) -> Iterator[ClientSet]:
    """Yield the clients that a grant admits, one set for each identity that it names.

    `meshed` restricts the clients of a grant without authentication: True to meshed ones, False to unmeshed ones.
    """
    match grant.authentication:
        case Unauthenticated():
            who: list[Part[Any]] = [Part()]
            if meshed is not None:
                who = [Part((ANY_IDENTITY,))] if meshed else [UNMESHED[0].identities]
        case TlsUnauthenticated():
            who = [Part((ANY_IDENTITY,))]
        case TlsAuthenticated(identities):
            who = [Part((identity,)) for identity in dict.fromkeys(identities)]
    everywhere = {network.cidr.version for network in grant.networks if network.everywhere} == {4, 6}
    for part in who:
        nets: list[Part[Any]] = [Part()] if everywhere else [Part((network,)) for network in grant.networks]
        yield tuple(ClientTerm(part, network) for network in nets)


def _among(who: ClientSet, subjects: Iterable[ClientSet]) -> Iterator[ClientSet]:
    """Yield the intersection of each set with the clients `who`, leaving out empty ones."""
    for clients in subjects:
        if who == ANYONE:
            yield clients
        else:
            patterns = Clientele()
            patterns.add_set((*who, *clients))
            known = Clients.of(patterns)
            if both := known.within(who) & known.within(clients):
                yield known.described(both)


def _walled(port: Port, *wires: int) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """Return the NetworkPolicies that choose who reaches a pod on some ports, and those that block everyone (N1, N6).

    At least one of the two is empty; both are if everybody reaches the first of the ports.
    """
    isolating = index_of(port.cluster).network_policies.isolating(port.workload, Direction.INGRESS)
    if beyond := tuple(_beyond(port)):
        return (*(policy.ref for policy in isolating), *beyond), ()
    some = [policy for policy in isolating if any(policy.admits_to(port.workload, wire).possible for wire in wires)]
    if any(policy.admits_to(port.workload, wires[0], everybody=True) is Truth.YES for policy in some):
        return (), ()
    return tuple(policy.ref for policy in some), () if some else tuple(policy.ref for policy in isolating)


def _beyond(port: Port) -> Iterator[Ref]:
    """Yield the policies of other kinds than NetworkPolicy that decide, or may decide, who reaches a pod."""
    policies = index_of(port.cluster).network_policies
    for policy in port.cluster.of(AdminNetworkPolicy):
        if policy.ingress and policies.selects("", policy.subject, Endpoint(port.workload)).possible:
            yield policy.ref
    yield from (one.ref for one in port.cluster.of(OtherNetworkPolicy) if one.selects(port.workload).possible)


class _Callers:
    """The workloads of a cluster by identity, to check each of them against the NetworkPolicies."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @cached_property
    def _by_identity(self) -> Mapping[str, list[Workload]]:
        found: dict[str, list[Workload]] = {}
        for workload in self._cluster.workloads:
            found.setdefault(identity_of(self._cluster, workload), []).append(workload)
        return found

    def walled(self, clients: ClientSet, port: Port, origin: Origin) -> tuple[tuple[Ref, ...], tuple[Ref, ...], str]:
        """Return the NetworkPolicies that admit some of the clients, those that block all, and why that is unknown.

        If the clients are one account with workloads in the manifests, these workloads are checked one by one. For
        other accounts and for wider sets of clients, only the rules are read.
        No policy blocks the kubelet's probes to pods of its own node (N2).
        """
        if origin is Origin.PROBES or not walls(self._cluster):
            return (), (), ""
        workloads = self._of_account(clients)
        if workloads:
            return ((), *self._blocked(workloads, port.workload, port.number))
        admitting, blocking = _walled(port, *self._wires(clients, port))
        return () if _account(clients) is not None else admitting, blocking, ""

    def _wires(self, clients: ClientSet, port: Port) -> tuple[int, ...]:
        """Return the ports on which the clients' connections arrive; the port for unmeshed clients comes first (N9)."""
        found = [] if all(term.identities.all_of for term in clients) else [port.number]
        if any(ANY_IDENTITY not in term.identities.none_of for term in clients):
            found.append(self._wire(SOMEBODY, port.workload, port.number).wire_port)
        return tuple(found)

    def _blocked(self, workloads: Iterable[Workload], server: Workload, port: int) -> tuple[tuple[Ref, ...], str]:
        """Return the NetworkPolicies that block all of the workloads, or why it is unknown whether one passes.

        Both are empty if at least one workload passes.
        """
        found: dict[Ref, None] = {}
        doubt = ""
        for workload in workloads:
            verdict = self._wire(workload, server, port).blocked(index_of(self._cluster).network_policies)
            if verdict is None:
                return (), ""
            if verdict.truth is Truth.UNKNOWN:
                names = ", ".join(map(str, verdict.policies))
                doubt = verdict.reason.text if verdict.reason else f"whether {names} lets {workload.ref} through"
            found |= dict.fromkeys(verdict.policies)
        return ((), doubt) if doubt else (tuple(found), "")

    def kept_by_proxies(self, clients: ClientSet, port: Port) -> str:
        """Return why the clients' own proxies may stop every call to the server's name; empty if some call leaves them.

        Only Services with the workload's own name count, as `check` calls these. Other Services leave the pod's
        address as a way.
        """
        if not all(term.identities.all_of for term in clients):
            return ""
        targets = find_service_targets(self._cluster, port.workload, port.number)
        targets = [one for one in targets if one.service.ref.name == port.workload.ref.name]
        homes = dict.fromkeys(one.ref.namespace for one in self._of_account(clients)) or {"": None}
        reasons = [kept_by_clients(self._cluster, target, home) for target in targets for home in homes]
        first = next(iter(reasons), None)
        return "" if first is None or not all(reasons) else first.text

    def _of_account(self, clients: ClientSet) -> list[Workload]:
        """Return the workloads of the account, if the clients are exactly one account; otherwise none."""
        return self._by_identity.get(_account(clients) or "", [])

    def _wire(self, client: Workload, server: Workload, port: int) -> Connection:
        tunnelled = self._cluster.settings.outbound_transport_mode != "transparent"
        return Connection(Endpoint(client), server, port, skipped=skipped(server, port), tunnelled=tunnelled)


def _account(clients: ClientSet) -> str | None:
    """Return the identity, if the clients have exactly one; otherwise None."""
    patterns = {pattern for term in clients for pattern in term.identities.all_of}
    identity = next(iter(patterns)) if len(patterns) == 1 else None
    return identity.pattern if isinstance(identity, IdentityMatch) and identity.exact else None


def isolated(cluster: Cluster, workload: Workload) -> bool:
    """Whether a NetworkPolicy isolates a workload for ingress."""
    return bool(index_of(cluster).network_policies.isolating(workload, Direction.INGRESS))


def account_of(workload: Workload) -> str:
    """Return `namespace/account`."""
    return f"{workload.ref.namespace}/{workload.service_account}"


def admits(access: Access, identity: str) -> bool:
    """Whether an access includes clients with an identity, at some address."""
    return means(access.clients, identity)


def means(clients: ClientSet, identity: str) -> bool:
    """Whether a set of clients includes clients with an identity, at some address."""
    return any(term.identities.holds(lambda one: meets_identity(one, identity)) for term in clients)
