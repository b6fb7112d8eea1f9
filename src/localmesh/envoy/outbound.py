"""The outbound side of a sidecar: an HTTP proxy for its app's requests and streams, protected by the pod's secret.

A request in absolute form (`GET http://ponger.pingpong/ping`) is routed by its host; CONNECT opens a stream.
Clusters are requested on demand: the control plane knows every Service, a sidecar only those that its app called.
"""

from base64 import b64encode
from collections.abc import Iterable

from localmesh.envoy import Json, accesslog, tracing
from localmesh.envoy.bootstrap import ADS
from localmesh.envoy.clusters import REQUESTS, STREAMS
from localmesh.envoy.connection import BAD_GATEWAY, SIGNS, Codec, fixed, http, reply, write
from localmesh.envoy.kinds import Kind
from localmesh.envoy.message import extension
from localmesh.envoy.requestmatch import header
from localmesh.envoy.wire import Resource
from localmesh.pods.pod import OUTBOUND_PORT, Pod
from localmesh.pods.spans import SpanExport

USER = "app"
_SAFE = "GET|HEAD|OPTIONS|TRACE"
"""Safe methods, which may be retried after a connection broke off (RFC 9110, section 9.2.1)."""
_UNSENT = "connect-failure,refused-stream,reset-before-request"


def proxy_url(pod: Pod, secret: str) -> str:
    """Return the app's HTTP_PROXY; `secret` must consist of characters that need no escaping in a URL."""
    return f"http://{USER}:{secret}@{pod.local}:{OUTBOUND_PORT}"


def listener(pod: Pod, secret: str, export: SpanExport | None = None) -> Resource:
    """Return the listener for the app's requests."""
    name = "outbound"
    manager = http(
        name,
        codec=Codec.AUTO,
        routes=fixed(name, _anything()),
        filters=[_password(secret), _on_demand()],
        replies=[*BAD_GATEWAY, _proxy_authentication_required()],
        log=accesslog.outbound_http(pod),
        default_host="unknown",
        upgrade_configs=[{"upgrade_type": "CONNECT"}],
        changes=[write(_BY_REQUEST, f"{REQUESTS}%REQ(:AUTHORITY)%"), write(_BY_STREAM, f"{STREAMS}%REQ(:AUTHORITY)%")],
        **tracing.outbound(pod, export),
    )
    content = {
        "name": name,
        "address": {"socket_address": {"address": str(pod.local), "port_value": OUTBOUND_PORT}},
        "enable_reuse_port": True,
        "traffic_direction": "OUTBOUND",
        "filter_chains": [{"filters": [manager]}],
    }
    return Resource(Kind.LISTENER, name, content)


_BY_REQUEST = "x-localmesh-requests"
_BY_STREAM = "x-localmesh-streams"
"""Headers that name the cluster; they overwrite the app's own, and are removed before forwarding."""


def _on_demand() -> Json:
    """Return the filter that holds a request until its cluster has arrived or is known not to exist."""
    found = {"source": ADS, "timeout": "5s"}
    return extension("envoy.filters.http.on_demand", "filters.http.on_demand.v3.OnDemand", odcds=found)


def _password(secret: str) -> Json:
    value = "Basic " + b64encode(f"{USER}:{secret}".encode()).decode()
    known = header("proxy-authorization", {"exact": value})
    app = {"permissions": [{"any": True}], "principals": [{"header": known}]}
    return extension(
        "envoy.filters.http.rbac",
        "filters.http.rbac.v3.RBAC",
        rules={"action": "ALLOW", "policies": {"the pod's own app": app}},
    )


def _proxy_authentication_required() -> Json:
    challenge = {"header": {"key": "proxy-authenticate", "value": 'Basic realm="sidecar"'}}
    return reply(407, when=403, headers_to_add=[challenge])


def _anything() -> Json:
    return {
        "name": "anything",
        "domains": ["*"],
        "routes": [
            {"match": {"connect_matcher": {}}, "route": _stream()},
            *forwards({"prefix": ""}, {"cluster_header": _BY_REQUEST}),
        ],
        # The secret is for this proxy only, and is not forwarded.
        "response_headers_to_remove": SIGNS,
        "request_headers_to_remove": ["proxy-authorization", "proxy-connection", _BY_REQUEST, _BY_STREAM],
    }


def forwards(match: Json, action: Json) -> Iterable[Json]:
    """Return the routes of one match; a request is retried only if that cannot have an effect twice."""
    safe = header(":method", {"safe_regex": {"regex": _SAFE}})
    yield {
        "match": {**match, "headers": [*match.get("headers", []), safe]},
        "route": _forward(action, f"{_UNSENT},reset,retriable-headers", SIGNS),
    }
    yield {"match": match, "route": _forward(action, _UNSENT, [])}


def _stream() -> Json:
    connect = {"upgrade_type": "CONNECT", "connect_config": {}}
    return {"cluster_header": _BY_STREAM, "timeout": "0s", "upgrade_configs": [connect]}


def _forward(action: Json, retry_on: str, signs: Iterable[str]) -> Json:
    """Return a route's action; a retry goes to another endpoint than before.

    `signs` are the headers with which a server's sidecar reports that its app is gone. An unmeshed program could send
    them too, so they cause retries of safe methods only.
    """
    previous = extension(
        "envoy.retry_host_predicates.previous_hosts",
        "retry.host.previous_hosts.v3.PreviousHostsPredicate",
    )
    return {
        **action,
        "timeout": "0s",
        "retry_policy": {
            "retry_on": retry_on,
            "retriable_headers": [{"name": sign, "present_match": True} for sign in signs],
            "num_retries": 3,
            "retry_host_predicate": [previous],
            "host_selection_retry_max_attempts": 20,
            "retry_back_off": {"base_interval": "0.01s", "max_interval": "0.1s"},
        },
    }
