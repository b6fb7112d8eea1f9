"""Which route a request meets, asked of the ranking itself: what of a request is compared at all."""

import pytest

from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, PathMatch
from meshpolicy.core.policy import GrpcRoute, GrpcRule, HttpRoute, HttpRule
from meshpolicy.core.ref import Ref
from meshpolicy.decide.request import Request
from meshpolicy.decide.routing import route_grpc, route_http

ROUTE = Ref("policy.linkerd.io", "HTTPRoute", "arena", "route")


@pytest.mark.parametrize(
    ("path", "service", "method", "matched"),
    [
        ("/a/b", None, None, True),
        ("/a/", None, None, True),
        ("//b", None, None, True),
        ("//", None, None, True),
        ("/a/b/c", None, None, True),
        ("/a", None, None, False),
        ("/", None, None, False),
        ("*", None, None, False),
        ("/a/", "a", None, True),
        ("/a/", None, "b", False),
        ("//b", "a", None, False),
        ("/a/b?c/d", "a", "b", True),
        ("/a/b#c", "a", "b", True),
    ],
)
def test_a_call_has_a_service_and_a_method_and_either_may_be_empty(
    path: str, service: str | None, method: str | None, matched: bool
) -> None:
    """R94."""
    route = GrpcRoute(ROUTE, (GrpcRule((GrpcMatch(service, method),)),))
    assert (route_grpc([route], Request("POST", path)) is not None) is matched


@pytest.mark.parametrize(
    ("authority", "matched"),
    [("a.example", True), ("a.example:80", True), ("user@a.example:80", True), ("a.example@b", False), ("", False)],
)
def test_a_host_is_what_stands_between_user_and_port(authority: str, matched: bool) -> None:
    """R92."""
    route = HttpRoute(ROUTE, (HttpRule(),), (HostMatch("a.example"),))
    assert (route_http([route], Request(authority=authority)) is not None) is matched


@pytest.mark.parametrize(
    ("path", "host", "target", "query"),
    [
        ("http://b.example:81/c?d", "b.example", "/c", "d"),
        ("HTTP://b.example", "b.example", "/", None),
        ("/http://b.example/c", "a.example", "/http://b.example/c", None),
        ("*", "a.example", "*", None),
    ],
)
def test_a_target_that_is_a_whole_uri_brings_its_own_host(path: str, host: str, target: str, query: str | None) -> None:
    request = Request(path=path, authority="a.example:80")
    assert (request.host, request.target, request.query) == (host, target, query)


@pytest.mark.parametrize("path", ["/a", "/a?b", "/a#b", "/a#b?c", "/a?b#c"])
def test_query_and_fragment_are_no_part_of_the_path(path: str) -> None:
    """R90."""
    route = HttpRoute(ROUTE, (HttpRule((HttpMatch(PathMatch(PathKind.EXACT, "/a")),)),))
    assert route_http([route], Request(path=path)) is not None
