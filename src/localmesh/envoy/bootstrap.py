"""The frame of Envoy's configuration: who this is, its listeners and clusters, its administration interface."""

from collections.abc import Iterable

from localmesh.envoy import Json
from localmesh.envoy.message import extension
from localmesh.pods.pod import Pod


def bootstrap(pod: Pod, listeners: Iterable[Json], clusters: Iterable[Json]) -> Json:
    """Return a whole configuration; the administration interface is a Unix socket in the pod's private folder."""
    return {
        "node": {"id": pod.name, "cluster": str(pod.workload)},
        "admin": {"address": {"pipe": {"path": str(pod.admin), "mode": 0o600}}},
        "static_resources": {"listeners": list(listeners), "clusters": list(clusters)},
        "overload_manager": {"resource_monitors": [_connections()]},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": _RUNTIME}]},
    }


_RUNTIME: Json = {
    # A list of accounts is one expression, and two accounts are more than Envoy allows by default.
    "re2": {"max_program_size": {"error_level": 10_000, "warn_level": 10_000}},
}


def _connections() -> Json:
    kind = "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    name = "envoy.resource_monitors.global_downstream_max_connections"
    return extension(name, kind, max_active_downstream_connections=_MOST_CONNECTIONS)


_MOST_CONNECTIONS = 10_000
"""Far more than one pod's callers need, and few enough not to use up its memory."""
