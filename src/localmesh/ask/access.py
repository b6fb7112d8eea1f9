"""The access table: which clients the policies allow to call which running pods. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from localmesh.pods.plan import Group
from localmesh.views import AccessView
from meshpolicy.analysis.calls import NOT_COMPUTED
from meshpolicy.analysis.offers import get_path, grant_lists
from meshpolicy.analysis.words import ANYTHING, asked_words
from meshpolicy.core.client import ANYONE, Arrival, Client
from meshpolicy.core.policy import Authorization, PortPolicy, Protocol, TlsAuthenticated
from meshpolicy.decide.authorized import authorized
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster

STREAMS = (Protocol.OPAQUE, Protocol.TLS)


def access(cluster: Cluster, groups: Iterable[Group], clients: Mapping[str, Client]) -> tuple[AccessView, ...]:
    """Return every allowed call; requests of one client under one authorization share a line."""
    lines: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    for group in groups:
        for container in group.workload.containers:
            for port in container.ports:
                policy = effective(cluster, group.workload, port.number)
                for client, request, because, path in _allowed(policy, clients):
                    key = (client, group.workload.ref.name, port.name or str(port.number), because)
                    lines.setdefault(key, []).append((request, path))
    return tuple(
        AccessView(client, server, port, ", ".join(dict.fromkeys(r for r, _ in found)), because, _first(found))
        for (client, server, port, because), found in lines.items()
    )


def _first(found: Iterable[tuple[str, str]]) -> str:
    return next((path for _, path in found if path), "")


def policy_identities(cluster: Cluster, groups: Iterable[Group]) -> tuple[str, ...]:
    """Return the sorted identities in authorizations: accounts that may call although no workload here has them."""
    policies = (
        effective(cluster, group.workload, port.number)
        for group in groups
        for container in group.workload.containers
        for port in container.ports
    )
    found = {
        identity.pattern
        for policy in policies
        for grant in _grants(policy)
        if isinstance(grant.authentication, TlsAuthenticated)
        for identity in grant.authentication.identities
        if identity.exact
    }
    return tuple(sorted(found))


def _grants(policy: PortPolicy) -> Iterator[Authorization]:
    yield from policy.authorizations
    for http in policy.http_routes:
        yield from http.authorizations
    for grpc in policy.grpc_routes:
        yield from grpc.authorizations


def _allowed(policy: PortPolicy, clients: Mapping[str, Client]) -> Iterator[tuple[str, str, str, str]]:
    """Yield client, allowed requests, authorization, and a path among them for a GET."""
    if policy.skipped:
        yield ANYONE, ANYTHING, "no sidecar stands before this port", "/"
        return
    for label, client in clients.items():
        meshed = client.arrival is not Arrival.PLAIN
        arrival = Arrival.MESHED_OPAQUE if meshed and policy.protocol in STREAMS else client.arrival
        known = replace(client, arrival=arrival)
        try:
            lists = grant_lists(policy, arrival)
        except NOT_COMPUTED as error:
            yield label, "not known", f"not computed: {error}", ""
            continue
        for one in lists:
            grant = authorized(one.grants, known)
            if grant is not None:
                yield label, asked_words(one.asked), str(grant.ref), get_path(one.asked)
