"""The frame of Envoy's configuration: who this is, its listeners and clusters, its administration interface."""

from collections.abc import Iterable

from localmesh.envoy import Json
from localmesh.pod import Pod


def bootstrap(pod: Pod, listeners: Iterable[Json], clusters: Iterable[Json]) -> Json:
    """Return a whole configuration; the administration interface is a Unix socket in the pod's private folder."""
    return {
        "node": {"id": pod.name, "cluster": str(pod.workload)},
        "admin": {"address": {"pipe": {"path": str(pod.admin), "mode": 0o600}}},
        "static_resources": {"listeners": list(listeners), "clusters": list(clusters)},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": _RUNTIME}]},
    }


_RUNTIME: Json = {
    # One pod has few callers; without a limit Envoy warns on each start.
    "overload": {"global_downstream_max_connections": 10_000},
}
