"""Probes of the kubelet to ports that get routes. Pure."""

from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.generate.grant import Pattern
from meshpolicy.generate.plan import Plan
from meshpolicy.generate.spot import Spot
from meshpolicy.index.authorize import networks
from meshpolicy.index.defaults import probe_paths
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record


@record
class Probing:
    """Probes of the kubelet that a port's own routes would refuse."""

    spot: Spot
    paths: tuple[str, ...]
    networks: tuple[str, ...]

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Return the requests of the probes, as patterns of observed requests."""
        return tuple(Pattern("GET", PathMatch(PathKind.EXACT, path), f"GET {path}") for path in self.paths)

    @property
    def by_anybody(self) -> bool:
        """Whether the probes' networks are all addresses, so that every client is admitted without a grant."""
        return {one.cidr.version for one in networks(self.networks) if one.everywhere} == {4, 6}


def probings(cluster: Cluster, plan: Plan) -> tuple[Probing, ...]:
    """Return the probes that need their own route: those to ports that get routes (R57)."""
    routed = dict.fromkeys(grant.spot for grant in plan.grants if grant.pattern is not None)
    found = (
        (spot, tuple(dict.fromkeys(p for w in spot.workloads for p in probe_paths(w, spot.port)))) for spot in routed
    )
    return tuple(Probing(spot, paths, cluster.settings.probe_networks) for spot, paths in found if paths)
