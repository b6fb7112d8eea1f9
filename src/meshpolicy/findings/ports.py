"""The declared ports of all meshed workloads, with their policies, which most checks iterate over. Pure."""

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
"""The rule about objects outside of the input."""


@record
class MeshedPort:
    """One declared port of one meshed workload."""

    workload: Workload
    port: int
    server: Server | None
    policy: PortPolicy

    @property
    def grants(self) -> tuple[Authorization, ...]:
        """Return the grants on the port as a whole, without that for localhost."""
        return explicit(self.policy.authorizations)

    def left_open(self, cluster: Cluster) -> bool:
        """Whether an object that is not in the input, or cannot be read, may grant access to the port."""
        undecided = index_of(cluster).all_undecided(self.workload, governed=self.server is not None)
        if any(not (item.everywhere or item.elsewhere) for item in undecided):
            return True
        others = (other.policy for other in self.policy.alternatives if other.reason.rule == BY_OTHERS)
        return any(other.server == self.policy.server for other in others)


def explicit(grants: tuple[Authorization, ...]) -> tuple[Authorization, ...]:
    """Return the grants without the one for localhost, which every port has."""
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
    """Return the ports that each Server governs; Servers that govern none are left out."""
    found: dict[Server, list[MeshedPort]] = {}
    for port in meshed_ports(cluster):
        if port.server is not None:
            found.setdefault(port.server, []).append(port)
    return found
