"""The server of the tests: a port for each thing that is particular about a policy."""

from dataclasses import dataclass

from localmesh.envoy.endpoints import Destination, service_hosts
from localmesh.envoy.inbound import InboundPort
from localmesh.identity.authority import Authority
from localmesh.pods.pod import Pod
from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, IdentityMatch, PathKind, PathMatch, ValueMatch
from meshpolicy.core.policy import (
    GrpcRoute,
    GrpcRule,
    HeaderChange,
    HttpRoute,
    HttpRule,
    PortPolicy,
    Protocol,
    RateLimit,
    RateLimitOverride,
    Redirect,
)
from meshpolicy.core.ref import Reason, Ref

from .realenvoy import Sidecar
from .values import SERVER, grant, identity, on, policy, route

FRIEND = grant(identity("friend"), name="friends-may")
ANYBODY = grant(name="anybody-may")
OFFER = route("=/ping", FRIEND, method="GET", name="offer")
OPEN = route("/open", ANYBODY, name="open")
REST = route("/", name="rest")
ROUTES = (OFFER, OPEN, REST)
CALLS = GrpcRoute(
    Ref("gateway.networking.k8s.io", "GRPCRoute", "web", "calls"),
    (GrpcRule((GrpcMatch("ping.Ping", "Once"),)),),
    authorizations=(FRIEND,),
)

PORTS = {
    "http": 8080,
    "unknown": 8081,
    "opaque": 8082,
    "tls": 8083,
    "http2": 8084,
    "deny": 8085,
    "limited": 8086,
    "filters": 8087,
    "invalid": 8088,
    "skipped": 8089,
    "sparse": 8090,
    "crowded": 8091,
    "impostor": 8092,
    "many": 8093,
    "grpc": 8094,
}
"""The ports of the server, by what is particular about them; `impostor` is played by others."""


@dataclass
class World:
    """A server, a client with a grant (`friend`), a meshed one without (`other`), and an unmeshed one."""

    authority: Authority
    server: Sidecar
    friend: Sidecar
    other: Sidecar
    stranger: Sidecar


def destination(name: str) -> Destination:
    """Return a port of the Service `server`."""
    return Destination(f"server.{name}", service_hosts("server", "web", "web"), PORTS[name])


def hinted(name: str) -> Destination:
    """Return the same port as one that its pod calls opaque."""
    return Destination(f"hinted.{name}", ("hinted",), PORTS[name])


def url(name: str, path: str = "/ping") -> str:
    """Return how a client calls a port of the Service."""
    return f"http://server.web.svc.cluster.local:{PORTS[name]}{path}"


def server_ports(pod: Pod) -> list[InboundPort]:
    """Return the ports with their policies, and the app behind each."""
    streams = {"opaque": Protocol.OPAQUE, "tls": Protocol.TLS, "deny": Protocol.OPAQUE}
    lines = {name: policy(PORTS[name], protocol) for name, protocol in streams.items()}
    requests = {
        "http": policy(PORTS["http"], http_routes=ROUTES),
        "unknown": policy(PORTS["unknown"], Protocol.UNKNOWN, http_routes=ROUTES),
        "http2": policy(PORTS["http2"], Protocol.HTTP2, http_routes=ROUTES),
        "sparse": policy(PORTS["sparse"], http_routes=(OFFER,)),
        "limited": limited(),
        "crowded": crowded(),
        "many": many(),
        "grpc": policy(PORTS["grpc"], Protocol.GRPC, grpc_routes=(CALLS,)),
        "filters": filters(),
        "invalid": policy(PORTS["invalid"], http_routes=ROUTES, invalid=SERVER),
        "skipped": policy(PORTS["skipped"], unguarded=Reason("skipped", "R10")),
    }
    found = [on(pod, requests[name]) for name in requests if name != "unknown"]
    granted = {name: _granted(lines[name]) for name in ("opaque", "tls")}
    found += [on(pod, granted.get(name, lines[name]), "lines.sock") for name in lines]
    return [*found, on(pod, _granted(requests["unknown"]))]


def _granted(found: PortPolicy) -> PortPolicy:
    return policy(found.port, found.protocol, http_routes=found.http_routes, authorizations=(FRIEND,))


def limited() -> PortPolicy:
    """Return a port where each identity may ask 3 times a second, and `friend` 8 times."""
    override = RateLimitOverride(8, (IdentityMatch(identity("friend")),))
    limit = RateLimit(SERVER, identity=3, overrides=(override,))
    return policy(PORTS["limited"], http_routes=(OPEN, REST), rate_limit=limit)


def crowded() -> PortPolicy:
    """Return a port where all together may ask 5 times a second, and each identity 3 times."""
    limit = RateLimit(SERVER, total=5, identity=3)
    return policy(PORTS["crowded"], http_routes=(OPEN, REST), rate_limit=limit)


def filters() -> PortPolicy:
    """Return a port whose routes change headers and redirect."""
    change = HeaderChange(add=(("x-add", "50%"),), set=(("x-set", "new"),), remove=("x-remove",))
    changed = route("/change", ANYBODY, filters=(change,), name="change")
    moved = route("/old", ANYBODY, filters=(Redirect(301, prefix="/new"),), name="moved")
    broken = route("=/exact", ANYBODY, filters=(Redirect(prefix="/new"),), name="broken")
    closed = route("/closed", filters=(Redirect(),), name="closed")
    return policy(PORTS["filters"], http_routes=(changed, moved, broken, closed))


def many() -> PortPolicy:
    """Return a port with routes that tie and shade each other; each names itself in a header for the app."""
    prefix, exact, regex = PathKind.PREFIX, PathKind.EXACT, PathKind.REGEX
    one, query = (ValueMatch("x", "1"),), (ValueMatch("q", "1"),)
    matches = {
        "exact": HttpMatch(PathMatch(exact, "/a")),
        "prefix": HttpMatch(PathMatch(prefix, "/a")),
        "prefix-with-header": HttpMatch(PathMatch(prefix, "/a"), headers=one),
        "longer-prefix-with-method": HttpMatch(PathMatch(prefix, "/a/b"), "POST"),
        "regex": HttpMatch(PathMatch(regex, "/a/?b")),
        "regex-with-query": HttpMatch(PathMatch(regex, "/a/b"), query=query),
        "encoded-query": HttpMatch(PathMatch(prefix, "/"), query=(ValueMatch("r s", "1"),)),
        "root-with-header": HttpMatch(PathMatch(prefix, "/"), "GET", (ValueMatch("x", "[12]", regex=True),)),
        "posts": HttpMatch(PathMatch(prefix, "/"), "POST"),
    }
    hosts = {"host": ("a.x", HttpMatch(PathMatch(prefix, "/a"))), "suffix": ("*.x", HttpMatch(PathMatch(prefix, "/")))}
    found = [_named(name, match) for name, match in matches.items()]
    found += [_named(name, match, HostMatch(host)) for name, (host, match) in hosts.items()]
    return policy(PORTS["many"], http_routes=tuple(found))


def _named(name: str, match: HttpMatch, *hosts: HostMatch) -> HttpRoute:
    rule = HttpRule((match,), (HeaderChange(set=(("x-route", name),)),))
    return HttpRoute(Ref("policy.linkerd.io", "HTTPRoute", "web", name), (rule,), hosts, (ANYBODY,))
