"""A sidecar's bootstrap configuration: its node ID, and the control plane that sends everything else."""

from localmesh.envoy import Json, tracing
from localmesh.envoy.message import extension, typed
from localmesh.pods.pod import Pod
from localmesh.pods.spans import SpanExport

CONTROL_PLANE = "control-plane"
ADS: Json = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
"""Config source of every resource: the aggregated stream. Envoy waits for a resource without a timeout."""


def bootstrap(pod: Pod, export: SpanExport | None = None) -> Json:
    """Return the bootstrap; the paths in it are in the pod's private folder, and Envoy watches none of them."""
    stream = {"envoy_grpc": {"cluster_name": CONTROL_PLANE}}
    return {
        "node": {"id": pod.name, "cluster": str(pod.workload)},
        "admin": {"address": {"pipe": {"path": str(pod.admin), "mode": 0o600}}},
        "dynamic_resources": {
            "ads_config": {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "grpc_services": [stream]},
            "lds_config": ADS,
            "cds_config": ADS,
        },
        "static_resources": {"clusters": [_control_plane(pod), *([tracing.cluster(export)] if export else [])]},
        "overload_manager": {"resource_monitors": [_connections()]},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": _RUNTIME}]},
    }


def _control_plane(pod: Pod) -> Json:
    address = {"pipe": {"path": str(pod.control_plane)}}
    return {
        "name": CONTROL_PLANE,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": CONTROL_PLANE,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
                "upstreams.http.v3.HttpProtocolOptions",
                explicit_http_config={"http2_protocol_options": {}},
            )
        },
    }


_RUNTIME: Json = {
    # Like Linkerd's proxy, Envoy drops the fragment of a request target instead of rejecting the request.
    "envoy": {"reloadable_features": {"http_reject_path_with_fragment": False}},
    # A list of accounts becomes one regular expression, and two accounts already exceed Envoy's default limit.
    "re2": {"max_program_size": {"error_level": 10_000, "warn_level": 10_000}},
    **tracing.RUNTIME,
}


def _connections() -> Json:
    kind = "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    name = "envoy.resource_monitors.global_downstream_max_connections"
    return extension(name, kind, max_active_downstream_connections=_MOST_CONNECTIONS)


_MOST_CONNECTIONS = 10_000
"""Downstream connections: far more than one pod's callers need, and few enough not to exhaust its memory."""
