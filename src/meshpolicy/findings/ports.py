"""The declared ports of all meshed workloads with what governs each: what most checks walk over. Pure."""

from meshpolicy.analysis.ports import declared_ports
from meshpolicy.core.policy import Authorization, PortPolicy
from meshpolicy.core.ref import Origin
from meshpolicy.index.effective import effective
from meshpolicy.index.index import index_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

BY_OTHERS = "R130"
"""The rule of what objects outside of the input may decide."""


@record
class MeshedPort:
    """One declared port of one meshed workload."""

    workload: Workload
    port: int
    server: Server | None
    policy: PortPolicy

    @property
    def grants(self) -> tuple[Authorization, ...]:
        """Return what is granted on the port as a whole, localhost left out."""
        return explicit(self.policy.authorizations)

    def left_open(self, cluster: Cluster) -> bool:
        """Whether somebody may be granted something here by an object that is not in the input, or cannot be read."""
        undecided = index_of(cluster).all_undecided(self.workload, governed=self.server is not None)
        if any(not (item.everywhere or item.elsewhere) for item in undecided):
            return True
        others = (other.policy for other in self.policy.alternatives if other.reason.rule == BY_OTHERS)
        return any(other.server == self.policy.server for other in others)


def explicit(grants: tuple[Authorization, ...]) -> tuple[Authorization, ...]:
    """Return grants without the one that every port has."""
    return tuple(grant for grant in grants if grant.ref.origin is not Origin.LOCALHOST)


def meshed_ports(cluster: Cluster) -> tuple[MeshedPort, ...]:
    """Return every declared port of every meshed workload."""
    return cluster.once(_meshed_ports)


def _meshed_ports(cluster: Cluster) -> tuple[MeshedPort, ...]:
    governing = index_of(cluster).governing
    return tuple(
        MeshedPort(workload, port, governing(workload, port), effective(cluster, workload, port))
        for workload in cluster.workloads
        if workload.meshed
        for port in declared_ports(workload)
    )


def by_server(cluster: Cluster) -> dict[Server, list[MeshedPort]]:
    """Return the ports that each Server governs; one that governs none is left out."""
    found: dict[Server, list[MeshedPort]] = {}
    for port in meshed_ports(cluster):
        if port.server is not None:
            found.setdefault(port.server, []).append(port)
    return found
