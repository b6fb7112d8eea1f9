"""Who is granted what: from policies and their references to lists of authorizations (R22-R43). Pure."""

from ipaddress import ip_network

from meshpolicy.cluster import Cluster
from meshpolicy.match import IdentityMatch, NetworkMatch
from meshpolicy.objects import (
    GATEWAY_GROUP,
    POLICY_GROUP,
    AuthorizationPolicy,
    MeshTLSAuthentication,
    NetworkAuthentication,
    Server,
    ServerAuthorization,
    Target,
)
from meshpolicy.policy import (
    Authentication,
    Authorization,
    DefaultPolicy,
    Ref,
    TlsAuthenticated,
    TlsUnauthenticated,
    Unauthenticated,
)
from meshpolicy.workload import MeshSettings

EVERYWHERE = (NetworkMatch(ip_network("0.0.0.0/0")), NetworkMatch(ip_network("::/0")))
LOCALHOST = Authorization(
    Ref("default", "default", "", "localhost"),
    (NetworkMatch(ip_network("127.0.0.1/32")), NetworkMatch(ip_network("::1/128"))),
    Unauthenticated(),
)
"""What the proxy adds to every list (R80)."""
CORE = frozenset({"", "core"})


def default_grants(policy: DefaultPolicy, settings: MeshSettings) -> tuple[Authorization, ...]:
    """Return what a default policy, or an accessPolicy of the same word, grants (R22, R43)."""
    if policy is DefaultPolicy.DENY:
        return ()
    inside = policy in (DefaultPolicy.CLUSTER_AUTHENTICATED, DefaultPolicy.CLUSTER_UNAUTHENTICATED)
    authenticated = policy in (DefaultPolicy.ALL_AUTHENTICATED, DefaultPolicy.CLUSTER_AUTHENTICATED)
    networks = cluster_networks(settings) if inside else EVERYWHERE
    authentication: Authentication = TlsAuthenticated((IdentityMatch("*"),)) if authenticated else Unauthenticated()
    return (Authorization(Ref("default", "default", "", policy), networks, authentication),)


def cluster_networks(settings: MeshSettings) -> tuple[NetworkMatch, ...]:
    """Return the cluster's networks (R2)."""
    return tuple(NetworkMatch(ip_network(network, strict=False)) for network in settings.cluster_networks)


def server_grants(cluster: Cluster, server: Server) -> tuple[Authorization, ...]:
    """Return the list S of a Server: older authorizations, policies on it or its Namespace, accessPolicy (R24)."""
    space = server.ref.namespace
    older = (_legacy(cluster, a) for a in cluster.server_authorizations_of.get(space, ()) if _selects(a, server))
    newer = (_granted(cluster, p) for p in cluster.policies_of.get(space, ()) if _targets_server(p, server))
    found = tuple(grant for grant in (*older, *newer) if grant is not None)
    return (*found, *default_grants(server.access, cluster.settings))


def route_grants(cluster: Cluster, route: Ref) -> tuple[Authorization, ...]:
    """Return what policies that target the route itself grant (R28, R51)."""
    policies = cluster.policies_of.get(route.namespace, ())
    found = (_granted(cluster, policy) for policy in policies if _targets_route(policy, route))
    return tuple(grant for grant in found if grant is not None)


def is_kind(target: Target, group: str, kind: str) -> bool:
    """Whether a reference means that kind; case does not count, and an empty group is core (R27)."""
    found = target.group.lower()
    same = found in CORE if group in CORE else found == group
    return same and target.kind.lower() == kind.lower()


def _targets_server(policy: AuthorizationPolicy, server: Server) -> bool:
    if is_kind(policy.target, "", "Namespace"):
        return True
    return is_kind(policy.target, POLICY_GROUP, "Server") and policy.target.name == server.ref.name


def _targets_route(policy: AuthorizationPolicy, route: Ref) -> bool:
    if route.group not in (POLICY_GROUP, GATEWAY_GROUP):
        return False
    return is_kind(policy.target, route.group, route.kind) and policy.target.name.lower() == route.name.lower()


def _granted(cluster: Cluster, policy: AuthorizationPolicy) -> Authorization | None:
    """Join a policy with its references; None if one is missing, unknown or given twice (R29, R31)."""
    networks: tuple[NetworkMatch, ...] | None = None
    identities: tuple[IdentityMatch, ...] | None = None
    via: list[Ref] = []
    for reference in policy.references:
        found = resolve(cluster, reference)
        if found is None:
            return None
        if isinstance(found, NetworkAuthentication):
            if networks is not None:
                return None
            networks = found.networks
        else:
            if identities is not None:
                return None
            identities = identities_of(cluster, found)
        via.append(found.ref)
    authentication = Unauthenticated() if identities is None else TlsAuthenticated(identities)
    return Authorization(policy.ref, EVERYWHERE if networks is None else networks, authentication, tuple(via))


def resolve(cluster: Cluster, target: Target) -> MeshTLSAuthentication | NetworkAuthentication | None:
    """Return what a reference means; a ServiceAccount stands for its one identity (R32, R33)."""
    for kind in ("MeshTLSAuthentication", "NetworkAuthentication"):
        if is_kind(target, POLICY_GROUP, kind):
            return cluster.authentications.get((kind, target.namespace, target.name))
    if is_kind(target, "", "ServiceAccount"):
        ref = Ref("", "ServiceAccount", target.namespace, target.name)
        return MeshTLSAuthentication(ref, (), (target,))
    return None


def identities_of(cluster: Cluster, authentication: MeshTLSAuthentication) -> tuple[IdentityMatch, ...]:
    """Return the identities of a MeshTLSAuthentication: those in words, then those by reference (R34)."""
    settings = cluster.settings
    found = [IdentityMatch(pattern) for pattern in authentication.identities]
    for reference in authentication.references:
        if reference.kind.lower() == "namespace":
            suffix = settings.identity(reference.name, "*")
            found.append(IdentityMatch(suffix))
        else:
            found.append(IdentityMatch(settings.identity(reference.namespace, reference.name)))
    return tuple(found)


def _selects(authorization: ServerAuthorization, server: Server) -> bool:
    if authorization.server:
        return authorization.server == server.ref.name
    return authorization.selector is not None and authorization.selector.accepts(dict(server.labels))


def _legacy(cluster: Cluster, authorization: ServerAuthorization) -> Authorization | None:
    """Join a ServerAuthorization: the first of unauthenticated, any TLS, identities that is given (R40, R41)."""
    authentication: Authentication
    if authorization.unauthenticated:
        authentication = Unauthenticated()
    elif authorization.any_tls:
        authentication = TlsUnauthenticated()
    else:
        words = [IdentityMatch(pattern) for pattern in authorization.identities]
        words += [IdentityMatch(cluster.settings.identity(a.namespace, a.name)) for a in authorization.accounts]
        if not words:
            return None
        authentication = TlsAuthenticated(tuple(words))
    networks = authorization.networks or cluster_networks(cluster.settings)
    return Authorization(authorization.ref, networks, authentication)
