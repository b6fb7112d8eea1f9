"""Everything the manifests say, by namespace, ready to be asked. Pure values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meshpolicy.kinds.network import NetworkPolicies, NetworkPolicy
from meshpolicy.kinds.objects import (
    AuthorizationPolicy,
    Gateway,
    MeshTLSAuthentication,
    Namespace,
    NetworkAuthentication,
    RateLimitPolicy,
    Route,
    Server,
    ServerAuthorization,
)
from meshpolicy.kinds.workload import MeshSettings, Service, Workload


@dataclass(frozen=True, slots=True)
class Space:
    """The policy objects of one namespace."""

    servers: tuple[Server, ...] = ()
    """In the order in which they claim ports: the oldest first (R16)."""
    policies: tuple[AuthorizationPolicy, ...] = ()
    server_authorizations: tuple[ServerAuthorization, ...] = ()
    routes: tuple[Route, ...] = ()
    """In Linkerd's order (R55)."""
    rate_limits: tuple[RateLimitPolicy, ...] = ()
    """The oldest first (R99)."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """What a set of manifests says."""

    settings: MeshSettings = field(default_factory=MeshSettings)
    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    spaces: Mapping[str, Space] = field(default_factory=dict)
    identities: Mapping[tuple[str, str], MeshTLSAuthentication] = field(default_factory=dict)
    """MeshTLSAuthentications by namespace and name."""
    networks: Mapping[tuple[str, str], NetworkAuthentication] = field(default_factory=dict)
    """NetworkAuthentications by namespace and name."""
    network_policies: NetworkPolicies = field(default_factory=lambda: NetworkPolicies((), {}))

    joined: dict[str, object] = field(default_factory=dict, repr=False)
    """What was joined already, so that it is joined once; filled by `joined`."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """Return the routes of all namespaces."""
        return tuple(route for space in self.spaces.values() for route in space.routes)

    @property
    def servers(self) -> tuple[Server, ...]:
        """Return the Servers of all namespaces."""
        return tuple(server for space in self.spaces.values() for server in space.servers)

    @property
    def policies(self) -> tuple[AuthorizationPolicy, ...]:
        """Return the AuthorizationPolicies of all namespaces."""
        return tuple(policy for space in self.spaces.values() for policy in space.policies)

    def space(self, namespace: str) -> Space:
        """Return the policy objects of a namespace, none if it has none."""
        return self.spaces.get(namespace, EMPTY)

    def workload(self, namespace: str, name: str) -> Workload | None:
        """Return a workload by name."""
        return next((w for w in self.workloads if w.ref.namespace == namespace and w.ref.name == name), None)


EMPTY = Space()

PolicyObject = (
    Server
    | AuthorizationPolicy
    | MeshTLSAuthentication
    | NetworkAuthentication
    | ServerAuthorization
    | RateLimitPolicy
    | Route
    | NetworkPolicy
)


def spaces(objects: Iterable[PolicyObject]) -> dict[str, Space]:
    """Sort the policy objects into namespaces, each list in Linkerd's order."""
    by_namespace: dict[str, list[PolicyObject]] = {}
    for item in objects:
        by_namespace.setdefault(item.ref.namespace, []).append(item)
    return {namespace: _space(items) for namespace, items in by_namespace.items()}


def _space(items: list[PolicyObject]) -> Space:
    return Space(
        tuple(sorted((i for i in items if isinstance(i, Server)), key=lambda s: (s.created, s.ref.name))),
        tuple(i for i in items if isinstance(i, AuthorizationPolicy)),
        tuple(i for i in items if isinstance(i, ServerAuthorization)),
        tuple(sorted((i for i in items if isinstance(i, Route)), key=_route_order)),
        tuple(sorted((i for i in items if isinstance(i, RateLimitPolicy)), key=lambda r: (r.created, r.ref.name))),
    )


def _route_order(route: Route) -> tuple[bool, str, str, str, str]:
    """Rank routes: with a timestamp before without, the oldest first, then by name, group and kind (R55)."""
    return (not route.created, route.created, route.ref.name, route.ref.group, route.ref.kind)
