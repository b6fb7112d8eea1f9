"""Scrapes of the sidecars' own metrics. Pure."""

from collections.abc import Sequence

from meshpolicy.generate.plan import Plan
from meshpolicy.index.index import index_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class Scraping:
    """A scrape of the sidecars' own metrics."""

    namespace: str
    scraper: str
    """`namespace/account`."""
    workloads: tuple[Workload, ...]
    """The workloads with a sidecar whose admin port no Server governs yet."""
    whole: bool
    """Whether these are all workloads of the namespace with a sidecar."""

    def holds(self, workload: Workload) -> bool:
        """Whether a workload, in any state of the cluster, is scraped."""
        return any(one.ref == workload.ref for one in self.workloads)


def scrapings(cluster: Cluster, plan: Plan, scrapers: Sequence[str]) -> tuple[Scraping, ...]:
    """Return the scrapes of each namespace's sidecars, except those that a Server already governs."""
    found: list[Scraping] = []
    for space in dict.fromkeys(spot.namespace for spot in plan.spots):
        own = [one for one in cluster.workloads if one.meshed and one.ref.namespace == space]
        free = tuple(one for one in own if not _is_governed(cluster, one))
        found += [Scraping(space, scraper, free, len(free) == len(own)) for scraper in scrapers if free]
    return tuple(found)


def _is_governed(cluster: Cluster, workload: Workload) -> bool:
    servers = index_of(cluster).servers(workload.ref.namespace)
    return any(servers.claiming(workload, workload.sidecar.ports.admin))
