"""What a regular expression of a route decides: the rows marked R were measured on a real Linkerd (edge-26.8.3)."""

import pytest

from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, allow, ask, cluster, documents, outcome, prefix, ref, route, server

OPEN = ref("HTTPRoute", "open")
GUARDED = (server(), route(prefix("/"), name="closed"), allow(on=OPEN))


def path(pattern: str) -> dict[str, object]:
    return {"path": {"type": "RegularExpression", "value": pattern}}


def header(pattern: str) -> dict[str, object]:
    return {"headers": [{"type": "RegularExpression", "name": "x", "value": pattern}]}


@pytest.mark.parametrize(
    ("pattern", "asked", "verdict"),
    [
        ("/v.*+/ping", "/v1/ping", "allow"),  # R
        ("/v.*+/ping", "/x", "403"),  # R
        ("/[[:graph:]]+", "/ping", "allow"),  # R
        ("/[[:graph:]]+", "/", "403"),  # R
        ("/[:alpha:]+", "/pal", "allow"),  # R
        ("/[[:punct:]]ping", "/-ping", "allow"),  # R
        ("/[a-z&&[^x]]+", "/ping", "allow"),  # R
        ("/[a-z&&[^x]]+", "/x", "403"),
        (r"/ping\b{end}", "/ping", "allow"),  # R
        ("/(?<v>v1|v2)", "/v1", "allow"),  # R
        (r"/(?-u)\d", "/5", "allow"),  # R
        (r"/\x{70}ing", "/ping", "allow"),  # R
        ("/(?U)a+?", "/aaa", "allow"),  # R
        (r"/\pL+", "/ping", "allow"),  # R
        ("/a|/ab", "/ab", "403"),
    ],
)
def test_a_route_by_path_reads_its_expression_as_rust_does(pattern: str, asked: str, verdict: str) -> None:
    """R90."""
    assert outcome(*GUARDED, route(path(pattern), name="open"), server=f"ponger:http{asked}") == verdict


@pytest.mark.parametrize(
    ("pattern", "asked", "verdict"),
    [("[[:^digit:]]+", "/?q=abc", "allow"), ("[[:^digit:]]+", "/?q=1", "404"), (".", "/?q=%C3%A9", "allow")],
)
def test_a_route_by_query_reads_its_expression_as_rust_does(pattern: str, asked: str, verdict: str) -> None:
    """R93; the value is decoded, and may hold anything."""
    match = {"queryParams": [{"type": "RegularExpression", "name": "q", "value": pattern}]}
    assert outcome(server(), allow(on=OPEN), route(match, name="open"), server=f"ponger:http{asked}") == verdict


@pytest.mark.parametrize(
    ("pattern", "value", "verdict"),
    [
        ("a++b", "aab", "allow"),  # R
        ("[a[b]]", "b", "allow"),  # R
        ("[a[b]]", "a]", "404"),  # R
        ("[a&&b]", "a", "404"),  # R
        ("[a&&b]", "&", "404"),  # R
        ("[:alpha:]", "p", "allow"),  # R
        ("[:alpha:]", "z", "404"),  # R
        ("[[:alpha:]]", "z", "allow"),  # R
        ("[[:alpha:]]", "a]", "404"),  # R
        ("[a~~b]", "~", "404"),  # R
        ("[a~~b]", "a", "allow"),  # R
        (".*", "a", "allow"),  # R
        (".*", "a\tb", "allow"),  # R
        (".*", "é", "404"),  # R
        (".*", "aé", "404"),  # R
    ],
)
def test_a_route_by_header_reads_its_expression_as_rust_does(pattern: str, value: str, verdict: str) -> None:
    """R93; a value beyond visible ASCII meets no expression."""
    manifests = (server(), allow(on=OPEN), route(header(pattern), name="open"))
    assert outcome(*manifests, headers={"x": value}) == verdict


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"/\pL+", "/a**", r"\x{41}", "(?U)a+", "(?<n>a)", "[[:alpha:]]", r"\z", "[a&&b]", "a{1001}", "(?x) a b"),
        *(r"x\u0041", "[]a]", "/a++", "(?P<n>a)"),
    ],
)
def test_the_webhook_admits_what_rust_takes(pattern: str) -> None:
    """R53; all rows were measured."""
    assert _refusals(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("/a{,3}", "repetition quantifier expects a valid decimal (at character 4)"),
        (r"/(\w{1000}){1000}", "compiled regex exceeds size limit of 10485760 bytes"),
        ("(?#c)a", "unrecognized flag (at character 3)"),
        ("(?>a)", "unrecognized flag (at character 3)"),
        ("(?s-u:.)", "pattern can match invalid UTF-8 (at character 7)"),
        (r"\Q.\E", "unrecognized escape sequence (at character 1)"),
        (r"\h", "unrecognized escape sequence (at character 1)"),
    ],
)
def test_the_webhook_refuses_what_rust_refuses(pattern: str, reason: str) -> None:
    """R53; all rows were measured."""
    assert _refusals(pattern) == [f"`{pattern}` is not a valid regular expression: {reason}"]


def _refusals(pattern: str) -> list[str]:
    found = parse_documents(documents(*ARENA, server(), route(path(pattern), name="open")))
    return [problem.message for problem in found.problems]


def test_an_expression_may_be_unknown_and_then_every_answer_of_the_port_is() -> None:
    manifests = (*GUARDED, route(path(r"/\p{Emoji}"), name="open"))
    assert _refusals(r"/\p{Emoji}") == []
    assert outcome(*manifests, server="ponger:http/") == "unknown"
    found = ask(cluster(*ARENA, *manifests), "pinger", "ponger:http/")
    assert r"what Linkerd makes of the regular expression `/\p{Emoji}` of HTTPRoute arena/open" in str(
        found.reasons[-1]
    )


@pytest.mark.parametrize(
    ("match", "asked", "verdict"),
    [
        ({}, "/x", "unknown"),
        ({"method": "POST"}, "/x", "403"),
        ({"headers": [{"name": "y", "value": "1"}]}, "/x", "403"),
    ],
)
def test_an_expression_too_long_to_be_decided_matters_only_where_all_else_matches(
    match: dict[str, object], asked: str, verdict: str
) -> None:
    manifests = (*GUARDED, route({**path("/a{50000}"), **match}, name="open"))
    assert outcome(*manifests, server=f"ponger:http{asked}") == verdict


def test_an_expression_that_is_not_decided_does_not_matter_where_a_better_match_is_met() -> None:
    manifests = (
        *GUARDED,
        route(header("a{50000}"), name="open"),
        route(prefix("/long/path"), name="better"),
        allow(on=ref("HTTPRoute", "better"), name="better"),
    )
    assert outcome(*manifests, headers={"x": "a"}, server="ponger:http/long/path") == "allow"
    assert outcome(*manifests, headers={"x": "a"}, server="ponger:http/") == "unknown"
