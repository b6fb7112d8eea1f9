"""Who may call whom, as the policies decide it for the pods that run; nothing here knows the project's names. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from localmesh.pods.plan import Group
from localmesh.views import AccessView
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import HttpMatch, PathKind
from meshpolicy.core.policy import Authorization, HttpRoute, PortPolicy, Protocol, TlsAuthenticated
from meshpolicy.decide.authorized import authorized
from meshpolicy.decide.decide import decide
from meshpolicy.decide.routing import Request
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster

STREAMS = (Protocol.OPAQUE, Protocol.TLS)
ANYONE = "anyone"
EVERYTHING = HttpMatch()


def access(cluster: Cluster, groups: Iterable[Group], clients: Mapping[str, Client]) -> tuple[AccessView, ...]:
    """Return every call that is allowed; requests that one client may make by one grant share a line."""
    lines: dict[tuple[str, str, str, str], list[str]] = {}
    for group in groups:
        for container in group.workload.containers:
            for port in container.ports:
                policy = effective(cluster, group.workload, port.number)
                for client, request, because in _allowed(policy, clients):
                    key = (client, group.workload.ref.name, port.name or str(port.number), because)
                    lines.setdefault(key, []).append(request)
    return tuple(
        AccessView(client, server, port, ", ".join(dict.fromkeys(requests)), because)
        for (client, server, port, because), requests in lines.items()
    )


def policy_identities(cluster: Cluster, groups: Iterable[Group]) -> tuple[str, ...]:
    """Return the identities that some grant names, in order: accounts that may call without being a workload here."""
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


def _allowed(policy: PortPolicy, clients: Mapping[str, Client]) -> Iterator[tuple[str, str, str]]:
    if policy.skipped:
        yield ANYONE, "anything", "no sidecar stands before this port"
        return
    for label, client in clients.items():
        if policy.protocol in STREAMS:
            yield from ((label, "any stream", because) for because in _stream(policy, client))
        for route in policy.http_routes:
            for match in (match for rule in route.rules for match in rule.matches or (EVERYTHING,)):
                if because := _grant(policy, route, match, client):
                    yield label, words(match), because
        for grpc in policy.grpc_routes:
            if grant := authorized(grpc.authorizations, client):
                yield label, f"calls of {grpc.ref}", str(grant.ref)


def _stream(policy: PortPolicy, client: Client) -> Iterator[str]:
    meshed = client.arrival is not Arrival.PLAIN
    decision = decide(
        policy, replace(client, arrival=Arrival.MESHED_OPAQUE) if meshed else client, Request(), Traffic.TCP
    )
    if decision.authorization:
        yield str(decision.authorization.ref)


def _grant(policy: PortPolicy, route: HttpRoute, match: HttpMatch, client: Client) -> str:
    """Return what admits a request that is made after a match; nothing where another route takes it, or none does."""
    if match.path and match.path.kind is PathKind.REGEX:
        grant = authorized(route.authorizations, client)
        return str(grant.ref) if grant else ""
    headers = {header.name: header.value for header in match.headers if not header.regex}
    query = "&".join(f"{pair.name}={pair.value}" for pair in match.query if not pair.regex)
    path = (match.path.value if match.path else "/") + (f"?{query}" if query else "")
    host = route.hostnames[0].pattern.replace("*", "any", 1) if route.hostnames else ""
    decision = decide(policy, client, Request(match.method or "GET", path, headers, host))
    met = decision.allowed and decision.route == route.ref and decision.authorization
    return str(decision.authorization.ref) if met and decision.authorization else ""


def words(match: HttpMatch) -> str:
    """Return a match as a person would write the request: `GET /ping`, `any /*`."""
    method = match.method or "any"
    if match.path is None:
        return f"{method} /*"
    match match.path.kind:
        case PathKind.EXACT:
            return f"{method} {match.path.value}"
        case PathKind.PREFIX:
            return f"{method} {match.path.value.rstrip('/')}/*"
        case PathKind.REGEX:
            return f"{method} ~{match.path.value}"
