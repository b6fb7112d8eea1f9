"""Everything the manifests say, by kind, with look-ups that stay fast for thousands of pods. Pure values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeVar

from meshpolicy.document import Document
from meshpolicy.errors import UnknownWorkload
from meshpolicy.match import Address
from meshpolicy.objects import (
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
from meshpolicy.policy import Ref
from meshpolicy.workload import MeshSettings, Service, Workload


class Named(Protocol):
    """Anything that remembers the object it was read from."""

    @property
    def ref(self) -> Ref:
        """The object."""


Kind = TypeVar("Kind", bound=Named)


@dataclass(frozen=True)
class Cluster:
    """The manifests, read and sorted; `other` keeps documents of kinds that decide nothing here."""

    settings: MeshSettings = field(default_factory=MeshSettings)
    namespaces: tuple[Namespace, ...] = ()
    accounts: tuple[Ref, ...] = ()
    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    servers: tuple[Server, ...] = ()
    policies: tuple[AuthorizationPolicy, ...] = ()
    server_authorizations: tuple[ServerAuthorization, ...] = ()
    mesh_tls: tuple[MeshTLSAuthentication, ...] = ()
    networks: tuple[NetworkAuthentication, ...] = ()
    rate_limits: tuple[RateLimitPolicy, ...] = ()
    routes: tuple[Route, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    other: tuple[Document, ...] = ()

    @cached_property
    def servers_of(self) -> Mapping[str, tuple[Server, ...]]:
        """Servers by namespace, in the order in which they claim ports: oldest first, then by name (R16)."""
        found = by_namespace(self.servers)
        return {space: tuple(sorted(some, key=lambda s: (s.created, s.ref.name))) for space, some in found.items()}

    @cached_property
    def policies_of(self) -> Mapping[str, tuple[AuthorizationPolicy, ...]]:
        """AuthorizationPolicies by namespace."""
        return by_namespace(self.policies)

    @cached_property
    def server_authorizations_of(self) -> Mapping[str, tuple[ServerAuthorization, ...]]:
        """ServerAuthorizations by namespace."""
        return by_namespace(self.server_authorizations)

    @cached_property
    def rate_limits_of(self) -> Mapping[str, tuple[RateLimitPolicy, ...]]:
        """HTTPLocalRateLimitPolicies by namespace."""
        return by_namespace(self.rate_limits)

    @cached_property
    def routes_of(self) -> Mapping[str, tuple[Route, ...]]:
        """HTTPRoutes and GRPCRoutes by namespace."""
        return by_namespace(self.routes)

    @cached_property
    def services_of(self) -> Mapping[str, tuple[Service, ...]]:
        """Services by namespace."""
        return by_namespace(self.services)

    @cached_property
    def authentications(self) -> Mapping[tuple[str, str, str], MeshTLSAuthentication | NetworkAuthentication]:
        """Authentications by kind, namespace and name."""
        return {(a.ref.kind, a.ref.namespace, a.ref.name): a for a in (*self.mesh_tls, *self.networks)}

    @cached_property
    def workloads_by_name(self) -> Mapping[tuple[str, str], Workload]:
        """Workloads by namespace and name; of equal names the first counts."""
        found: dict[tuple[str, str], Workload] = {}
        for workload in self.workloads:
            found.setdefault((workload.ref.namespace, workload.ref.name), workload)
        return found

    @cached_property
    def workloads_by_address(self) -> Mapping[Address, Workload]:
        """Workloads by the addresses of their pods."""
        return {address: workload for workload in self.workloads for address in workload.addresses}

    @cached_property
    def namespaces_by_name(self) -> Mapping[str, Namespace]:
        """Namespaces by name."""
        return {space.ref.name: space for space in self.namespaces}

    def workload(self, namespace: str, name: str) -> Workload:
        """Return a workload, or raise UnknownWorkload with what there is."""
        found = self.workloads_by_name.get((namespace, name))
        if found is None:
            known = ", ".join(sorted(f"{space}/{known}" for space, known in self.workloads_by_name)[:20]) or "none"
            raise UnknownWorkload(f"there is no workload {namespace}/{name}; there are: {known}")
        return found

    def identity(self, workload: Workload) -> str | None:
        """Return the identity that the workload's proxy presents; None without a proxy (R5)."""
        if not workload.meshed:
            return None
        return workload.identity or self.settings.identity(workload.ref.namespace, workload.service_account)


def by_namespace(objects: Iterable[Kind]) -> dict[str, tuple[Kind, ...]]:
    """Return the objects of each namespace, in their order."""
    found: defaultdict[str, list[Kind]] = defaultdict(list)
    for item in objects:
        found[item.ref.namespace].append(item)
    return {space: tuple(items) for space, items in found.items()}
