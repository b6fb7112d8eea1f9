"""The access log: one JSON line per request or connection, with the client and the object that decided.

`localmesh.observe.entry` reads these lines by the field names defined here.
"""

from localmesh.envoy import Json
from localmesh.envoy.details import DENIED
from localmesh.envoy.message import extension
from localmesh.pods.pod import Pod

_COMMON = {
    "time": "%START_TIME%",
    "port": "%DOWNSTREAM_LOCAL_PORT%",
    "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    "identity": "%DOWNSTREAM_PEER_DNS_SAN%%DOWNSTREAM_PEER_URI_SAN%",
    "upstream": "%UPSTREAM_HOST%",
    "upstream_identity": "%UPSTREAM_PEER_DNS_SAN%%UPSTREAM_PEER_URI_SAN%",
    "flags": "%RESPONSE_FLAGS%",
    "milliseconds": "%DURATION%",
    "microseconds": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
    "tls": "%DOWNSTREAM_TLS_VERSION%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
}
# Values from the client are truncated, so that a line stays short however long the request's headers are.
_HTTP = {
    "method": "%REQ(:METHOD):32%",
    "authority": "%REQ(:AUTHORITY):255%",
    "path": "%REQ(:PATH):2048%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "route": "%ROUTE_NAME%",
    "traceparent": "%REQ(TRACEPARENT):55%",
}
_TCP = {"details": "%CONNECTION_TERMINATION_DETAILS%"}


def _grant(level: str, rules: str) -> str:
    return f"%DYNAMIC_METADATA(envoy.filters.{level}.rbac:{rules}_effective_policy_id)%"


def inbound_http(pod: Pod) -> list[Json]:
    """Return the log of inbound requests, with the route and the authorization that allowed each."""
    return _log(pod, {"direction": "inbound", **_COMMON, **_HTTP, "authorization": _grant("http", "enforced")})


def inbound_tcp(pod: Pod) -> list[Json]:
    """Return the log of inbound TCP streams."""
    return _log(pod, {"direction": "inbound", **_COMMON, **_TCP, "authorization": _grant("network", "shadow")})


def refused_tcp(pod: Pod) -> list[Json]:
    """Return the log of inbound streams that are closed whoever the client is."""
    return _log(pod, {"direction": "inbound", **_COMMON, "details": DENIED})


def outbound_http(pod: Pod) -> list[Json]:
    """Return the log of requests from the pod's own app."""
    return _log(pod, {"direction": "outbound", **_COMMON, **_HTTP})


def _log(pod: Pod, fields: dict[str, str]) -> list[Json]:
    return [
        extension(
            "envoy.access_loggers.file",
            "access_loggers.file.v3.FileAccessLog",
            path=str(pod.access_log),
            log_format={"json_format": fields, "omit_empty_values": True},
        )
    ]
