"""Joins policies with the authentications that they name: who is granted what, per Server and per route. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_network

from meshpolicy.core.match import IdentityMatch, NetworkMatch
from meshpolicy.core.policy import (
    Authentication,
    Authorization,
    DefaultPolicy,
    TlsAuthenticated,
    TlsUnauthenticated,
    Unauthenticated,
)
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.kinds.authorizationpolicy import AuthorizationPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import POLICY_GROUP
from meshpolicy.kinds.references import Target, kind_of
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.serverauthorization import ServerAuthorization

EVERYWHERE = (NetworkMatch(ip_network("0.0.0.0/0")), NetworkMatch(ip_network("::/0")))
LOCALHOST = Authorization(
    Ref.added(Origin.LOCALHOST),
    (NetworkMatch(ip_network("127.0.0.1/32")), NetworkMatch(ip_network("::1/128"))),
    Unauthenticated(),
)
"""What the proxy adds to every list (R80)."""
ANY_IDENTITY = TlsAuthenticated((IdentityMatch("*"),))


@lru_cache(256)
def networks(texts: tuple[str, ...]) -> tuple[NetworkMatch, ...]:
    """Return networks of the mesh's settings."""
    return tuple(NetworkMatch(ip_network(text, strict=False)) for text in texts)


class Authorizer:
    """The policies of one namespace, resolved and sorted by what they target."""

    def __init__(self, cluster: Cluster, namespace: str, *, widest: bool = False) -> None:
        """Sort the grants of a namespace; `widest`: with all that objects outside of these manifests may grant."""
        self._cluster = cluster
        self._namespace = namespace
        self.elsewhere: list[tuple[AuthorizationPolicy, Target]] = []
        """References to objects that may exist and are not in these manifests (R130)."""
        self._servers: dict[str, list[Authorization]] = {}
        self._routes: dict[tuple[str, str, str], list[Authorization]] = {}
        self._everywhere: list[Authorization] = []
        for policy in cluster.in_namespace(namespace).authorization_policies:
            self.elsewhere += (
                (policy, reference) for reference in policy.references if elsewhere(cluster, policy, reference)
            )
            grant = resolve(cluster, policy, widest=widest)
            if grant is not None:
                self._sort(policy.target, grant)

    def _sort(self, target: Target, grant: Authorization) -> None:
        kind = kind_of(target)
        if kind == (POLICY_GROUP, "server"):
            self._servers.setdefault(target.name, []).append(grant)
        elif kind == ("core", "namespace"):
            self._everywhere.append(grant)
        else:
            self._routes.setdefault((*kind, target.name.lower()), []).append(grant)

    def server(self, server: Server) -> tuple[Authorization, ...]:
        """Return the list S of a Server (R24): the union of what is granted; nothing takes away."""
        legacy = (
            authorization
            for policy in self._cluster.in_namespace(self._namespace).server_authorizations
            if _selects(policy, server) and (authorization := legacy_grant(self._cluster, policy)) is not None
        )
        own = self._servers.get(server.ref.name, ())
        return (*legacy, *own, *self._everywhere, *granted_by(self._cluster, server.access))

    def route(self, route: Route) -> tuple[Authorization, ...]:
        """Return what is granted on one route; its group must be the one that the policy names (R28)."""
        return tuple(self._routes.get((route.ref.group, route.ref.kind.lower(), route.ref.name.lower()), ()))


def elsewhere(cluster: Cluster, policy: AuthorizationPolicy, reference: Target) -> bool:
    """Whether a policy refers to an authentication that may exist and is not in these manifests (R130)."""
    key = (reference.namespace, reference.name)
    match kind_of(reference):
        case ("policy.linkerd.io", "meshtlsauthentication"):
            missing = key not in cluster.identities
        case ("policy.linkerd.io", "networkauthentication"):
            missing = key not in cluster.networks
        case _:
            return False
    if cluster.left_out(reference.namespace, reference.kind, reference.name) is not None:
        return missing
    named = reference.namespace not in ("", policy.ref.namespace)
    return missing and named and cluster.may_hold_more(reference.namespace)


def resolve(cluster: Cluster, policy: AuthorizationPolicy, *, widest: bool = False) -> Authorization | None:
    """Return the grant of a policy; None where it does nothing.

    So it is where a reference leads nowhere (R31), and where two ask for an identity or for a network (R29).
    With `widest`, a reference to what may exist elsewhere admits all that an object of its kind can.
    """
    authentication: Authentication = Unauthenticated()
    nets: tuple[NetworkMatch, ...] = EVERYWHERE
    via: list[Ref] = []
    classes: set[bool] = set()
    for reference in policy.references:
        found = _reference(cluster, reference)
        if found is None and widest and elsewhere(cluster, policy, reference):
            found = _widest(cluster, reference)
        if found is None:
            return None
        part, ref = found
        via.append(ref)
        by_identity = isinstance(part, TlsAuthenticated)
        if by_identity in classes:
            return None
        classes.add(by_identity)
        if isinstance(part, TlsAuthenticated):
            authentication = part
        else:
            nets = part
    return Authorization(policy.ref, nets, authentication, tuple(via))


def _widest(cluster: Cluster, target: Target) -> tuple[TlsAuthenticated | tuple[NetworkMatch, ...], Ref]:
    """Return all that an authentication could admit: every identity, or every network."""
    ref = Ref(target.group, target.kind, target.namespace, target.name)
    if kind_of(target)[1] == "networkauthentication":
        return EVERYWHERE, ref
    spiffe = (workload.identity for workload in cluster.workloads if workload.identity.startswith("spiffe://"))
    return TlsAuthenticated((IdentityMatch("*"), *map(IdentityMatch, spiffe))), ref


def _reference(cluster: Cluster, target: Target) -> tuple[TlsAuthenticated | tuple[NetworkMatch, ...], Ref] | None:
    key = (target.namespace, target.name)
    match kind_of(target):
        case ("policy.linkerd.io", "meshtlsauthentication") if key in cluster.identities:
            found = cluster.identities[key]
            return TlsAuthenticated(tuple(identity_matches(cluster, found.identities, found.references))), found.ref
        case ("policy.linkerd.io", "networkauthentication") if key in cluster.networks:
            return cluster.networks[key].networks, cluster.networks[key].ref
        case ("core", "serviceaccount"):
            # Whether the account exists is never asked (R5, R33).
            return TlsAuthenticated(tuple(identity_matches(cluster, (), (target,)))), Ref("", "ServiceAccount", *key)
        case _:
            return None


def identity_matches(
    cluster: Cluster, identities: Iterable[str], references: Iterable[Target]
) -> Iterator[IdentityMatch]:
    """Yield what identities and references to accounts and namespaces mean (R5, R34)."""
    for identity in identities:
        yield IdentityMatch(identity)
    for reference in references:
        if kind_of(reference) == ("core", "namespace"):
            yield IdentityMatch(cluster.settings.identity(reference.name, "*"))
        else:
            yield IdentityMatch(cluster.settings.identity(reference.namespace, reference.name))


def _selects(policy: ServerAuthorization, server: Server) -> bool:
    """Whether a ServerAuthorization means a Server: by name, or by the Server's own labels (R39)."""
    if policy.selector is not None:
        return policy.selector.accepts(dict(server.labels))
    return policy.server == server.ref.name


def legacy_grant(cluster: Cluster, policy: ServerAuthorization) -> Authorization | None:
    """Return the grant of a ServerAuthorization; without networks it means the cluster's own (R40, R41)."""
    authentication: Authentication
    if policy.admits_nobody:
        return None
    if policy.unauthenticated:
        authentication = Unauthenticated()
    elif policy.any_tls:
        authentication = TlsUnauthenticated()
    else:
        authentication = TlsAuthenticated(tuple(identity_matches(cluster, policy.identities, policy.accounts)))
    return Authorization(policy.ref, policy.networks or networks(cluster.settings.cluster_networks), authentication)


def granted_by(cluster: Cluster, mode: DefaultPolicy) -> tuple[Authorization, ...]:
    """Return what a default policy or an accessPolicy grants (R22, R43)."""
    ref = Ref.added(Origin.DEFAULT_POLICY, mode.value)
    cluster_networks = networks(cluster.settings.cluster_networks)
    grants: Mapping[DefaultPolicy, Authorization] = {
        DefaultPolicy.ALL_UNAUTHENTICATED: Authorization(ref, EVERYWHERE, Unauthenticated()),
        DefaultPolicy.AUDIT: Authorization(ref, EVERYWHERE, Unauthenticated()),
        DefaultPolicy.ALL_AUTHENTICATED: Authorization(ref, EVERYWHERE, ANY_IDENTITY),
        DefaultPolicy.CLUSTER_UNAUTHENTICATED: Authorization(ref, cluster_networks, Unauthenticated()),
        DefaultPolicy.CLUSTER_AUTHENTICATED: Authorization(ref, cluster_networks, ANY_IDENTITY),
    }
    return (grants[mode],) if mode in grants else ()
