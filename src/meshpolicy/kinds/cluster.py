"""Everything the manifests say, by namespace, ready to be asked. Pure values."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from meshpolicy.kinds.authorizationpolicy import AuthorizationPolicy
from meshpolicy.kinds.gateway import Gateway
from meshpolicy.kinds.httplocalratelimitpolicy import RateLimitPolicy
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.meshtlsauthentication import MeshTLSAuthentication
from meshpolicy.kinds.namespace import Namespace
from meshpolicy.kinds.networkauthentication import NetworkAuthentication
from meshpolicy.kinds.networkpolicy import NetworkPolicy
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.serverauthorization import ServerAuthorization
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace

T = TypeVar("T", bound=Object)
Made = TypeVar("Made")


@record
class NamespacePolicies:
    """The policy objects of one namespace."""

    servers: tuple[Server, ...] = ()
    """In the order in which they claim ports: the oldest first (R16)."""
    authorization_policies: tuple[AuthorizationPolicy, ...] = ()
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
    by_namespace: Mapping[str, NamespacePolicies] = field(default_factory=dict)
    identities: Mapping[tuple[str, str], MeshTLSAuthentication] = field(default_factory=dict)
    """MeshTLSAuthentications by namespace and name."""
    networks: Mapping[tuple[str, str], NetworkAuthentication] = field(default_factory=dict)
    """NetworkAuthentications by namespace and name."""
    network_policies: tuple[NetworkPolicy, ...] = ()
    objects: tuple[Object, ...] = ()
    """Every object as it is written."""
    closed: bool = False
    """Whether these are all objects of the cluster; else others may lie in namespaces of which no workload is here."""
    derived: dict[Callable[["Cluster"], Any], Any] = field(default_factory=dict, repr=False)
    """What others made of these objects, by what makes it."""

    def once(self, make: "Callable[[Cluster], Made]") -> Made:
        """Return what a function makes of these objects; it is made once."""
        if make not in self.derived:
            self.derived[make] = make(self)
        found: Made = self.derived[make]
        return found

    @property
    def routes(self) -> tuple[Route, ...]:
        """Return the routes of all namespaces."""
        return tuple(route for policies in self.by_namespace.values() for route in policies.routes)

    @property
    def servers(self) -> tuple[Server, ...]:
        """Return the Servers of all namespaces."""
        return tuple(server for policies in self.by_namespace.values() for server in policies.servers)

    @property
    def authorization_policies(self) -> tuple[AuthorizationPolicy, ...]:
        """Return the AuthorizationPolicies of all namespaces."""
        return tuple(policy for policies in self.by_namespace.values() for policy in policies.authorization_policies)

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """Return the objects of one type as they are written, of kinds without a field of their own, too."""
        if kind not in self.derived:
            self.derived[kind] = tuple(item for item in self.objects if isinstance(item, kind))
        found: tuple[T, ...] = self.derived[kind]
        return found

    def in_namespace(self, namespace: str) -> NamespacePolicies:
        """Return the policy objects of a namespace, none if it has none."""
        return self.by_namespace.get(namespace, NO_POLICIES)

    @property
    def known_namespaces(self) -> frozenset[str]:
        """Return the namespaces of which some workload is in the input: those are taken to be here as a whole."""
        return self.once(_known_namespaces)

    def may_hold_more(self, namespace: str) -> bool:
        """Whether objects of a namespace may exist that these manifests do not have (R130)."""
        return not self.closed and namespace not in self.known_namespaces

    def left_out(self, namespace: str, kind: str, name: str) -> Undecided | None:
        """Return an object that is here and of which it is not known what it says, by its name."""
        named = (namespace, kind.lower(), name.lower())
        found = ((item, item.ref) for item in self.of(Undecided))
        return next((i for i, ref in found if (ref.namespace, ref.kind.lower(), ref.name.lower()) == named), None)

    def renders_into(self, namespace: str) -> bool:
        """Whether something here renders objects of a namespace, which are not in the input."""
        return any(item.elsewhere and item.ref.namespace == namespace for item in self.of(Undecided))

    def workload(self, namespace: str, name: str) -> Workload | None:
        """Return a workload by name."""
        return next((w for w in self.workloads if w.ref.namespace == namespace and w.ref.name == name), None)


NO_POLICIES = NamespacePolicies()


def sort_by_namespace(objects: Iterable[Object]) -> dict[str, NamespacePolicies]:
    """Sort the policy objects into namespaces, each list in Linkerd's order."""
    by_namespace: dict[str, list[Object]] = {}
    for item in objects:
        by_namespace.setdefault(item.ref.namespace, []).append(item)
    return {namespace: _namespace_policies(items) for namespace, items in by_namespace.items()}


def with_policies(cluster: Cluster, more: Iterable[Object]) -> Cluster:
    """Return a cluster with more policies; of all else, Namespaces and what runs in them, it has what it had."""
    found = tuple(more)
    spaces = {item.ref.namespace for item in found}
    near = (item for item in (*cluster.objects, *found) if item.ref.namespace in spaces)
    kept = (item for item in near if not isinstance(item, Namespace | Workload | Service | Gateway))
    return replace(
        cluster,
        by_namespace={**cluster.by_namespace, **sort_by_namespace(kept)},
        identities={
            **cluster.identities,
            **{(i.ref.namespace, i.ref.name): i for i in found if isinstance(i, MeshTLSAuthentication)},
        },
        networks={
            **cluster.networks,
            **{(i.ref.namespace, i.ref.name): i for i in found if isinstance(i, NetworkAuthentication)},
        },
        network_policies=(*cluster.network_policies, *(i for i in found if isinstance(i, NetworkPolicy))),
        objects=(*cluster.objects, *found),
        derived={},
    )


def _known_namespaces(cluster: Cluster) -> frozenset[str]:
    return frozenset(workload.ref.namespace for workload in cluster.workloads)


def _namespace_policies(items: list[Object]) -> NamespacePolicies:
    return NamespacePolicies(
        tuple(sorted((i for i in items if isinstance(i, Server)), key=lambda s: (s.created, s.ref.name))),
        tuple(i for i in items if isinstance(i, AuthorizationPolicy)),
        tuple(i for i in items if isinstance(i, ServerAuthorization)),
        tuple(sorted((i for i in items if isinstance(i, Route)), key=route_order)),
        tuple(sorted((i for i in items if isinstance(i, RateLimitPolicy)), key=lambda r: (r.created, r.ref.name))),
    )


def route_order(route: Route) -> tuple[bool, str, str, str, str]:
    """Rank routes: with a timestamp before without, the oldest first, then by name, group and kind (R55)."""
    return (not route.created, route.created, route.ref.name, route.ref.group, route.ref.kind)
