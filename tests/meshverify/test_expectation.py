"""What the manifests say of a call, as a cause with what decides it."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.policy import PortPolicy
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.request import Request
from meshpolicy.index.effective import effective
from meshpolicy.manifests.load import load
from meshpolicy.manifests.parse import parse_documents
from meshverify.cause import BY_VERDICT, Cause
from meshverify.expectation import Expectation, expect

ROOT = Path(__file__).parents[2]
SUFFIX = "serviceaccount.identity.linkerd.cluster.local"
POD, NODE, OUTSIDE = IPv4Address("10.244.0.9"), IPv4Address("10.244.0.1"), IPv4Address("10.0.0.1")
CLIENTS = {
    "pinger": Client(POD, Arrival.MESHED_HTTP, f"pinger.pingpong.{SUFFIX}"),
    "ingress": Client(OUTSIDE, Arrival.MESHED_HTTP, f"traefik.ingress.{SUFFIX}"),
    "prometheus": Client(OUTSIDE, Arrival.MESHED_HTTP, f"prometheus.linkerd-viz.{SUFFIX}"),
    "node": Client(NODE),
    "stranger": Client(OUTSIDE),
}


def policy_of(workload: str, port: int) -> PortPolicy:
    documents, _ = load([ROOT / "k8s/base", ROOT / "mesh/policies"])
    cluster = parse_documents(documents, closed=True).cluster
    found = cluster.workload("pingpong", workload)
    assert found is not None
    return effective(cluster, found, port).taken_to_hold()


@pytest.mark.parametrize(
    ("client", "port", "request_line", "cause", "because"),
    [
        ("pinger", 8080, "GET /ping", Cause.ALLOWED, "AuthorizationPolicy pingpong/pinger-may-ping"),
        ("node", 8080, "GET /ready", Cause.ALLOWED, "AuthorizationPolicy pingpong/kubelet-may-probe-ponger"),
        ("prometheus", 9090, "GET /metrics", Cause.ALLOWED, "AuthorizationPolicy pingpong/prometheus-may-scrape"),
        ("ingress", 8080, "GET /ping", Cause.MESH, "HTTPRoute pingpong/ponger-offer"),
        ("pinger", 8080, "POST /ping", Cause.MESH, "HTTPRoute pingpong/ponger-rest"),
        ("stranger", 9090, "GET /metrics", Cause.MESH, "default route"),
    ],
)
def test_a_call_has_the_cause_and_the_objects_that_decide_it(
    client: str, port: int, request_line: str, cause: Cause, because: str
) -> None:
    method, _, path = request_line.partition(" ")
    found = expect(policy_of("ponger", port), CLIENTS[client], Request(method, path))
    assert (found.cause, because in found.because) == (cause, True), found


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("path", ["/ping", "/ready", "/other"])
def test_the_grants_are_those_that_alone_let_the_call_pass(client: str, path: str) -> None:
    policy, request = policy_of("ponger", 8080), Request("GET", path)
    alone = set()
    for route in policy.http_routes:
        for grant in route.authorizations:
            only = tuple(
                replace(one, authorizations=(grant,) if one.ref == route.ref else ()) for one in policy.http_routes
            )
            if expect(replace(policy, http_routes=only), CLIENTS[client], request).cause is Cause.ALLOWED:
                alone.add(str(grant.ref))
    assert set(expect(policy, CLIENTS[client], request).grants) == alone


def test_every_verdict_has_a_cause() -> None:
    assert set(BY_VERDICT) == set(Verdict)


def test_what_is_not_known_says_why() -> None:
    assert (
        Expectation(Cause.UNKNOWN, reasons=("nobody knows", "not even here")).because == "nobody knows; not even here"
    )
