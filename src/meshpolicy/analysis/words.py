"""Grants, routes and identities in words that a person reads. Pure."""

from meshpolicy.core.match import GrpcMatch, HttpMatch, IdentityMatch, PathKind, ValueMatch
from meshpolicy.core.policy import (
    Authorization,
    GrpcRoute,
    HttpRoute,
    Origin,
    TlsAuthenticated,
    TlsUnauthenticated,
    Unauthenticated,
)
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings

ANYONE = "anyone"
ANY_MESHED = "any meshed client"
EVERYTHING = "every request"


def subjects(grant: Authorization, settings: MeshSettings) -> tuple[str, ...]:
    """Return whom a grant means, one word a client: `pingpong/pinger`, `anyone`, `anyone in 10.0.0.0/8`."""
    match grant.authentication:
        case Unauthenticated():
            who: tuple[str, ...] = (ANYONE,)
        case TlsUnauthenticated():
            who = (ANY_MESHED,)
        case TlsAuthenticated(identities):
            who = tuple(dict.fromkeys(account(identity, settings) for identity in identities))
    if any(network.everywhere for network in grant.networks):
        return who
    ranges = ", ".join(
        str(network.cidr) + (f" less {', '.join(map(str, network.exceptions))}" if network.exceptions else "")
        for network in grant.networks
    )
    return tuple(f"{name} in {ranges}" for name in who)


def wider_clients(client: str) -> tuple[str, ...]:
    """Return the words of a list for those who hold a client, itself first."""
    inner, within, _ = client.partition(" in ")
    if within:
        return client, *wider_clients(inner)
    if client == ANYONE or "://" in client:  # no wildcard means a SPIFFE id (R84)
        return tuple(dict.fromkeys((client, ANYONE)))
    namespace = client.partition("/")[0]
    return tuple(dict.fromkeys((client, f"any account of {namespace}", ANY_MESHED, ANYONE)))


def counted(count: int, word: str) -> str:
    """Return a count with its word, in the plural unless it is one."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def account(identity: IdentityMatch, settings: MeshSettings) -> str:
    """Return `namespace/account` for an identity of this mesh, words for a wildcard, else the identity itself."""
    if identity.pattern == "*":
        return ANY_MESHED
    suffix = settings.identity("", "")[1:]  # `.serviceaccount.identity.…`, behind the namespace
    inner = identity.pattern.removesuffix(suffix)
    if inner == identity.pattern or inner.count(".") != 1:
        return identity.pattern
    name, _, namespace = inner.partition(".")
    return f"any account of {namespace}" if name == "*" else f"{namespace}/{name}"


def http_words(route: HttpRoute) -> str:
    """Return what an HTTPRoute matches: `GET /ping, GET /pong`."""
    if route.ref.origin is Origin.DEFAULT_ROUTE:
        return EVERYTHING
    hosts = f" at {', '.join(host.pattern for host in route.hostnames)}" if route.hostnames else ""
    found = [
        match_words(match) if match is not None else "every request"
        for rule in route.rules
        for match in (rule.matches or (None,))
    ]
    return (", ".join(dict.fromkeys(found)) or "no request") + hosts


def match_words(match: HttpMatch) -> str:
    """Return one match: method, path, headers and query."""
    if match.path is None:
        path = "/*"
    elif match.path.kind is PathKind.PREFIX:
        path = f"{match.path.value.rstrip('/')}/*"
    elif match.path.kind is PathKind.REGEX:
        path = f"~{match.path.value}"
    else:
        path = match.path.value
    query = f"?{'&'.join(map(_value, match.query))}" if match.query else ""
    headers = "".join(f" [{_value(header)}]" for header in match.headers)
    return f"{match.method or 'any method'} {path}{query}{headers}"


def _value(value: ValueMatch) -> str:
    return f"{value.name}{'~' if value.regex else '='}{value.value}"


def grpc_words(route: GrpcRoute) -> str:
    """Return what a GRPCRoute matches: `ping.Ping/Ping`."""
    found = [
        f"{match.service or '*'}/{match.method or '*'}" if match not in (None, GrpcMatch()) else "every call"
        for rule in route.rules
        for match in (rule.matches or (None,))
    ]
    return ", ".join(dict.fromkeys(found)) or "no call"


def named_accounts(cluster: Cluster) -> tuple[str, ...]:
    """Return every account that some authentication names, as `namespace/account`."""
    found: dict[str, None] = {}
    for authentication in cluster.identities.values():
        for text in authentication.identities:
            found[account(IdentityMatch(text), cluster.settings)] = None
        for reference in authentication.references:
            if reference.kind.lower() == "serviceaccount":
                found[f"{reference.namespace}/{reference.name}"] = None
    for policy in cluster.authorization_policies:
        for reference in policy.references:
            if reference.kind.lower() == "serviceaccount":
                found[f"{reference.namespace}/{reference.name}"] = None
    return tuple(name for name in found if "/" in name and " " not in name and "://" not in name)
