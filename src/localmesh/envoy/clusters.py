"""What an app can call, as Envoy clusters: one for requests and one for streams, with the same endpoints."""

from localmesh.envoy import Json, tls
from localmesh.envoy.connection import http_versions
from localmesh.envoy.endpoints import Destination, Hop, endpoints_file
from localmesh.pods.pod import Pod


def requests_cluster(destination: Destination) -> str:
    """Return the name of the cluster for requests."""
    return destination.name


def streams_cluster(destination: Destination) -> str:
    """Return the name of the cluster for streams."""
    return f"{destination.name}.stream"


def clusters(pod: Pod, destination: Destination) -> list[Json]:
    """Return both clusters of a destination."""
    requests = _cluster(pod, destination, requests_cluster(destination), "http")
    streams = _cluster(pod, destination, streams_cluster(destination), "stream")
    return [requests | {"typed_extension_protocol_options": http_versions()}, streams]


def _cluster(pod: Pod, destination: Destination, name: str, use: str) -> Json:
    file = {"path_config_source": {"path": str(endpoints_file(pod, destination))}, "resource_api_version": "V3"}
    hops = Hop if pod.meshed else (Hop.PLAIN,)
    return {
        "name": name,
        "type": "EDS",
        "eds_cluster_config": {"service_name": destination.name, "eds_config": file},
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "transport_socket_matches": [
            {"name": hop, "match": {use: hop}, "transport_socket": tls.client(pod, hop)} for hop in hops
        ],
        "transport_socket": tls.no_client(pod),
        # The server sees the pod's address, as its policies know it.
        "upstream_bind_config": {"source_address": {"address": str(pod.local), "port_value": 0}},
        "outlier_detection": _ejection(),
        "circuit_breakers": {"thresholds": [{"retry_budget": {"min_retry_concurrency": 20}}]},
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
    }


def _ejection() -> Json:
    """Leave out for a moment who cannot be connected to; what a server answers never counts."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 1,
        "enforcing_consecutive_local_origin_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "interval": "1s",
        "base_ejection_time": "1s",
        "max_ejection_time": "5s",
        # Never the last one: a refused connection is then answered as such.
        "max_ejection_percent": 50,
    }
