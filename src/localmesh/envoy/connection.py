"""The HTTP connection manager that all HTTP listeners share."""

from collections.abc import Iterable
from enum import StrEnum

from localmesh.envoy import Json
from localmesh.envoy.bootstrap import ADS
from localmesh.envoy.message import extension, typed

MANAGER = "filters.network.http_connection_manager.v3.HttpConnectionManager"


class Codec(StrEnum):
    """The HTTP version that a listener accepts; AUTO detects it."""

    AUTO = "AUTO"
    HTTP1 = "HTTP1"
    HTTP2 = "HTTP2"


def http(
    name: str,
    *,
    codec: Codec,
    routes: Json,
    filters: Iterable[Json],
    replies: Iterable[Json],
    log: list[Json],
    default_host: str,
    changes: Iterable[Json] = (),
    **fields: object,
) -> Json:
    """Return a connection manager that adds no headers of its own to requests or responses."""
    return extension(
        "envoy.filters.network.http_connection_manager",
        MANAGER,
        stat_prefix=name,
        codec_type=codec,
        **routes,
        http_filters=[*filters, _router()],
        early_header_mutation_extensions=list(_early(changes)),
        local_reply_config={"mappers": list(replies), "body_format": _EMPTY},
        access_log=log,
        http_protocol_options={"accept_http_10": True, "default_host_for_http_10": default_host},
        common_http_protocol_options={"idle_timeout": "90s", "headers_with_underscores_action": "ALLOW"},
        # Linkerd sets no timeout for a request; only its head must arrive in time (R6).
        request_headers_timeout="10s",
        stream_idle_timeout="0s",
        generate_request_id=False,
        server_header_transformation="PASS_THROUGH",
        use_remote_address=False,
        skip_xff_append=True,
        **fields,
    )


def told(name: str) -> Json:
    """Return the source of routes that may change; an update applies from the next request on."""
    return {"rds": {"route_config_name": name, "config_source": ADS}}


def fixed(name: str, host: Json) -> Json:
    """Return routes that never change."""
    return {"route_config": {"name": name, "virtual_hosts": [host]}}


_EMPTY: Json = {"text_format_source": {"inline_string": ""}}
"""Body of the proxy's own responses: none."""


def _router() -> Json:
    return extension("envoy.filters.http.router", "filters.http.router.v3.Router", suppress_envoy_headers=True)


def _early(changes: Iterable[Json]) -> Iterable[Json]:
    """Return the changes as early header mutations, so that routes match the changed headers (R86)."""
    # Headers with which a client could control Envoy's own retries and timeouts.
    steering = {"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}}
    kind = "http.early_header_mutation.header_mutation.v3.HeaderMutation"
    yield extension("envoy.http.early_header_mutation.header_mutation", kind, mutations=[steering, *changes])


def remove(name: str) -> Json:
    """Return a header mutation that removes a header."""
    return {"remove": name}


def write(name: str, value: str) -> Json:
    """Return a header mutation that sets a header, unless the value evaluates to an empty string."""
    return {"append": {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}


def reply(status: int, *flags: str, when: int | None = None, **fields: object) -> Json:
    """Return a mapper that sets `status` on the proxy's own responses with one of `flags`, or with status `when`."""
    if when is None:
        condition: Json = {"response_flag_filter": {"flags": list(flags)}}
    else:
        value = {"default_value": when, "runtime_key": "pingpong.unused"}
        condition = {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}
    return {"filter": condition, "status_code": status, **fields}


def grpc_reply(status: int, grpc_status: int) -> Json:
    """Return a mapper that sets `grpc_status` for gRPC clients on the proxy's own responses with HTTP `status`."""
    content = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
    code = {"header": {"key": "grpc-status", "value": str(grpc_status)}}
    found = reply(status, when=status)
    return {
        "filter": {"and_filter": {"filters": [found["filter"], {"header_filter": {"header": content}}]}},
        "headers_to_add": [{**code, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
    }


NO_ROUTE = (grpc_reply(404, 5),)
"""No route: Linkerd answers gRPC status NOT_FOUND where Envoy answers UNIMPLEMENTED."""

BAD_GATEWAY = (reply(502, "UF", "UC", "UR", "UPE", "NC"),)
"""Linkerd answers 502 where Envoy answers 503: the server is unknown, refused, broke off, or spoke no HTTP (M2)."""


UNREACHED = "x-localmesh-unreached"
BROKEN = "x-localmesh-broken"
"""Header that a server's sidecar sets if the app was unreachable, or broke off before it responded."""
SIGNS = [UNREACHED, BROKEN]
"""Headers for the caller's sidecar, which may retry another endpoint; it removes them from the response."""


def _sign(name: str) -> Json:
    return {"header": {"key": name, "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


APP_GONE = (
    reply(502, "UF", headers_to_add=[_sign(UNREACHED)]),
    reply(502, "UC", headers_to_add=[_sign(BROKEN)]),
)


def http_versions() -> Json:
    """Return upstream options that keep the HTTP version of the downstream request."""
    return _upstream(use_downstream_protocol_config={"http_protocol_options": {}, "http2_protocol_options": {}})


def http1() -> Json:
    """Return upstream options that send every request as HTTP/1.1."""
    return _upstream(explicit_http_config={"http_protocol_options": {}})


def _upstream(**version: Json) -> Json:
    return {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
            "upstreams.http.v3.HttpProtocolOptions",
            # Shorter than the server's idle timeout, so that it closes no connection as a request is sent.
            common_http_protocol_options={"idle_timeout": "60s"},
            **version,
        )
    }
