"""What holds on a port where no object says otherwise: its default policy, and the routes that Linkerd adds. Pure."""

from meshpolicy.core.match import HttpMatch, PathKind, PathMatch
from meshpolicy.core.policy import (
    Authorization,
    DefaultPolicy,
    HttpRoute,
    HttpRule,
    Unauthenticated,
)
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.index.authorize import networks
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.portlists import holds, of_controller
from meshpolicy.kinds.workload import Workload

PROXY_PROBES = frozenset({"/live", "/ready"})
"""What the kubelet asks of a sidecar's admin port (R58)."""
STRICTER = {
    DefaultPolicy.ALL_UNAUTHENTICATED: DefaultPolicy.ALL_AUTHENTICATED,
    DefaultPolicy.CLUSTER_UNAUTHENTICATED: DefaultPolicy.CLUSTER_AUTHENTICATED,
}


def default_policy(cluster: Cluster, workload: Workload, port: int) -> DefaultPolicy:
    """Return the policy of a port without a Server: the pod's annotation, else the mesh's (R8, R20)."""
    own = workload.annotations.get(annotations.DEFAULT_POLICY, "")
    mode = DefaultPolicy(own if own in set(DefaultPolicy) else cluster.settings.default_inbound_policy)
    if holds(of_controller(workload.annotations.get(annotations.REQUIRE_IDENTITY, "")), port):
        return STRICTER.get(mode, mode)
    return mode


def default_routes(
    cluster: Cluster, workload: Workload, port: int, grants: tuple[Authorization, ...]
) -> tuple[HttpRoute, ...]:
    """Return the routes that Linkerd adds where there is none: everything, and the probes of the port (R57)."""
    everything = HttpRoute(Ref.added(Origin.DEFAULT_ROUTE), (HttpRule((_prefix("/"),)),), authorizations=grants)
    paths = probe_paths(workload, port)
    if not paths or not cluster.settings.probe_networks:
        return (everything,)
    ref = Ref.added(Origin.PROBES)
    rule = HttpRule(tuple(HttpMatch(PathMatch(PathKind.EXACT, path), "GET") for path in paths))
    kubelet = Authorization(ref, networks(cluster.settings.probe_networks), Unauthenticated())
    return everything, HttpRoute(ref, (rule,), authorizations=(kubelet, *grants))


def _prefix(path: str) -> HttpMatch:
    return HttpMatch(PathMatch(PathKind.PREFIX, path))


def probe_paths(workload: Workload, port: int) -> tuple[str, ...]:
    """Return the paths that the kubelet asks for on a port (R58)."""
    probes = (probe for container in workload.containers for probe in container.probes)
    found = {probe.opened for probe in probes if probe.port == port and probe.opened is not None}
    if port == workload.sidecar.ports.admin and workload.ref.kind != "ExternalWorkload":
        found |= PROXY_PROBES
    return tuple(sorted(found))
