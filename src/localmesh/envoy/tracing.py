"""Tracing of a sidecar's requests: which are recorded, with which attributes, and where spans are sent.

A request with a W3C `traceparent` is recorded if its parent span is; of all others, a fixed share is recorded.
"""

from localmesh.envoy import Json
from localmesh.envoy.message import extension, typed
from localmesh.pods.pod import Pod
from localmesh.pods.spans import PATH, SpanExport

CLUSTER = "spans"
MILLION = 1_000_000
RUNTIME: Json = {"tracing": {"opentelemetry": {"flush_interval_ms": 500, "min_flush_spans": 200}}}
"""Spans are sent every 500 ms, or as soon as there are 200."""
_RULE = "envoy.filters.http.rbac:enforced_effective_policy_id"


def cluster(export: SpanExport) -> Json:
    """Return the static cluster of the mesh's span receiver."""
    receiver = export.receiver
    address = {"socket_address": {"address": str(receiver.address), "port_value": receiver.port}}
    return {
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
                "upstreams.http.v3.HttpProtocolOptions",
                # A pod without traffic keeps no connection to it open.
                common_http_protocol_options={"idle_timeout": "5s"},
                explicit_http_config={"http_protocol_options": {}},
            )
        },
    }


def inbound(pod: Pod, export: SpanExport | None) -> Json:
    """Return the tracing of inbound requests, with the client and the object that decided as attributes."""
    found = {
        "direction": "inbound",
        "client_id": "%DOWNSTREAM_PEER_DNS_SAN%%DOWNSTREAM_PEER_URI_SAN%",
        "authorization": f"%DYNAMIC_METADATA({_RULE})%",
    }
    return _tracing(pod, f"{pod.workload.name}-proxy", found, export)


def outbound(pod: Pod, export: SpanExport | None) -> Json:
    """Return the tracing of requests from a pod's own app."""
    return _tracing(pod, f"{pod.workload.name}-proxy", {"direction": "outbound"}, export)


def ingress(pod: Pod, export: SpanExport | None) -> Json:
    """Return the tracing of an ingress, where most traces start."""
    return _tracing(pod, pod.workload.name, {}, export)


def _tracing(pod: Pod, service: str, tags: dict[str, str], export: SpanExport | None) -> Json:
    """Return the tracing fields of a connection manager; empty without a span receiver."""
    if export is None:
        return {}
    known = {
        "port": "%DOWNSTREAM_LOCAL_PORT%",
        "route": "%ROUTE_NAME%",
        "response_code_details": "%RESPONSE_CODE_DETAILS%",
        **tags,
    }
    return {
        "tracing": {
            "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": _opentelemetry(pod, service, export)},
            "custom_tags": [{"tag": tag, "value": value} for tag, value in known.items()],
            "operation": "%REQ(:METHOD)% %PATH(NQ)%",
        },
        # Envoy would otherwise sample by the header `x-request-id`, which no client sends here.
        "request_id_extension": {
            "typed_config": typed(
                "request_id.uuid.v3.UuidRequestIdConfig",
                pack_trace_reason=False,
                use_request_id_for_trace_sampling=False,
            )
        },
    }


def _opentelemetry(pod: Pod, service: str, export: SpanExport) -> Json:
    authorization = {"header": {"key": "authorization", "value": f"Bearer {export.token}"}}
    uri = {"uri": f"{export.receiver.url}{PATH}", "cluster": CLUSTER, "timeout": "2s"}
    attributes = {"k8s.pod.name": pod.name, "k8s.namespace.name": pod.namespace, "k8s.pod.ip": str(pod.address)}
    return {
        "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
        "http_service": {"http_uri": uri, "request_headers_to_add": [authorization]},
        "service_name": service,
        "resource_detectors": [
            extension(
                "envoy.tracers.opentelemetry.resource_detectors.static_config",
                "tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig",
                attributes=attributes,
            )
        ],
        "sampler": _sampler(export.receiver.ratio),
    }


def _sampler(ratio: float) -> Json:
    samplers = "tracers.opentelemetry.samplers.v3"
    share = {"numerator": round(ratio * MILLION), "denominator": "MILLION"}
    roots = extension(
        "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
        f"{samplers}.TraceIdRatioBasedSamplerConfig",
        sampling_percentage=share,
    )
    return extension(
        "envoy.tracers.opentelemetry.samplers.parent_based",
        f"{samplers}.ParentBasedSamplerConfig",
        wrapped_sampler=roots,
    )
