"""Where a redirect leads, and when it leads nowhere else."""

from typing import Any

import pytest

from meshpolicy.core.match import HttpMatch, PathKind, PathMatch
from meshpolicy.core.policy import HttpRoute, HttpRule, Redirect
from meshpolicy.core.ref import Ref
from meshpolicy.decide.redirect import leads_elsewhere, location
from meshpolicy.decide.request import Request
from meshpolicy.decide.routing import Routed, route_http

EXACT, PREFIX, _ = PathKind


def target(redirect: Redirect, request: Request, *matches: HttpMatch) -> str | None:
    """Return where a request is sent; empty: nowhere else; None: the proxy answers with an error."""
    rule = HttpRule(matches, (redirect,))
    routed = route_http([HttpRoute(Ref("policy.linkerd.io", "HTTPRoute", "arena", "route"), (rule,))], request)
    assert isinstance(routed, Routed)
    found = location(redirect, request, routed)
    if found is None:
        return None
    query = "" if found.query is None else f"?{found.query}"
    return f"{found.scheme}://{found.authority}{found.path}{query}" if leads_elsewhere(found, request) else ""


@pytest.mark.parametrize(
    ("redirect", "authority", "expected"),
    [
        ({}, "a.example", ""),
        ({}, "a.example:80", ""),
        ({"hostname": "A.Example"}, "a.example", ""),
        ({"hostname": "b.example"}, "a.example:80", "http://b.example/x?q=1"),
        ({"hostname": "b.example"}, "a.example:8080", "http://b.example:8080/x?q=1"),
        ({"hostname": "b.example", "port": 80}, "a.example", "http://b.example:80/x?q=1"),
        ({"hostname": "b.example"}, "user@a.example:81", "http://b.example:81/x?q=1"),
        ({"scheme": "https"}, "a.example:443", "https://a.example:443/x?q=1"),
        ({"scheme": "https", "hostname": "a.example"}, "a.example:443", "https://a.example/x?q=1"),
        ({"port": 80}, "a.example", ""),
        ({"port": 80}, "a.example:8080", "http://a.example/x?q=1"),
        ({"port": 8080}, "a.example:8080", ""),
        ({"port": 8080}, "user@a.example", "http://a.example:8080/x?q=1"),
        ({"path": "/x"}, "a.example", "http://a.example/x"),
        ({"path": "/x?q=1"}, "a.example", ""),
        ({"path": "/y?q=2#part"}, "a.example", "http://a.example/y?q=2"),
        ({"path": "/not a path"}, "a.example", None),
        ({"prefix": "/y/"}, "a.example", "http://a.example/y//x?q=1"),
        ({"prefix": "/"}, "a.example", "http://a.example//x?q=1"),
    ],
)
def test_a_redirect_replaces_its_parts(redirect: dict[str, Any], authority: str, expected: str | None) -> None:
    """R54: a replaced path loses its query; a usual port is left out only where host or port are replaced alone."""
    request = Request(path="/x?q=1", authority=authority)
    if redirect.get("prefix") == "/":
        assert target(Redirect(**redirect), request, HttpMatch(PathMatch(PREFIX, "//"))) == expected
    else:
        assert target(Redirect(**redirect), request) == expected


@pytest.mark.parametrize(
    ("matched", "path", "expected"),
    [
        ("/x", "/x/z", "http://a/y/z"),
        ("/x/", "/x/z", "http://a/y/z"),
        ("/x", "/x", "http://a/y"),
        ("/x", "/x/?q", "http://a/y/?q"),
        ("/", "/x", "http://a/y/x"),
        ("/é", "/é/z", "http://a/y/z"),
    ],
)
def test_a_prefix_is_replaced_as_long_as_it_was_matched(matched: str, path: str, expected: str) -> None:
    request = Request(path=path, authority="a")
    assert target(Redirect(prefix="/y"), request, HttpMatch(PathMatch(PREFIX, matched))) == expected


def test_of_equal_matches_the_last_says_whether_a_prefix_was_matched() -> None:
    """R91, R97: the rank is the same, so the kind of the last match decides whether there is a prefix to replace."""
    request, redirect = Request(path="/x", authority="a"), Redirect(prefix="/y")
    whole, start = HttpMatch(PathMatch(EXACT, "/x")), HttpMatch(PathMatch(PREFIX, "/x"))
    assert target(redirect, request, start, whole) is None
    assert target(redirect, request, whole, start) == "http://a/y"
