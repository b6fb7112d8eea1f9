"""What a sidecar does for its own app: a proxy for its requests and streams, which asks for the pod's secret.

A request in absolute form (`GET http://ponger.pingpong/ping`) is routed by its host; CONNECT opens a stream.
"""

from base64 import b64encode
from collections.abc import Iterable

from localmesh.envoy import Json, accesslog
from localmesh.envoy.clusters import requests_cluster, streams_cluster
from localmesh.envoy.connection import BAD_GATEWAY, Codec, http, reply
from localmesh.envoy.endpoints import Destination
from localmesh.envoy.message import extension
from localmesh.envoy.requestmatch import header
from localmesh.pods.pod import OUTBOUND_PORT, Pod

USER = "app"
_SAFE = "GET|HEAD|OPTIONS|TRACE"
"""Methods that may be sent again after a connection broke off (RFC 9110, 9.2.1)."""
_UNSENT = "connect-failure,refused-stream,reset-before-request"


def proxy_url(pod: Pod, secret: str) -> str:
    """Return the app's HTTP_PROXY; `secret` is made of characters that a URL takes as they are."""
    return f"http://{USER}:{secret}@{pod.local}:{OUTBOUND_PORT}"


def listener(pod: Pod, destinations: Iterable[Destination], secret: str) -> Json:
    """Return the listener that the app's requests go to."""
    name = "outbound"
    manager = http(
        name,
        codec=Codec.AUTO,
        hosts=[*_hosts(destinations), _unknown()],
        filters=[_password(secret)],
        replies=[*BAD_GATEWAY, _proxy_authentication_required()],
        log=accesslog.outbound_http(pod),
        default_host="unknown",
        upgrade_configs=[{"upgrade_type": "CONNECT"}],
    )
    return {
        "name": name,
        "address": {"socket_address": {"address": str(pod.local), "port_value": OUTBOUND_PORT}},
        "enable_reuse_port": False,
        "traffic_direction": "OUTBOUND",
        "filter_chains": [{"filters": [manager]}],
    }


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


def _hosts(destinations: Iterable[Destination]) -> Iterable[Json]:
    taken: set[str] = set()
    for destination in destinations:
        domains = [domain for domain in _domains(destination) if domain not in taken]
        taken.update(domains)
        if domains:
            yield _host(destination.name, domains, list(routes(destination)))


def _domains(destination: Destination) -> Iterable[str]:
    for host in destination.hosts:
        yield f"{host}:{destination.port}"
        if destination.port == 80:
            yield host


def routes(destination: Destination) -> Iterable[Json]:
    """Return the routes to a destination."""
    yield {"match": {"connect_matcher": {}}, "route": _stream(streams_cluster(destination))}
    yield from forwards({"prefix": ""}, {"cluster": requests_cluster(destination)})


def forwards(match: Json, action: Json) -> Iterable[Json]:
    """Return the routes of one match; a request is sent again only if that cannot do anything twice."""
    safe = header(":method", {"safe_regex": {"regex": _SAFE}})
    yield {
        "match": {**match, "headers": [*match.get("headers", []), safe]},
        "route": _forward(action, f"{_UNSENT},reset"),
    }
    yield {"match": match, "route": _forward(action, _UNSENT)}


def _stream(cluster: str) -> Json:
    connect = {"upgrade_type": "CONNECT", "connect_config": {}}
    return {"cluster": cluster, "timeout": "0s", "upgrade_configs": [connect]}


def _forward(action: Json, retry_on: str) -> Json:
    """Return a route's action: to another endpoint than before, if it has to be tried again."""
    previous = extension(
        "envoy.retry_host_predicates.previous_hosts",
        "retry.host.previous_hosts.v3.PreviousHostsPredicate",
    )
    return {
        **action,
        "timeout": "0s",
        "retry_policy": {
            "retry_on": retry_on,
            "num_retries": 3,
            "retry_host_predicate": [previous],
            "host_selection_retry_max_attempts": 3,
            "retry_back_off": {"base_interval": "0.01s", "max_interval": "0.1s"},
        },
    }


def _unknown() -> Json:
    answer = {"status": 502}
    matches: list[Json] = [{"connect_matcher": {}}, {"prefix": ""}]
    return _host("unknown", ["*"], [{"match": match, "direct_response": answer} for match in matches])


def _host(name: str, domains: list[str], found: list[Json]) -> Json:
    # The secret is for this proxy, and goes no further.
    return {
        "name": name,
        "domains": domains,
        "routes": found,
        "request_headers_to_remove": ["proxy-authorization", "proxy-connection"],
    }
