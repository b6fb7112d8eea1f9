"""The access log: one JSON line a request or connection, with who called and what decided."""

from localmesh.envoy import Json
from localmesh.envoy.message import extension
from localmesh.pod import Pod

_COMMON = {
    "time": "%START_TIME%",
    "port": "%DOWNSTREAM_LOCAL_PORT%",
    "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
    "identity": "%DOWNSTREAM_PEER_DNS_SAN%%DOWNSTREAM_PEER_URI_SAN%",
    "upstream": "%UPSTREAM_HOST%",
    "upstream_identity": "%UPSTREAM_PEER_DNS_SAN%%UPSTREAM_PEER_URI_SAN%",
    "flags": "%RESPONSE_FLAGS%",
    "seconds": "%DURATION%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "failure": "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%%UPSTREAM_TRANSPORT_FAILURE_REASON%",
}
_HTTP = {
    "method": "%REQ(:METHOD)%",
    "authority": "%REQ(:AUTHORITY)%",
    "path": "%REQ(:PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "route": "%ROUTE_NAME%",
    "authorization": "%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%",
    "traceparent": "%REQ(TRACEPARENT)%",
}
_TCP = {
    "details": "%CONNECTION_TERMINATION_DETAILS%",
    "authorization": "%DYNAMIC_METADATA(envoy.filters.network.rbac:enforced_effective_policy_id)%",
}


def http(pod: Pod, direction: str) -> list[Json]:
    """Return the log of requests; `direction` is `inbound` or `outbound`."""
    return _log(pod, {"direction": direction, **_COMMON, **_HTTP})


def tcp(pod: Pod, direction: str) -> list[Json]:
    """Return the log of connections."""
    return _log(pod, {"direction": direction, **_COMMON, **_TCP})


def _log(pod: Pod, fields: dict[str, str]) -> list[Json]:
    return [
        extension(
            "envoy.access_loggers.file",
            "access_loggers.file.v3.FileAccessLog",
            path=str(pod.access_log),
            log_format={"json_format": fields, "omit_empty_values": True},
        )
    ]
