"""The selector of some workloads of a namespace. Pure."""

from collections.abc import Iterable, Sequence

from meshpolicy.core.document import Manifest
from meshpolicy.generate.spot import Spot, labels_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

NAMES = ("app.kubernetes.io/name", "app", "k8s-app", "name", "app.kubernetes.io/component", "component")
"""The labels that usually select a workload, the most usual first."""


def selector(cluster: Cluster, spot: Spot) -> Manifest:
    """Return the fewest labels that select these workloads, and no other workload of the namespace with a sidecar."""
    return choosing(spot.workloads, [one for one in cluster.workloads if one.meshed])


def choosing(meant: Sequence[Workload], others: Iterable[Workload]) -> Manifest:
    """Return the fewest labels that select these workloads, which have equal labels, and none of the others."""
    refs, space = {one.ref for one in meant}, meant[0].ref.namespace
    near = [labels_of(one) for one in others if one.ref.namespace == space and one.ref not in refs]
    own = labels_of(meant[0])
    for key in (*NAMES, *sorted(own)):
        if key in own and not any(labels.get(key) == own[key] for labels in near):
            return {"matchLabels": {key: own[key]}}
    besides = [labels for labels in near if all(labels.get(key) == value for key, value in own.items())]
    absent = dict.fromkeys(next(key for key in sorted(labels) if key not in own) for labels in besides)
    expressions = [{"key": key, "operator": "DoesNotExist"} for key in absent]
    return {"matchLabels": own, **({"matchExpressions": expressions} if expressions else {})}
