"""What a sidecar does with the requests that it accepts: match a route, ask for a grant, limit, pass on (R85)."""

from localmesh.envoy import Json, accesslog, grpcroutes, ratelimit, routes
from localmesh.envoy.authorization import Peers, rules
from localmesh.envoy.connection import BAD_GATEWAY, NO_ROUTE, Codec, http, remove, write
from localmesh.envoy.filters import header_changes, redirect
from localmesh.envoy.message import extension, typed
from localmesh.pod import Pod
from meshpolicy.policy import Filter, GrpcRoute, HttpRoute, PortPolicy, Protocol

RBAC = "envoy.filters.http.rbac"
_VERIFIED = "%DOWNSTREAM_PEER_DNS_SAN%%DOWNSTREAM_PEER_URI_SAN%"
"""The one name in the client's certificate: our issuer writes no second."""


def requests(pod: Pod, cluster: str, policy: PortPolicy, peers: Peers, codec: Codec) -> Json:
    """Return the filter for the requests of some peers; what is allowed goes to `cluster`."""
    name = f"inbound_{policy.port}{'_meshed' if peers.terminated else ''}"
    limit = policy.rate_limit
    return http(
        name,
        codec=codec,
        hosts=[{"name": name, "domains": ["*"], "routes": _routes(cluster, policy, peers)}],
        filters=[
            extension(RBAC, "filters.http.rbac.v3.RBAC"),
            *(ratelimit.rate_limits(limit) if limit else []),
        ],
        replies=(*BAD_GATEWAY, *NO_ROUTE),
        log=accesslog.inbound_http(pod),
        default_host=f"{pod.address}:{policy.port}",
        changes=_client_id(peers),
    )


def _client_id(peers: Peers) -> list[Json]:
    """Write who the client is, whatever the client says it is (R86)."""
    dropped = [remove(ratelimit.IDENTITY_HEADER)]
    return [*dropped, write(ratelimit.IDENTITY_HEADER, _VERIFIED)] if peers.terminated else dropped


def _routes(cluster: str, policy: PortPolicy, peers: Peers) -> list[Json]:
    found: list[grpcroutes.GrpcEntry | routes.Entry] = [*routes.entries(policy.http_routes)]
    if policy.protocol is Protocol.GRPC:
        found = [*grpcroutes.entries(policy.grpc_routes)]
    grants = {entry.route.ref: _grants(entry.route, peers) for entry in found}
    exempt = ratelimit.exempt() if policy.rate_limit else {}
    return [
        {
            "name": str(entry.route.ref),
            "match": entry.match,
            "typed_per_filter_config": grants[entry.route.ref] | (exempt if redirect(entry.rule.filters) else {}),
            **_action(cluster, entry.rule.filters),
        }
        for entry in found
    ]


def _grants(route: HttpRoute | GrpcRoute, peers: Peers) -> Json:
    found = {"rules": rules(route.authorizations, peers)}
    return {RBAC: typed("filters.http.rbac.v3.RBACPerRoute", rbac=found)}


def _action(cluster: str, filters: tuple[Filter, ...]) -> Json:
    if answer := redirect(filters):
        return {"redirect": answer}
    return {"route": {"cluster": cluster, "timeout": "0s"}, **header_changes(filters)}
