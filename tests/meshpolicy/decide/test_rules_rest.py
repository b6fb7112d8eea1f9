"""Rules that no public case shows by itself: R18, R21, R32, R47, R55, R66, R67, R82, R99, R100, R104, M6, N15."""

import pytest

from meshpolicy.index.effective import effective
from meshpolicy.index.index import index_of
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents

from ..build import (
    ARENA,
    GATEWAY,
    PORTS,
    Manifest,
    account,
    allow,
    ask,
    cluster,
    documents,
    exact,
    network_policy,
    outcome,
    pod,
    prefix,
    ref,
    route,
    server,
    tls,
)

PINGER = account("pinger")
OPAQUE = {"config.linkerd.io/opaque-ports": "8080"}


def refused(*manifests: Manifest) -> list[str]:
    """Return for which fields manifests would be refused."""
    return [problem.place.field for problem in parse_documents(documents(*manifests), MeshSettings()).refused]


def limit(name: str = "limit", created: str = "", on: str = "http") -> Manifest:
    """Return a rate limit."""
    return {
        "apiVersion": "policy.linkerd.io/v1alpha1",
        "kind": "HTTPLocalRateLimitPolicy",
        "metadata": {"name": name, "namespace": "arena", **({"creationTimestamp": created} if created else {})},
        "spec": {"targetRef": ref("Server", on), "total": {"requestsPerSecond": 5}},
    }


@pytest.mark.parametrize("word", ["http/1", "HTTP/1.1", "grpc", "GRPC", "Opaque", "tls", "TCP", ""])
def test_the_words_of_a_protocol_are_exact(word: str) -> None:
    """R18."""
    assert refused(server(proxyProtocol=word)) == ["spec.proxyProtocol"]
    assert refused(server(proxyProtocol="HTTP/1")) == []


def test_an_opaque_port_without_a_server_has_no_routes() -> None:
    """R21: the default policy judges connections; a refused one is closed."""
    strict = MeshSettings(default_inbound_policy="all-authenticated")
    cat = pod("cat", "10.244.0.31", ports=PORTS, annotations=OPAQUE)
    found = cluster(*ARENA, cat, settings=strict)
    assert ask(found, "pinger", "cat:http", direct=True).outcome == "allow"
    assert ask(found, "stranger", "cat:http", direct=True).outcome == "closed"
    assert ask(found, "stranger", "cat:metrics", direct=True).outcome == "403"


@pytest.mark.parametrize(
    ("reference", "fields"),
    [
        ({"kind": "ServiceAccount", "name": "pinger"}, []),
        ({"group": "", "kind": "ServiceAccount", "name": "pinger"}, []),
        ({"group": "core", "kind": "ServiceAccount", "name": "pinger"}, []),
        ({"kind": "MeshTLSAuthentication", "name": "tls"}, ["spec.requiredAuthenticationRefs[0].kind"]),
        ({"group": GATEWAY, "kind": "ServiceAccount", "name": "x"}, ["spec.requiredAuthenticationRefs[0].kind"]),
        ({"kind": "Namespace", "name": "arena"}, ["spec.requiredAuthenticationRefs[0].kind"]),
    ],
)
def test_a_reference_without_a_group_is_a_core_one(reference: Manifest, fields: list[str]) -> None:
    """R32."""
    assert refused(allow(reference)) == fields


@pytest.mark.parametrize(
    ("parent", "reason"),
    [(ref("Server", "http"), "Accepted"), (ref("Server", "htpt"), "NoMatchingParent")],
)
def test_a_route_counts_once_its_server_is_there(parent: Manifest, reason: str) -> None:
    """R47: as long as it is not, the route is as if it were absent."""
    found = cluster(*ARENA, server(), route(exact("/ping"), parents=[parent]), allow(PINGER))
    assert [status.reason for status in index_of(found).attachments.statuses(found)] == [reason]
    assert ask(found, "pinger", "ponger:http/x").outcome == ("404" if reason == "Accepted" else "allow")


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        ({"name": "b", "created": "2026-01-01T00:00:00Z"}, {"name": "a", "created": "2026-01-02T00:00:00Z"}, 0),
        ({"name": "a", "created": "2026-01-01T00:00:00Z"}, {"name": "b", "created": "2026-01-01T00:00:00Z"}, 0),
        (
            {"name": "a", "group": "policy.linkerd.io", "created": "2026-01-01T00:00:00Z"},
            {"name": "a", "group": GATEWAY, "created": "2026-01-01T00:00:00Z"},
            1,
        ),
    ],
)
def test_equal_matches_go_by_time_name_and_group(first: Manifest, second: Manifest, winner: int) -> None:
    """R55."""
    chosen = (first, second)[winner]
    target = ref("HTTPRoute", str(chosen["name"]), group=str(chosen.get("group", "policy.linkerd.io")))
    manifests = (server(), route(exact("/x"), **first), route(exact("/x"), **second), allow(PINGER, on=target))
    assert outcome(*manifests, server="ponger:http/x") == "allow"


@pytest.mark.parametrize("second", [{"name": "b", "created": "2026-01-01T00:00:00Z"}, {"name": "b"}])
def test_equal_matches_of_unknown_age_leave_the_answer_open(second: Manifest) -> None:
    """R55: the older one wins, and a manifest that was never applied has no age."""
    manifests = (
        server(),
        route(exact("/x"), name="a"),
        route(exact("/x"), **second),
        allow(PINGER, on=ref("HTTPRoute", "b")),
    )
    assert outcome(*manifests, server="ponger:http/x") == "unknown"


def test_what_is_found_to_be_http_is_answered_and_anything_else_is_cut() -> None:
    """R66, R67: on a port that detects, no connection of HTTP is cut for want of a grant."""
    assert [outcome(server(), client="stranger", traffic=t) for t in ("http", "http2", "tcp", "tls")] == [
        "403",
        "403",
        "closed",
        "closed",
    ]


@pytest.mark.parametrize(
    ("protocol", "expected"), [("unknown", "limit"), ("HTTP/2", "limit"), ("gRPC", ""), ("TLS", "")]
)
def test_a_rate_limit_acts_on_http_ports_only(protocol: str, expected: str) -> None:
    """R100."""
    found = cluster(*ARENA, server(proxyProtocol=protocol), limit())
    policy = effective(found, next(w for w in found.workloads if w.ref.name == "ponger"), 8080)
    assert (policy.rate_limit.ref.name if policy.rate_limit else "") == expected


@pytest.mark.parametrize(
    ("client", "rates", "expected"),
    [
        ("pinger", "5 a second and 2 a second", "allow"),
        ("rogue", "5 a second and 1 a second", "allow"),
        ("stranger", "5 a second and 1 a second", "allow"),
    ],
)
def test_a_request_is_told_which_limits_count_it(client: str, rates: str, expected: str) -> None:
    """R101: the total first, then the override of its account, or else its identity's."""
    limits = limit()
    limits["spec"] |= {"identity": {"requestsPerSecond": 1}}
    limits["spec"]["overrides"] = [{"requestsPerSecond": 2, "clientRefs": [PINGER]}]
    answer = ask(cluster(*ARENA, server(accessPolicy="all-unauthenticated"), limits), client)
    assert answer.outcome == expected
    assert f"lets {rates} of such requests pass" in str(answer.reasons[-1])


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"total": {"requestsPerSecond": 0}}, "does not bind"),
        ({"identity": {"requestsPerSecond": 0}}, "lets 5 a second of"),
        ({"overrides": [{"requestsPerSecond": 0, "clientRefs": [PINGER]}]}, "lets 5 a second of"),
    ],
)
def test_a_rate_of_zero_is_no_limit_where_the_webhook_let_it_in(spec: Manifest, told: str) -> None:
    """R101: the proxy keeps no bucket for it."""
    none = limit()
    none["spec"] |= spec
    answer = ask(cluster(*ARENA, server(accessPolicy="all-unauthenticated"), none), "pinger")
    assert answer.outcome == "allow"
    assert told in str(answer.reasons[-1])


def test_the_last_override_of_an_account_counts() -> None:
    """R101."""
    twice = limit()
    twice["spec"]["overrides"] = [{"requestsPerSecond": rate, "clientRefs": [PINGER]} for rate in (2, 3)]
    answer = ask(cluster(*ARENA, server(accessPolicy="all-unauthenticated"), twice), "pinger")
    assert "lets 5 a second and 3 a second of" in str(answer.reasons[-1])


def test_the_oldest_rate_limit_of_a_server_counts() -> None:
    """R99."""
    limits = (limit("a", "2026-01-02T00:00:00Z"), limit("b", "2026-01-01T00:00:00Z"), limit("c", on="none"))
    found = cluster(*ARENA, server(), *limits)
    reasons = {status.ref.name: status.reason for status in index_of(found).attachments.statuses(found)}
    assert reasons == {"a": "RateLimitReasonAlreadyExists", "b": "Accepted", "c": "NoMatchingTarget"}


def test_any_mesh_tls_is_enough_where_no_identity_is_asked_for() -> None:
    """R82: also for a connection that is opaque."""
    old = {
        "apiVersion": "policy.linkerd.io/v1beta1",
        "kind": "ServerAuthorization",
        "metadata": {"name": "old", "namespace": "arena"},
        "spec": {"server": {"name": "http"}, "client": {"meshTLS": {"unauthenticatedTLS": True}}},
    }
    assert [outcome(server(), old, client=c, traffic="tcp") for c in ("pinger", "stranger")] == ["allow", "closed"]


def test_an_undeclared_port_is_judged_by_its_server_once_that_is_known() -> None:
    """R104: the first connections may be judged by the default policy, which lint tells: unknown where that opens."""
    closed, opened = server(port=6060), server(port=6060, accessPolicy="all-unauthenticated")
    deny = MeshSettings("deny")
    assert outcome(closed, server="ponger:6060", direct=True) == "unknown"
    assert outcome(closed, server="ponger:6060", direct=True, settings=deny) == "403"
    assert outcome(opened, server="ponger:6060", direct=True, settings=deny) == "allow"


def test_references_need_names_and_network_policies_need_sense() -> None:
    """M6, N15."""
    nameless = tls()
    nameless["spec"] = {"identityRefs": [{"kind": "ServiceAccount"}]}
    assert refused(nameless) == ["spec.identityRefs[0].name"]
    assert refused(network_policy(ingress=[{"from": [{}]}])) == ["spec.ingress[0].from[0]"]
    assert refused(network_policy(ingress=[{"ports": [{"endPort": 90}]}])) == ["spec.ingress[0].ports[0].endPort"]
    holed = {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["192.168.0.0/16"]}}
    assert refused(network_policy(egress=[{"to": [holed]}])) == ["spec.egress[0].to[0].ipBlock.except[0]"]
    assert (
        refused(network_policy(ingress=[{"from": [{"podSelector": {}}], "ports": [{"port": 80, "endPort": 90}]}])) == []
    )
    assert refused(route(prefix("/a"))) == []
