"""Handling of inbound requests: match a route, check authorizations, apply the rate limit, forward (R85)."""

from localmesh.envoy import Json, accesslog, grpcroutes, ratelimit, routes, tracing
from localmesh.envoy.authorization import Peers, rules
from localmesh.envoy.connection import APP_GONE, BAD_GATEWAY, NO_ROUTE, SIGNS, Codec, http, remove, told, write
from localmesh.envoy.filters import header_changes, redirect
from localmesh.envoy.kinds import Kind
from localmesh.envoy.message import extension, typed
from localmesh.envoy.wire import Resource
from localmesh.pods.pod import Pod
from localmesh.pods.spans import SpanExport
from meshpolicy.core.policy import Filter, GrpcRoute, HttpRoute, PortPolicy, Protocol

RBAC = "envoy.filters.http.rbac"
_VERIFIED = "%DOWNSTREAM_PEER_DNS_SAN%%DOWNSTREAM_PEER_URI_SAN%"
"""The only SAN of the client's certificate: our issuer writes a DNS name or a URI, never both."""


def requests(pod: Pod, port: int, peers: Peers, codec: Codec, export: SpanExport | None) -> Json:
    """Return the connection manager for requests of some peers; its routes come from `route_configuration`."""
    return http(
        _name(port, peers),
        codec=codec,
        routes=told(_name(port, peers)),
        filters=[extension(RBAC, "filters.http.rbac.v3.RBAC"), *ratelimit.filters()],
        replies=(*(APP_GONE if peers.terminated else ()), *BAD_GATEWAY, *NO_ROUTE),
        log=accesslog.inbound_http(pod),
        default_host=f"{pod.address}:{port}",
        changes=_client_id(peers),
        **tracing.inbound(pod, export),
    )


def route_configuration(cluster: str, policy: PortPolicy, peers: Peers) -> Resource:
    """Return the routes of a port for some peers, with authorizations and limits; allowed requests go to `cluster`."""
    name = _name(policy.port, peers)
    host: Json = {
        "name": name,
        "domains": ["*"],
        "routes": _routes(cluster, policy, peers),
        # An app must not be able to make its clients retry.
        "response_headers_to_remove": SIGNS,
    }
    if policy.rate_limit:
        host["typed_per_filter_config"] = ratelimit.rate_limits(policy.rate_limit)
    content = {"name": name, "virtual_hosts": [host], "validate_clusters": False}
    return Resource(Kind.ROUTES, name, content)


def _name(port: int, peers: Peers) -> str:
    return f"inbound_{port}{'_meshed' if peers.terminated else ''}"


def _client_id(peers: Peers) -> list[Json]:
    """Return header mutations that replace the client's own `l5d-client-id` by its verified identity (R86)."""
    dropped = [remove(ratelimit.IDENTITY_HEADER)]
    return [*dropped, write(ratelimit.IDENTITY_HEADER, _VERIFIED)] if peers.terminated else dropped


def _routes(cluster: str, policy: PortPolicy, peers: Peers) -> list[Json]:
    if policy.protocol is Protocol.GRPC:
        return [_grpc_route(cluster, entry, peers) for entry in grpcroutes.entries(policy.grpc_routes)]
    exempt = ratelimit.exempt() if policy.rate_limit else {}
    found = [_http_route(cluster, entry, peers, exempt) for entry in routes.entries(policy.http_routes)]
    return [*found, _no_route(exempt)] if exempt else found


def _no_route(exempt: Json) -> Json:
    """Return the 404 for requests that match no route; it consumes no rate limit (R85)."""
    return {"match": {"prefix": ""}, "direct_response": {"status": 404}, "typed_per_filter_config": exempt}


def _http_route(cluster: str, entry: routes.Entry, peers: Peers, exempt: Json) -> Json:
    found = _route(entry.route, entry.match, peers)
    answer = redirect(entry.rule.filters)
    if answer is None:
        return found | _forward(cluster, entry.rule.filters)
    found["typed_per_filter_config"] |= exempt
    if "prefix_rewrite" in answer and not entry.prefix:
        return found | {"direct_response": {"status": 500}}
    return found | {"redirect": answer}


def _grpc_route(cluster: str, entry: grpcroutes.GrpcEntry, peers: Peers) -> Json:
    return _route(entry.route, entry.match, peers) | _forward(cluster, entry.rule.filters)


def _route(route: HttpRoute | GrpcRoute, match: Json, peers: Peers) -> Json:
    found = {"rules": rules(route.authorizations, peers)}
    grants = {RBAC: typed("filters.http.rbac.v3.RBACPerRoute", rbac=found)}
    return {"name": str(route.ref), "match": match, "typed_per_filter_config": grants}


def _forward(cluster: str, filters: tuple[Filter, ...]) -> Json:
    return {"route": {"cluster": cluster, "timeout": "0s"}, **header_changes(filters)}
