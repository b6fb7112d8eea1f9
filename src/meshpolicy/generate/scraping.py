"""Scrapes of the sidecars' own metrics. Pure."""

from collections.abc import Sequence

from meshpolicy.generate.plan import Plan
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record


@record
class Scraping:
    """A scrape of the sidecars' own metrics."""

    namespace: str
    scraper: str
    """`namespace/account`."""


def scrapings(cluster: Cluster, plan: Plan, scrapers: Sequence[str]) -> tuple[Scraping, ...]:
    """Return the scrapes of the sidecars of each namespace, unless a Server is there already."""
    spaces = dict.fromkeys(spot.namespace for spot in plan.spots)
    return tuple(
        Scraping(space, scraper) for space in spaces if not _admin_is_governed(cluster, space) for scraper in scrapers
    )


def _admin_is_governed(cluster: Cluster, namespace: str) -> bool:
    admin = cluster.settings.ports.admin
    return any(server.port in (admin, "linkerd-admin") for server in cluster.in_namespace(namespace).servers)
