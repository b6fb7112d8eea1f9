"""Joins the objects of a cluster once: routes and limits to Servers, policies to grants, Servers to ports. Pure."""

from collections.abc import Iterator
from functools import cached_property

from meshpolicy.index.attach import Attachments
from meshpolicy.index.authorize import Authorizer
from meshpolicy.index.networkpolicies import NetworkPolicies
from meshpolicy.index.servers import ServerIndex
from meshpolicy.kinds.adminnetworkpolicy import AdminNetworkPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.undecided import OF_SERVERS, Undecided
from meshpolicy.kinds.workload import Workload


class Index:
    """What belongs to what in one cluster; each part is joined when it is first asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._authorizers: dict[tuple[str, bool], Authorizer] = {}
        self._servers: dict[str, ServerIndex] = {}

    @cached_property
    def attachments(self) -> Attachments:
        """Return the routes and rate limits by Server."""
        return Attachments(self._cluster)

    @cached_property
    def network_policies(self) -> NetworkPolicies:
        """Return the NetworkPolicies by what they select."""
        labels = {name: dict(namespace.labels) for name, namespace in self._cluster.namespaces.items()}
        return NetworkPolicies(
            self._cluster.network_policies,
            labels,
            self._cluster.settings.pod_networks,
            self._cluster.of(AdminNetworkPolicy),
            self._cluster.of(OtherNetworkPolicy),
        )

    @cached_property
    def _services(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self._cluster.services:
            found.setdefault(service.ref.namespace, []).append(service)
        return found

    def services(self, workload: Workload) -> Iterator[Service]:
        """Yield the Services that select a workload."""
        for service in self._services.get(workload.ref.namespace, ()):
            if service.selects(workload.ref.namespace, workload.labels):
                yield service

    def headless_by_ipv6(self, workload: Workload) -> Service | None:
        """Return a headless Service whose name may lead to IPv6 addresses of a workload; its ports do not count."""
        return next((one for one in self.services(workload) if one.headless and one.ipv6.possible), None)

    def authorizer(self, namespace: str, *, widest: bool = False) -> Authorizer:
        """Return the resolved policies of a namespace; `widest`: with all that objects elsewhere may grant."""
        key = namespace, widest
        if key not in self._authorizers:
            self._authorizers[key] = Authorizer(self._cluster, namespace, widest=widest)
        return self._authorizers[key]

    def undecided(self, workload: Workload, *, governed: bool) -> Undecided | None:
        """Return an object that may be about a port of a workload, and says what nobody knows."""
        return next(self.all_undecided(workload, governed=governed), None)

    def all_undecided(self, workload: Workload, *, governed: bool) -> Iterator[Undecided]:
        """Yield every such object.

        Grants and rate limits are about ports that a Server governs, as `governed` says of this one.
        """
        found = (item for item in self._cluster.of(Undecided) if item.concerns(workload.ref, workload.labels))
        return (item for item in found if (not item.ungoverned if governed else item.ref.kind not in OF_SERVERS))

    def undecided_client(self, workload: Workload) -> Undecided | None:
        """Return the object by which it is not known how a workload calls: its own, or its Namespace."""
        found = (item for item in self._cluster.of(Undecided) if item.tells_of(workload.ref))
        return next(found, None)

    def servers(self, namespace: str) -> ServerIndex:
        """Return the Servers of a namespace."""
        if namespace not in self._servers:
            self._servers[namespace] = ServerIndex(self._cluster.in_namespace(namespace))
        return self._servers[namespace]

    def governing(self, workload: Workload, port: int) -> Server | None:
        """Return the Server that governs a port, if one does."""
        return next(self.servers(workload.ref.namespace).claiming(workload, port), None)


def index_of(cluster: Cluster) -> Index:
    """Return the index of a cluster, which is made once."""
    return cluster.once(Index)
