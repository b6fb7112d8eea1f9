"""Which route a request meets, and what routes do to a Server: rules R45 to R57, R85 to R94."""

from typing import Any

import pytest

from meshpolicy.index.effective import effective

from ..build import (
    ARENA,
    GATEWAY,
    Manifest,
    account,
    allow,
    cluster,
    exact,
    outcome,
    prefix,
    ref,
    route,
    server,
    service,
)

PINGER = account("pinger")
NAMED = "pinger.arena.serviceaccount.identity.linkerd.cluster.local"


def on(name: str = "route", kind: str = "HTTPRoute", group: str = "policy.linkerd.io") -> Manifest:
    """Return a target: a route."""
    return {"group": group, "kind": kind, "name": name}


def met(*matches: Manifest, path: str = "/", **sent: Any) -> str:
    """Return what the pinger gets of a Server whose only route has these matches."""
    return outcome(server(), route(*matches), allow(PINGER, on=on()), server=f"ponger:http{path}", **sent)


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ({"group": "policy.linkerd.io", "kind": "Server", "name": "http"}, "404"),
        ({"kind": "Server", "name": "http"}, "404"),
        ({"group": "gateway.networking.k8s.io", "kind": "Server", "name": "http"}, "allow"),
        ({"name": "http"}, "allow"),
        ({"group": "policy.linkerd.io", "kind": "Server", "name": "http", "namespace": "other"}, "allow"),
        ({"group": "policy.linkerd.io", "kind": "Server", "name": "http", "port": 8080}, "allow"),
        ({"group": "policy.linkerd.io", "kind": "Server", "name": "http", "sectionName": "x"}, "allow"),
    ],
)
def test_a_route_is_attached_by_group_kind_and_name_alone(parent: Manifest, expected: str) -> None:
    """R45, R46: where the route is not in force, the Server's own policy decides."""
    assert outcome(server(), route(exact("/ping"), parents=[parent]), allow(PINGER)) == expected


def test_a_wrong_parent_spoils_the_right_one() -> None:
    """R46: the whole route is dropped."""
    parents = [ref("Server", "http"), ref("Server", "http", "other")]
    assert outcome(server(), route(exact("/ping"), parents=parents), allow(PINGER)) == "allow"


def test_a_server_that_a_route_names_in_two_spellings_has_it_once() -> None:
    """R45: kinds are compared without case, so both spellings mean one parent."""
    parents = [ref("Server", "http"), {**ref("Server", "http"), "kind": "server"}]
    found = cluster(*ARENA, server(), route(exact("/ping"), parents=parents))
    policy = effective(found, next(w for w in found.workloads if w.ref.name == "ponger"), 8080)
    assert [one.ref.name for one in policy.http_routes] == ["route"]


def test_a_grpc_route_drives_all_http_routes_out() -> None:
    """R48, R49: whatever the protocol of the Server, and whichever is older."""
    calls = route(name="calls", kind="GRPCRoute", group=GATEWAY)
    assert outcome(server(), route(exact("/ping")), allow(PINGER)) == "404"
    assert outcome(server(), route(exact("/ping")), calls, allow(PINGER)) == "allow"


@pytest.mark.parametrize(("protocol", "traffic", "expected"), [("gRPC", "grpc", "grpc-7"), ("opaque", "http", "502")])
def test_a_route_of_the_wrong_kind_has_no_effect(protocol: str, traffic: str, expected: str) -> None:
    """R50."""
    manifests = (server(proxyProtocol=protocol), route(prefix("/")), allow(PINGER, on=on()))
    assert outcome(*manifests, server="ponger:http/a.B/c", traffic=traffic) == expected


def test_a_route_inherits_the_grants_of_its_server_and_can_only_widen_them() -> None:
    """R51, R52."""
    narrow = (server(), route(prefix("/")), allow(PINGER, name="all"), allow(account("rogue"), on=on(), name="own"))
    assert [outcome(*narrow, client=c) for c in ("pinger", "rogue", "stranger")] == ["allow", "allow", "403"]
    assert outcome(server(), route(prefix("/"))) == "403"


def test_a_policy_names_the_group_of_the_route() -> None:
    """R28: a gateway route is not meant by policy.linkerd.io; the name is compared without case."""
    gateway = route(prefix("/"), group=GATEWAY)
    assert outcome(server(), gateway, allow(PINGER, on=on())) == "403"
    assert outcome(server(), gateway, allow(PINGER, on=on(group=GATEWAY))) == "allow"
    assert outcome(server(), gateway, allow(PINGER, on=on("ROUTE", group=GATEWAY))) == "allow"


@pytest.mark.parametrize("kind", ["URLRewrite", "RequestMirror", "ExtensionRef"])
def test_an_unsupported_filter_drops_the_whole_route(kind: str) -> None:
    """R53: it is accepted, and the Server behaves as if there were none."""
    assert outcome(server(), route(exact("/ping"), group=GATEWAY, filters=[{"type": kind}]), allow(PINGER)) == "allow"


def test_a_match_by_header_alone_bricks_a_grpc_server() -> None:
    """R56: nobody gets in, not from localhost either; an HTTP/1 request is judged, too."""
    match = {"headers": [{"name": "x", "value": "1"}]}
    manifests = (server(proxyProtocol="gRPC"), route(match, kind="GRPCRoute", group=GATEWAY), allow())
    assert outcome(*manifests, server="ponger:http/a.B/c", traffic="grpc") == "grpc-7"
    assert outcome(*manifests, client="127.0.0.1", direct=True) == "403"
    assert outcome(*manifests, client="stranger", traffic="tcp") == "closed"


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [("/live", "GET", "allow"), ("/live?x=1", "GET", "allow"), ("/live", "POST", "403"), ("/live/x", "GET", "403")],
)
def test_probe_paths_are_open_until_a_route_is_attached(path: str, method: str, expected: str) -> None:
    """R57, R58, R59."""
    assert outcome(server(), client="stranger", server=f"ponger:http{path}", method=method) == expected
    assert outcome(server(), route(exact("/x")), client="stranger", server=f"ponger:http{path}", method=method) == "404"


@pytest.mark.parametrize(
    ("kind", "value", "path", "expected"),
    [
        ("Exact", "/ping", "/ping", "allow"),
        ("Exact", "/ping", "/ping/", "404"),
        ("Exact", "/ping", "/PING", "404"),
        ("Exact", "/ping", "/ping?x", "allow"),
        ("PathPrefix", "/", "/any", "allow"),
        ("PathPrefix", "/a", "/a", "allow"),
        ("PathPrefix", "/a", "/a/", "allow"),
        ("PathPrefix", "/a/", "/a", "allow"),
        ("PathPrefix", "/a", "/ab", "404"),
        ("PathPrefix", "/a", "//a", "404"),
        ("RegularExpression", "/a|/ab", "/ab", "404"),
        ("RegularExpression", "/ab|/a", "/ab", "allow"),
        ("RegularExpression", "/p.*", "/ping", "allow"),
        ("RegularExpression", "ping", "/ping", "404"),
    ],
)
def test_paths_are_compared_raw(kind: str, value: str, path: str, expected: str) -> None:
    """R90."""
    assert met({"path": {"type": kind, "value": value}}, path=path) == expected


@pytest.mark.parametrize(
    ("match", "sent", "expected"),
    [
        ({"method": "GET"}, {}, "allow"),
        ({"method": "GET"}, {"method": "HEAD"}, "404"),
        ({"headers": [{"name": "X-A", "value": "1"}]}, {"headers": {"x-a": "1"}}, "allow"),
        ({"headers": [{"name": "X-A", "value": "1"}]}, {"headers": {"x-a": "12"}}, "404"),
        ({"headers": [{"name": "x", "type": "RegularExpression", "value": "1+"}]}, {"headers": {"x": "11"}}, "allow"),
        ({"headers": [{"name": "x", "type": "RegularExpression", "value": "1"}]}, {"headers": {"x": "11"}}, "404"),
        ({"queryParams": [{"name": "q", "value": "a b"}]}, {"path": "/?q=a+b"}, "allow"),
        ({"queryParams": [{"name": "q", "value": "2"}]}, {"path": "/?q=1&q=2"}, "allow"),
        ({"queryParams": [{"name": "q", "value": ""}]}, {"path": "/?q"}, "allow"),
        ({"queryParams": [{"name": "q", "value": "1"}]}, {"path": "/?Q=1"}, "404"),
    ],
)
def test_every_part_of_a_match_must_hold(match: Manifest, sent: Manifest, expected: str) -> None:
    """R89, R93."""
    assert met(match, **sent) == expected


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        (prefix("/ping"), exact("/ping"), "first"),
        (prefix("/"), exact("/ping"), "second"),
        (prefix("/pin"), {"path": {"type": "RegularExpression", "value": "/pi.*"}}, "second"),
        (exact("/ping"), exact("/ping", method="GET"), "second"),
        (exact("/ping", method="GET"), exact("/ping", headers=[{"name": "x", "value": "1"}]), "second"),
        (
            exact("/ping", queryParams=[{"name": "q", "value": "1"}]),
            exact("/ping", headers=[{"name": "x", "value": "1"}]),
            "second",
        ),
    ],
)
def test_the_best_match_wins_by_length_headers_query_and_method(first: Manifest, second: Manifest, winner: str) -> None:
    """R88, R91: the type of a path does not rank; on a tie the older route wins."""
    manifests = (
        server(),
        route(first, name="first", created="2026-01-01T00:00:00Z"),
        route(second, name="second", created="2026-02-01T00:00:00Z"),
        allow(PINGER, on=on(winner)),
    )
    assert outcome(*manifests, server="ponger:http/ping?q=1", headers={"x": "1"}) == "allow"


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("example.org", "example.org", "allow"),
        ("example.org", "EXAMPLE.org:8080", "allow"),
        ("example.org", "example.org.", "allow"),
        ("*.example.org", "a.b.example.org", "allow"),
        ("*.example.org", "example.org", "404"),
        ("example.org", "a.example.org", "404"),
        ("example.org", "", "404"),
    ],
)
def test_a_host_is_compared_without_port_and_case(pattern: str, host: str, expected: str) -> None:
    """R92, M5."""
    named = route(prefix("/"))
    named["spec"]["hostnames"] = [pattern]
    assert outcome(server(), named, allow(PINGER, on=on()), authority=host) == expected


def test_a_host_outranks_every_path() -> None:
    """R91."""
    named = route(prefix("/"), name="named")
    named["spec"]["hostnames"] = ["example.org"]
    manifests = (server(), named, route(exact("/ping"), name="longer"), allow(PINGER, on=on("named")))
    assert outcome(*manifests, server="ponger:http/ping", authority="example.org") == "allow"


def test_a_route_without_rules_takes_everything_and_an_empty_list_nothing() -> None:
    """R88."""
    omitted, empty = route(), route()
    del omitted["spec"]["rules"]
    empty["spec"]["rules"] = []
    assert outcome(server(), omitted, allow(PINGER, on=on())) == "allow"
    assert outcome(server(), empty, allow(PINGER)) == "404"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ({"service": "a.B", "method": "c"}, "/a.B/c", "allow"),
        ({"service": "a.B"}, "/a.B/other", "allow"),
        ({"method": "c"}, "/any/c", "allow"),
        ({"service": "a.B", "method": "c"}, "/a.B/d", "grpc-5"),
        ({"service": "a.B"}, "/a.B", "grpc-5"),
        ({"service": "a.B", "method": "c"}, "/a.B/c/extra", "allow"),
    ],
)
def test_a_grpc_call_is_matched_by_service_and_method(method: Manifest, path: str, expected: str) -> None:
    """R94."""
    calls = route({"method": method}, kind="GRPCRoute", group=GATEWAY)
    manifests = (server(proxyProtocol="gRPC"), calls, allow(PINGER, on=on(kind="GRPCRoute", group=GATEWAY)))
    assert outcome(*manifests, server=f"ponger:http{path}", traffic="grpc") == expected


def test_a_grpc_server_without_routes_takes_posts_only() -> None:
    """R49, R94."""
    manifests = (server(proxyProtocol="gRPC"), allow(PINGER))
    assert outcome(*manifests, server="ponger:http/a.B/c", traffic="grpc") == "allow"
    assert outcome(*manifests, server="ponger:http/a.B/c") == "404"


def test_filters_come_after_authorization() -> None:
    """R54, R85: a redirect to where the request came from is passed over."""

    def redirected(**redirect: Any) -> list[str]:
        filters = [{"type": "RequestRedirect", "requestRedirect": redirect}]
        manifests = (server(), route(exact("/old"), filters=filters), allow(PINGER, on=on()))
        return [outcome(*manifests, client=c, server="ponger:http/old") for c in ("pinger", "rogue")]

    assert redirected(hostname="example.org") == ["302", "403"]
    assert redirected(statusCode=301, port=8443) == ["301", "403"]
    assert redirected(hostname="ponger.arena.svc.cluster.local") == ["allow", "403"]
    assert redirected(path={"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}) == ["500", "403"]


def test_a_client_cannot_write_its_own_identity() -> None:
    """R86: the header is what the proxy verified, so it may be matched."""
    by_identity = route(prefix("/", headers=[{"name": "l5d-client-id", "value": NAMED}]))
    forged = {"l5d-client-id": NAMED}
    found = [
        outcome(server(), by_identity, allow(on=on()), client=client, headers=forged)
        for client in ("pinger", "rogue", "stranger")
    ]
    assert found == ["allow", "404", "404"]


def test_a_route_on_the_service_binds_meshed_clients_that_call_the_service() -> None:
    """M4."""
    outwards = route(exact("/ping"), parents=[{"group": "core", "kind": "Service", "name": "ponger", "port": 80}])
    assert outcome(outwards, server="ponger:http/ping") == "allow"
    assert outcome(outwards, server="ponger:http/x") == "404"
    assert outcome(outwards, server="ponger:http/x", direct=True) == "allow"
    assert outcome(outwards, server="ponger:http/x", client="stranger") == "allow"
    assert outcome(outwards, server="ponger:metrics/x") == "allow"


def test_a_redirect_of_a_route_on_the_service_is_the_clients_proxys() -> None:
    """M4, R54: whatever the server's policies say, and for meshed clients that call the Service."""
    parents = [{"group": "core", "kind": "Service", "name": "ponger"}]
    filters = [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org", "statusCode": 301}}]
    moved = route(exact("/old"), parents=parents, filters=filters)
    assert outcome(moved, server(), server="ponger:http/old") == "301"
    assert outcome(moved, server(), server="ponger:http/old", client="stranger") == "403"
    assert outcome(moved, server(), server="ponger:http/old", direct=True) == "403"


def test_a_route_to_other_backends_leaves_the_verdict_open() -> None:
    """M4: where the call ends is then the route's choice."""
    parents = [{"group": "core", "kind": "Service", "name": "ponger"}]
    elsewhere = route(prefix("/"), parents=parents, backendRefs=[{"name": "other", "port": 80}])
    assert outcome(elsewhere, service("other")) == "unknown"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"path": "/<"}, "400"),
        ({"path": "/a?<"}, "400"),
        ({"path": "/a?`"}, "allow"),
        ({"path": '/{"a"}|^'}, "allow"),
        ({"method": "CONNECT"}, "400"),
        ({"method": "TRACE"}, "allow"),
    ],
)
def test_what_is_no_request_to_a_proxy_is_refused_before_any_policy(sent: Manifest, expected: str) -> None:
    """R136."""
    path = sent.get("path", "/")
    asked = {name: value for name, value in sent.items() if name != "path"}
    assert outcome(server(accessPolicy="all-unauthenticated"), server=f"ponger:http{path}", **asked) == expected


@pytest.mark.parametrize(
    ("name", "headers", "expected"),
    [
        ("connection", {"connection": "close"}, "404"),
        ("keep-alive", {"keep-alive": "close"}, "404"),
        ("x", {"connection": "close, X", "x": "close"}, "404"),
        ("x", {"connection": "y", "x": "close"}, "allow"),
        ("upgrade", {"upgrade": "h2c"}, "404"),
        ("upgrade", {"upgrade": "close", "connection": "upgrade"}, "allow"),
    ],
)
def test_headers_of_the_connection_lead_to_no_route(name: str, headers: dict[str, str], expected: str) -> None:
    """R137."""
    matches = [{"headers": [{"name": name, "value": headers[name]}]}]
    assert met(*matches, headers=headers) == expected


@pytest.mark.parametrize(
    ("host", "over_http_1", "over_http_2"),
    [
        ("a.example", "allow", "allow"),
        ("u:p@a.example:80", "allow", "allow"),
        ("%41.example", "404", "closed"),
        ("a b.example", "404", "closed"),
        ("u@", "404", "closed"),
    ],
)
def test_a_host_that_no_uri_can_hold_leads_to_no_route_of_it(host: str, over_http_1: str, over_http_2: str) -> None:
    """R92, R136: over HTTP/1 the proxy takes the address that was called instead, over HTTP/2 it resets the stream."""
    named = route(prefix("/"))
    named["spec"]["hostnames"] = ["*.example"]
    opened = server(accessPolicy="all-unauthenticated", proxyProtocol="unknown")
    found = [outcome(opened, named, authority=host, client="stranger", traffic=one) for one in ("http", "http2")]
    assert found == [over_http_1, over_http_2]
