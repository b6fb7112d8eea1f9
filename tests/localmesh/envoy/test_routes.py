"""Envoy's first match is Linkerd's best match: the same requests asked of the list and of `meshpolicy` (R88-R94)."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.envoy import grpcroutes, routes
from meshpolicy.core.client import Client, Traffic
from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, PathMatch, ValueMatch
from meshpolicy.core.policy import GrpcRoute, GrpcRule, HttpRoute, HttpRule, Protocol
from meshpolicy.core.ref import Ref
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.request import Request

from .envoylist import first_match
from .values import grant, policy

CLIENT = Client(IPv4Address("10.0.0.1"))
SEGMENTS = st.sampled_from(["a", "ab", "b", ""])
PATHS = st.lists(SEGMENTS, max_size=3).map(lambda parts: "/" + "/".join(parts))
# Alternatives of which the first is the longest, and greedy repetition: where the two engines agree.
REGEXES = st.sampled_from(["/a.*", "/(ab|a)", ".*", "/[ab]+", "/a(/b)?"])
PATH_MATCHES = st.one_of(
    st.builds(PathMatch, st.sampled_from([PathKind.EXACT, PathKind.PREFIX]), PATHS),
    st.builds(PathMatch, st.just(PathKind.REGEX), REGEXES),
)
METHODS = st.sampled_from([None, "GET", "POST"])
VALUES = st.sampled_from(["1", "2", "1 2", "1&2", "ä"])
HEADERS = st.lists(
    st.builds(ValueMatch, st.sampled_from(["x", "y"]), st.sampled_from(["1", "2", "[0-9]"]), st.just(True)),
    max_size=2,
    unique_by=lambda match: match.name,
).map(tuple)
QUERIES = st.lists(
    st.builds(ValueMatch, st.sampled_from(["q", "r s"]), VALUES), max_size=2, unique_by=lambda match: match.name
).map(tuple)
HOSTS = st.lists(
    st.sampled_from(["a.x", "*.x", "b.a.x", "*.a.x", "A.X", "a.x."]).map(HostMatch), max_size=2, unique=True
).map(tuple)
MATCHES = st.builds(HttpMatch, st.none() | PATH_MATCHES, METHODS, HEADERS, QUERIES)
RULES = st.builds(HttpRule, st.lists(MATCHES, max_size=2).map(tuple))
ANYBODY = (grant(),)


def _ref(number: int) -> Ref:
    return Ref("policy.linkerd.io", "HTTPRoute", "web", f"route-{number}")


@st.composite
def http_routes(draw: st.DrawFn) -> tuple[HttpRoute, ...]:
    rules = draw(st.lists(st.tuples(HOSTS, st.lists(RULES, min_size=1, max_size=2)), min_size=1, max_size=4))
    return tuple(HttpRoute(_ref(n), tuple(found), hosts, ANYBODY) for n, (hosts, found) in enumerate(rules))


REQUESTS = st.builds(
    lambda method, path, query, headers, authority: Request(method, path + query, headers, authority),
    st.sampled_from(["GET", "POST", "PUT"]),
    PATHS,
    st.sampled_from(["", "?q=1", "?q=2&q=1", "?q=1+2", "?q=1%202&r%20s=%31", "?r+s=1%262", "?q=%C3%A4", "?q=%c3%a4&q"]),
    st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2", "n"])),
    st.sampled_from(["a.x", "b.a.x:80", "c.b.a.x", "A.x", "a.x.", "x", "other", "b.a.x.:8080"]),
)


@settings(max_examples=200, deadline=None)
@given(http_routes(), st.lists(REQUESTS, min_size=1, max_size=8))
def test_the_first_match_is_the_best(found: tuple[HttpRoute, ...], requests: list[Request]) -> None:
    listed = [{"match": entry.match, "name": str(entry.route.ref)} for entry in routes.entries(found)]
    port = policy(80, http_routes=found)
    for request in requests:
        decision = decide(port, CLIENT, request)
        first = first_match(listed, request)
        if decision.verdict is Verdict.NOT_FOUND:
            assert first is None
        else:
            assert first
            assert str(decision.route) == first["name"]


GRPC_MATCHES = st.builds(GrpcMatch, *[st.sampled_from([None, "a", "b.c"])] * 2, HEADERS)
GRPC_RULES = st.builds(GrpcRule, st.lists(GRPC_MATCHES, max_size=2).map(tuple))
CALLS = st.builds(
    lambda path, headers: Request("POST", path, headers, "a.x"),
    st.sampled_from(["/a/a", "/a/b.c", "/b.c/a", "/b.c/b.c/more", "/c/c", "/a", "/a/", "//a", "/bxc/a"]),
    st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2", "n"])),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(HOSTS, GRPC_RULES), min_size=1, max_size=4), CALLS)
def test_the_first_match_of_a_call_is_the_best(
    rules: list[tuple[tuple[HostMatch, ...], GrpcRule]], call: Request
) -> None:
    found = tuple(GrpcRoute(_ref(n), (rule,), hosts, ANYBODY) for n, (hosts, rule) in enumerate(rules))
    listed = [{"match": entry.match, "name": str(entry.route.ref)} for entry in grpcroutes.entries(found)]
    decision = decide(policy(80, Protocol.GRPC, grpc_routes=found), CLIENT, call, Traffic.GRPC)
    first = first_match(listed, call)
    assert (str(decision.route) if decision.route else None) == (first and first["name"])


@pytest.mark.parametrize(
    ("kind", "value", "listed"),
    [
        (PathKind.EXACT, "/a", [{"path": "/a"}]),
        (PathKind.EXACT, "/a?b", []),
        (PathKind.REGEX, "/a|/ab", [{"safe_regex": {"regex": "/a"}}]),
        (PathKind.PREFIX, "/", [{"path": "/"}, {"prefix": ""}]),
        (PathKind.PREFIX, "//", [{"prefix": "/"}]),
        (PathKind.PREFIX, "/a", [{"path": "/a"}, {"path_separated_prefix": "/a"}]),
        (PathKind.PREFIX, "/a//", [{"path": "/a"}, {"path_separated_prefix": "/a"}]),
        (PathKind.PREFIX, "/a?b", []),
    ],
)
def test_a_path_is_listed_as(kind: PathKind, value: str, listed: list[object]) -> None:
    route = HttpRoute(_ref(0), (HttpRule((HttpMatch(PathMatch(kind, value)),)),))
    assert listed == [entry.match for entry in routes.entries((route,))]
