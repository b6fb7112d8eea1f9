"""What an app can call, as Envoy clusters: one for requests and one for streams, with the same endpoints.

A sidecar asks for a cluster when its app first calls something, by the name that the app used. So it is told of what
its app calls, and of nothing else.
"""

from localmesh.envoy import Json, tls
from localmesh.envoy.bootstrap import ADS
from localmesh.envoy.connection import http1, http_versions
from localmesh.envoy.endpoints import Destination, Hop
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from localmesh.pods.pod import Pod

REQUESTS = "requests "
STREAMS = "streams "
"""What stands before the authority in a cluster's name. No authority holds a space, so no name is made by chance."""


def authority_of(cluster: str) -> str | None:
    """Return the authority that a cluster's name holds, in lower case; None if a sidecar did not ask for it so."""
    prefix, space, authority = cluster.partition(" ")
    return authority.lower() if prefix + space in (REQUESTS, STREAMS) else None


def on_demand(pod: Pod, name: str) -> Resource:
    """Return the cluster that a sidecar asks for by `name`: a prefix and what its app wrote as the authority."""
    if name.startswith(STREAMS):
        return _cluster(pod, name, "stream")
    return _cluster(pod, name, "http", http_versions())


def of_ingress(pod: Pod, destination: Destination) -> Resource:
    """Return the cluster of an ingress.

    Whatever version a browser speaks: a Service without an `appProtocol` that says otherwise is HTTP/1.1.
    """
    return _cluster(pod, destination.name, "http", http1())


def _cluster(pod: Pod, name: str, use: str, options: Json | None = None) -> Resource:
    hops = Hop if pod.meshed else (Hop.PLAIN,)
    content = {
        "name": name,
        "type": "EDS",
        # Each cluster asks for endpoints of its own: Envoy does not ask twice for what two of them would share.
        "eds_cluster_config": {"service_name": name, "eds_config": ADS},
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "transport_socket_matches": [
            {"name": hop, "match": {use: hop}, "transport_socket": tls.client(hop)} for hop in hops
        ],
        "transport_socket": tls.no_client(pod),
        # The server sees the pod's address, as its policies know it.
        "upstream_bind_config": {"source_address": {"address": str(pod.local), "port_value": 0}},
        "outlier_detection": _ejection(),
        "circuit_breakers": {"thresholds": [{"retry_budget": {"min_retry_concurrency": 20}}]},
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        **({"typed_extension_protocol_options": options} if options else {}),
    }
    return Resource(Kind.CLUSTER, name, content)


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
