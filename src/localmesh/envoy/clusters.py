"""The destinations of an app as Envoy clusters: one for requests and one for streams, with the same endpoints.

A sidecar requests a cluster when its app first calls a destination, by the authority that the app used. So it knows
only the destinations that its app calls.
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
"""Prefix of the authority in a cluster's name. An authority has no space, so no other name has this prefix."""


def authority_of(cluster: str) -> str | None:
    """Return the authority in a cluster's name, in lower case; None if the name has neither prefix."""
    prefix, space, authority = cluster.partition(" ")
    return authority.lower() if prefix + space in (REQUESTS, STREAMS) else None


def on_demand(pod: Pod, name: str) -> Resource:
    """Return the cluster that a sidecar requests by `name`: a prefix and the authority as its app wrote it."""
    if name.startswith(STREAMS):
        return _cluster(pod, name, "stream")
    return _cluster(pod, name, "http", http_versions())


def of_ingress(pod: Pod, destination: Destination) -> Resource:
    """Return the cluster of an ingress.

    A Service is called over HTTP/1.1, whatever the browser's version, unless its `appProtocol` says otherwise.
    """
    return _cluster(pod, destination.name, "http", http1())


def _cluster(pod: Pod, name: str, use: str, options: Json | None = None) -> Resource:
    hops = Hop if pod.meshed else (Hop.PLAIN,)
    content = {
        "name": name,
        "type": "EDS",
        # Each cluster has endpoints under its own name: Envoy would not request a shared name a second time.
        "eds_cluster_config": {"service_name": name, "eds_config": ADS},
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "transport_socket_matches": [
            {"name": hop, "match": {use: hop}, "transport_socket": tls.client(hop)} for hop in hops
        ],
        "transport_socket": tls.no_client(pod),
        # The server must see the pod's address, which its policies match.
        "upstream_bind_config": {"source_address": {"address": str(pod.local), "port_value": 0}},
        "outlier_detection": _ejection(),
        "circuit_breakers": {"thresholds": [{"retry_budget": {"min_retry_concurrency": 20}}]},
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        **({"typed_extension_protocol_options": options} if options else {}),
    }
    return Resource(Kind.CLUSTER, name, content)


def _ejection() -> Json:
    """Eject endpoints that refuse connections for a short time; responses never count."""
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
        # The last endpoint is never ejected: its refused connection is reported as such.
        "max_ejection_percent": 50,
    }
