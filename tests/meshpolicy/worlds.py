"""Small clusters made at random: what is in them, in plain words, and the manifests that say the same."""

from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

from .build import (
    GATEWAY,
    PEOPLE,
    PORTS,
    PROBED,
    Manifest,
    account,
    allow,
    labels,
    network,
    network_policy,
    pod,
    ref,
    route,
    server,
    service,
    tls,
)

Part = TypeVar("Part")
POLICY = "policy.linkerd.io"
PREFIX = "config.linkerd.io/"
ADDRESSES = {"pinger": "10.244.0.11", "rogue": "10.244.0.12", "stranger": "10.244.0.13", "203.0.113.7": "203.0.113.7"}
MESHED = ("pinger", "rogue")
SCOPES = ("all", "cluster")
MODES = ("deny", "audit", *(f"{scope}-{whom}" for scope in SCOPES for whom in ("unauthenticated", "authenticated")))
TRAFFIC = ("http", "http2", "grpc", "tcp", "tls")


@dataclass(frozen=True)
class Serving:
    """A Server on a port of the pod `ponger`, or of another pod."""

    name: str
    port: int | str
    protocol: str
    mode: str
    created: str
    app: str


@dataclass(frozen=True)
class Routing:
    """A route of one match, on one Server."""

    name: str
    group: str
    kind: str
    parent: str
    created: str
    path: tuple[str, str] | None = None
    method: str | None = None
    header: bool = False
    service: str | None = None
    """Of a GRPCRoute; None matches by header alone."""


@dataclass(frozen=True)
class Grant:
    """A policy: who is admitted, from where, to what."""

    on: tuple[str, str, str]
    """Group, kind and name."""
    identity: str | None
    net: str | None
    missing: bool
    """Whether the NetworkAuthentication is not there."""


@dataclass(frozen=True)
class Legacy:
    """A ServerAuthorization."""

    on: str
    client: str
    """`unauthenticated`, `tls`, or an account."""


@dataclass(frozen=True)
class NetworkPolicy:
    """A NetworkPolicy of one rule, or of none."""

    of: str
    ingress: bool
    rule: bool
    peer: str | None
    ports: tuple[int | str, int] | None


@dataclass(frozen=True)
class World:
    """One cluster."""

    servers: tuple[Serving, ...] = ()
    routes: tuple[Routing, ...] = ()
    grants: tuple[Grant, ...] = ()
    legacy: tuple[Legacy, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    default: str | None = None
    opaque: str | None = None
    skipped: str | None = None
    transparent: bool = False


@dataclass(frozen=True)
class Question:
    """One call to `ponger`; made at random it is nobody's, and asked for every client and traffic."""

    client: str
    port: int
    traffic: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    direct: bool = False


NAMES = st.sampled_from(("a", "b"))
DATES = st.sampled_from(("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))
PROTOCOLS = st.sampled_from(("unknown", "unknown", "HTTP/1", "HTTP/2", "gRPC", "opaque", "TLS"))
SERVERS = st.builds(
    Serving,
    NAMES,
    st.sampled_from((8080, "http", "http", 9090, "8080")),
    PROTOCOLS,
    st.sampled_from((*["deny"] * 6, *MODES)),
    DATES,
    st.sampled_from(("ponger", "ponger", "ponger", "other")),
)
HTTP_ROUTES = st.builds(
    Routing,
    NAMES,
    st.sampled_from((POLICY, GATEWAY)),
    st.just("HTTPRoute"),
    NAMES,
    DATES,
    st.one_of(
        st.none(),
        st.tuples(
            st.sampled_from(("Exact", "PathPrefix", "RegularExpression")), st.sampled_from(("/", "/a", "/a/b", "/a.*"))
        ),
    ),
    st.sampled_from((None, "GET", "POST")),
    st.booleans(),
)
GRPC_ROUTES = st.builds(
    Routing,
    NAMES,
    st.just(GATEWAY),
    st.just("GRPCRoute"),
    NAMES,
    DATES,
    method=st.sampled_from((None, "c", "d")),
    header=st.booleans(),
    service=st.sampled_from(("a.B", "a.B", "a.X", None)),
)
TARGETS = st.one_of(
    st.tuples(st.just(POLICY), st.just("Server"), NAMES),
    st.just(("", "Namespace", "arena")),
    st.tuples(st.sampled_from((POLICY, GATEWAY)), st.just("HTTPRoute"), NAMES),
    st.tuples(st.just(GATEWAY), st.just("GRPCRoute"), NAMES),
)
NETS = st.sampled_from((None, None, "10.244.0.11/32", "10.244.0.12/31", "203.0.113.0/24", "::/0"))
GRANTS = st.builds(Grant, TARGETS, st.sampled_from((None, "*", "pinger", "rogue", "suffix")), NETS, st.booleans())
LEGACY = st.builds(Legacy, NAMES, st.sampled_from(("unauthenticated", "tls", "rogue")))
WALLS = st.builds(
    NetworkPolicy,
    st.sampled_from(("ponger", "ponger", "pinger")),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, "pinger", "ponger", "arena", "10.244.0.0/28")),
    st.sampled_from((None, (4143, 0), (8080, 0), ("http", 0), (4000, 9000))),
)


def few(parts: st.SearchStrategy[Part], most: int, least: int = 0) -> st.SearchStrategy[tuple[Part, ...]]:
    """Return up to so many different ones."""
    return st.lists(parts, min_size=least, max_size=most, unique_by=_name).map(tuple)


def _name(part: object) -> object:
    """Return what tells an object from others of its kind."""
    return tuple(getattr(part, word, "") for word in ("group", "kind", "name")) if hasattr(part, "name") else part


WORLDS = st.builds(
    World,
    st.one_of(few(SERVERS, 2, least=1), few(SERVERS, 2, least=1), few(SERVERS, 2)),
    few(st.one_of(HTTP_ROUTES, HTTP_ROUTES, GRPC_ROUTES), 3),
    few(GRANTS, 3),
    few(LEGACY, 1),
    st.one_of(st.just(()), few(WALLS, 2)),
    st.sampled_from((None, None, *MODES)),
    st.sampled_from((None, None, "8080", "8000-8090,9999", "8080,http")),
    st.sampled_from((None, None, None, "8080", "9090")),
    st.sampled_from((False, False, True)),
)
CALLS = st.builds(
    Question,
    st.just(""),
    st.sampled_from((8080, 8080, 9090)),
    st.just(""),
    st.sampled_from(("GET", "POST")),
    st.sampled_from(("/", "/a", "/a/b", "/live", "/a.B/c", "/a.B/c")),
    st.sampled_from(({}, {"x": "1"})),
    st.booleans(),
)


def manifests(world: World) -> list[Manifest]:
    """Return the manifests of a cluster."""
    own = {"default-inbound-policy": world.default, "opaque-ports": world.opaque, "skip-inbound-ports": world.skipped}
    annotations = {PREFIX + name: text for name, text in own.items() if text is not None}
    ponger = pod("ponger", "10.244.0.21", ports=PORTS, container=PROBED, annotations=annotations)
    found: list[Manifest] = [*PEOPLE, ponger, service(ports={80: "http", 9090: "metrics"})]
    for one in world.servers:
        spec = {"proxyProtocol": one.protocol, "accessPolicy": one.mode}
        found.append(server(one.name, one.port, one.app, created=one.created, **spec))
    found += [_route(one) for one in world.routes]
    for number, grant in enumerate(world.grants):
        found += _policy(grant, number)
    found += [_legacy(one, number) for number, one in enumerate(world.legacy)]
    return found + [_network_policy(one, number) for number, one in enumerate(world.network_policies)]


def _route(one: Routing) -> Manifest:
    headers = [{"name": "x", "value": "1"}] if one.header or (one.kind == "GRPCRoute" and not one.service) else []
    match: Manifest = {"headers": headers} if headers else {}
    if one.kind == "GRPCRoute" and one.service:
        match["method"] = {"service": one.service} | ({"method": one.method} if one.method else {})
    elif one.kind == "HTTPRoute":
        match |= {"path": {"type": one.path[0], "value": one.path[1]}} if one.path else {}
        match |= {"method": one.method} if one.method else {}
    parents = [ref("Server", one.parent)]
    return route(match, name=one.name, kind=one.kind, group=one.group, parents=parents, created=one.created)


def _policy(grant: Grant, number: int) -> list[Manifest]:
    found, references = [], []
    if grant.identity in MESHED:
        references.append(account(str(grant.identity)))
    elif grant.identity:
        pattern = "*" if grant.identity == "*" else "*.arena.serviceaccount.identity.linkerd.cluster.local"
        found.append(tls(pattern, name=f"t{number}"))
        references.append(ref("MeshTLSAuthentication", f"t{number}"))
    if grant.net:
        found += [] if grant.missing else [network(grant.net, name=f"n{number}")]
        references.append(ref("NetworkAuthentication", f"n{number}"))
    group, kind, name = grant.on
    return [*found, allow(*references, on=ref(kind, name, group=group), name=f"p{number}")]


def _legacy(one: Legacy, number: int) -> Manifest:
    clients: dict[str, Manifest] = {"unauthenticated": {"unauthenticated": True}}
    clients["tls"] = {"meshTLS": {"unauthenticatedTLS": True}}
    client = clients.get(one.client, {"meshTLS": {"serviceAccounts": [{"name": one.client}]}})
    return {
        "apiVersion": f"{POLICY}/v1beta1",
        "kind": "ServerAuthorization",
        "metadata": {"name": f"l{number}", "namespace": "arena"},
        "spec": {"server": {"name": one.on}, "client": client},
    }


def _network_policy(one: NetworkPolicy, number: int) -> Manifest:
    rule: Manifest = {}
    if one.peer == "arena":
        rule["from"] = [{"namespaceSelector": labels(**{"kubernetes.io/metadata.name": "arena"})}]
    elif one.peer is not None:
        block = {"ipBlock": {"cidr": one.peer}}
        rule["from"] = [block if "/" in one.peer else {"podSelector": labels(app=one.peer)}]
    if one.ports is not None:
        rule["ports"] = [{"port": one.ports[0]} | ({"endPort": one.ports[1]} if one.ports[1] else {})]
    if not one.ingress and "from" in rule:
        rule["to"] = rule.pop("from")
    way = "ingress" if one.ingress else "egress"
    found = network_policy(one.of, policyTypes=[way.capitalize()], **{way: [rule] if one.rule else []})
    found["metadata"]["name"] = f"w{number}"
    return found
