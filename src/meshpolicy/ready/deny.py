"""The objects of a cluster as they would be with deny on some namespaces. Pure."""

from collections.abc import Collection, Iterator

from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.kinds.annotations import DEFAULT_POLICY
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace


def with_deny(cluster: Cluster, namespaces: Collection[str]) -> Iterator[Object]:
    """Yield the objects with `config.linkerd.io/default-inbound-policy: deny` on the namespaces, and restarted pods.

    A pod's own annotation outranks its namespace's (R8) and is kept. If a running Pod's annotation equals its
    namespace's, the injector has copied it, and it is not the pod's own.
    """
    for item in cluster.objects:
        if isinstance(item, Workload) and item.ref.namespace in namespaces and not _own(cluster, item):
            yield replace(item, annotations={**item.annotations, DEFAULT_POLICY: DefaultPolicy.DENY.value})
        else:
            yield item


def _own(cluster: Cluster, workload: Workload) -> bool:
    """Whether the pods of a workload have an annotation of their own."""
    own = workload.annotations.get(DEFAULT_POLICY)
    space = cluster.namespaces.get(workload.ref.namespace)
    copied = space is not None and dict(space.annotations).get(DEFAULT_POLICY) == own
    return own is not None and not (workload.ref.kind == "Pod" and copied)


def meshed_namespaces(cluster: Cluster) -> tuple[str, ...]:
    """Return the namespaces in which some workload has or may have a sidecar, except Linkerd's own."""
    own = cluster.settings.control_plane_namespace
    found = (one.ref.namespace for one in cluster.workloads if one.injection.sidecar.possible)
    return tuple(sorted({name for name in found if name != own}))
