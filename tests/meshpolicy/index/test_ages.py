"""Routes and rate limits of which nobody knows the age: what then differs is unknown. R55, R91, R99."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.decide.decision import Verdict
from meshpolicy.index.ages import may_tie
from meshpolicy.index.effective import effective
from meshpolicy.kinds.route import Route

from ..build import ARENA, GATEWAY, POLICY, Manifest, account, allow, ask, cluster, exact, outcome, prefix, ref, route
from ..build import server as build_server

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
GRANT = allow(account("pinger"), on=ref("HTTPRoute", "b"))
ON_SERVICE = [{"group": "core", "kind": "Service", "name": "ponger"}]


def server(**spec: Any) -> Manifest:
    """Return the Server of ponger."""
    return build_server(proxyProtocol="HTTP/1", **spec)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("", "", "unknown"),
        (EARLY, "", "unknown"),
        ("", EARLY, "unknown"),
        (EARLY, LATE, "403"),
        (LATE, EARLY, "allow"),
        (EARLY, EARLY, "403"),
    ],
)
def test_of_two_routes_that_match_equally_the_older_one_decides(first: str, second: str, expected: str) -> None:
    """R55: where one of the ages is not known, so is the answer; of one age the name decides."""
    routes = route(prefix("/"), name="a", created=first), route(prefix("/"), name="b", created=second)
    assert outcome(server(), *routes, GRANT) == expected


@pytest.mark.parametrize(
    ("one", "other", "ties"),
    [
        (prefix("/"), {}, True),
        (prefix("/a"), prefix("/a/"), True),
        (prefix("/a"), prefix("/b"), False),
        (prefix("/a"), exact("/a"), True),
        (prefix("/a"), exact("/a/b"), False),
        (exact("/a"), exact("/a", method="GET"), False),
        (exact("/a", method="GET"), exact("/a", method="PUT"), False),
        (exact("/a"), exact("/a", headers=[{"name": "x", "value": "1"}]), False),
        (exact("/a", headers=[{"name": "y", "value": "2"}]), exact("/a", headers=[{"name": "x", "value": "1"}]), True),
        ({"path": {"type": "RegularExpression", "value": "/.*"}}, exact("/a"), True),
    ],
)
def test_two_matches_tie_where_a_request_may_meet_both_in_one_rank(one: Manifest, other: Manifest, ties: bool) -> None:
    """R91."""
    found = cluster(*ARENA, server(), route(one, name="a"), route(other, name="b"))
    assert may_tie(*found.routes) is ties


@pytest.mark.parametrize(
    ("hosts", "others", "ties"),
    [
        ((), (), True),
        (("a.b",), (), False),
        (("a.b",), ("a.b", "c.d"), True),
        (("*.b",), ("a.b",), False),
        (("*.b",), ("*.c",), False),
    ],
)
def test_routes_of_different_hosts_do_not_tie(hosts: tuple[str, ...], others: tuple[str, ...], ties: bool) -> None:
    """R91: the host counts first."""
    pair = [route(prefix("/"), name=name) for name in "ab"]
    for manifest, names in zip(pair, (hosts, others), strict=True):
        manifest["spec"] |= {"hostnames": list(names)} if names else {}
    assert may_tie(*cluster(*ARENA, server(), *pair).routes) is ties


def test_grpc_routes_of_unknown_age_are_no_different() -> None:
    """R94."""
    grant = allow(account("pinger"), on=ref("GRPCRoute", "b", group=GATEWAY))
    method = {"method": {"service": "a.B", "method": "Get"}}
    calls = [route(method, name=name, kind="GRPCRoute", group=GATEWAY) for name in "ab"]
    asked = {"traffic": "grpc", "server": "ponger:http/a.B/Get"}
    assert outcome(build_server(proxyProtocol="gRPC"), *calls, grant, **asked) == "unknown"
    assert outcome(build_server(proxyProtocol="gRPC"), *calls[1:], grant, **asked) == "allow"


def test_a_route_that_admits_alike_leaves_nothing_open() -> None:
    grants = [allow(account("pinger"), on=ref("HTTPRoute", name), name=name) for name in "ab"]
    assert outcome(server(), route(prefix("/"), name="a"), route(prefix("/"), name="b"), *grants) == "allow"


def limit(name: str, rate: int, created: str = "") -> Manifest:
    """Return a rate limit on the Server of ponger."""
    metadata = {"name": name, "namespace": "arena"} | ({"creationTimestamp": created} if created else {})
    spec = {"targetRef": ref("Server", "http"), "total": {"requestsPerSecond": rate}}
    return {"apiVersion": f"{POLICY}/v1alpha1", "kind": "HTTPLocalRateLimitPolicy", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("", "", ["a", "b"]), (EARLY, LATE, ["a"]), (LATE, EARLY, ["b"])]
)
def test_of_two_rate_limits_the_older_one_is_in_force(first: str, second: str, expected: list[str]) -> None:
    """R99: where the ages are not known, either may be."""
    found = cluster(*ARENA, server(), limit("a", 10, first), limit("b", 20, second))
    policy = effective(found, next(w for w in found.workloads if w.ref.name == "ponger"), 8080)
    limits = [one.rate_limit for one in (policy, *(other.policy for other in policy.alternatives))]
    assert sorted(one.ref.name for one in limits if one is not None) == expected


@pytest.mark.parametrize(("first", "second", "expected"), [("", "", "unknown"), (EARLY, LATE, "allow")])
def test_routes_of_a_service_have_ages_for_its_clients(first: str, second: str, expected: str) -> None:
    """M4, R55: one of two redirects."""
    away = [{"type": "RequestRedirect", "requestRedirect": {"hostname": "elsewhere"}}]
    stays = route(prefix("/"), name="a", parents=ON_SERVICE, created=first)
    leads = route(prefix("/"), name="b", parents=ON_SERVICE, created=second, filters=away)
    assert outcome(stays, leads, settings=None) == expected


AGE = st.sampled_from(["", EARLY, LATE])
MATCH = st.sampled_from(
    [prefix("/"), prefix("/a"), exact("/a"), {}, exact("/a", method="GET"), {"headers": [{"name": "x", "value": "1"}]}]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(MATCH, AGE, st.booleans()), min_size=2, max_size=4), st.sampled_from(["/", "/a", "/b"]))
def test_a_certain_answer_holds_for_every_age_that_the_routes_may_have(
    written: list[tuple[Manifest, str, bool]], path: str
) -> None:
    """Each order of the unknown ages is tried: a certain answer is that of all of them."""

    def answer(ages: list[str]) -> Verdict:
        pairs = zip((match for match, _, _ in written), ages, strict=True)
        routes = [route(match, name=f"r{n}", created=age) for n, (match, age) in enumerate(pairs)]
        grants = [
            allow(account("pinger"), on=ref("HTTPRoute", f"r{n}"), name=f"g{n}")
            for n, (_, _, granted) in enumerate(written)
            if granted
        ]
        found = cluster(*ARENA, server(), *routes, *grants)
        return ask(found, "pinger", f"ponger:http{path}", headers={"x": "1"}).verdict

    ages = [age for _, age, _ in written]
    told = answer(ages)
    unknown = [n for n, age in enumerate(ages) if not age]
    moments = ["2025-12-01T00:00:00Z", "2026-01-15T00:00:00Z", "2026-03-01T00:00:00Z"]
    for shift in range(3 if unknown else 0):
        filled = list(ages)
        for rank, n in enumerate(unknown):
            filled[n] = moments[(rank * (shift + 1) + shift) % 3]
        if told is not Verdict.UNKNOWN:
            assert answer(filled) is told


def test_the_routes_are_kept_in_an_order_that_is_possible() -> None:
    """One that is known to be older stays before the one that is put first."""
    routes = [route(prefix("/"), name=name, created=age) for name, age in (("a", EARLY), ("b", LATE), ("c", ""))]
    found: tuple[Route, ...] = cluster(*ARENA, server(), *routes).routes
    assert [one.ref.name for one in found] == ["a", "b", "c"]
    grant = allow(account("pinger"), on=ref("HTTPRoute", "a"))
    more = allow(account("pinger"), on=ref("HTTPRoute", "c"), name="more")
    assert outcome(server(), *routes, grant, more) == "allow"  # b comes after a, whatever c's age


@pytest.mark.parametrize(
    ("created", "other", "expected"), [(EARLY, EARLY, "unknown"), (EARLY, LATE, "allow"), (LATE, EARLY, "302")]
)
def test_routes_of_one_age_and_name_on_a_service_have_no_order(created: str, other: str, expected: str) -> None:
    """R55: of routes on a Service only ages and names are compared, not their groups and namespaces."""
    away = [{"type": "RequestRedirect", "requestRedirect": {"hostname": "away.example", "statusCode": 302}}]
    stays = route(prefix("/"), name="a", group=POLICY, parents=ON_SERVICE, created=created)
    leads = route(prefix("/"), name="a", group=GATEWAY, parents=ON_SERVICE, created=other, filters=away)
    assert outcome(server(accessPolicy="all-unauthenticated"), stays, leads) == expected
