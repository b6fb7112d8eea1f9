"""A refusal is explained by what the sidecar noted as `meshpolicy` explains it by the whole request."""

from dataclasses import replace
from ipaddress import IPv4Address
from itertools import product
from pathlib import Path

import pytest

from localmesh.control.manifests import read_manifests
from localmesh.control.refusals import Noted, Refusal, explained, explained_stream
from localmesh.envoy.details import DENIED
from localmesh.pods.addresses import to_loopback
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.policy import PortPolicy, Protocol
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.request import Request
from meshpolicy.index.effective import effective

from ..build import cluster

PROJECT = Path(__file__).parents[3]
SUFFIX = "serviceaccount.identity.linkerd.cluster.local"
IDENTITIES = ("", f"pinger.pingpong.{SUFFIX}", f"traefik.ingress.{SUFFIX}", f"other.web.{SUFFIX}")
PATHS = ("/", "/ping", "/rally", "/ready", "/metrics", "/ping/x")
WORDS = {
    Verdict.FORBIDDEN: "rbac_access_denied_matched_policy[none]",
    Verdict.NOT_FOUND: "route_not_found",
    Verdict.RATE_LIMITED: "local_rate_limited",
}
"""How Envoy calls what `meshpolicy` calls so."""
LIMITED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {linkerd.io/inject: enabled}}
    spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 80}]}]}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: http, namespace: web}
spec: {podSelector: {matchLabels: {app: web}}, port: http, proxyProtocol: HTTP/1, accessPolicy: all-unauthenticated}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: slow, namespace: web}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: http}
  total: {requestsPerSecond: 5}
"""


def policies() -> list[PortPolicy]:
    """Return the policy of every port of the project."""
    found = read_manifests(PROJECT / part for part in ("k8s/base", "mesh/policies", "mesh/ingress")).cluster
    return [
        effective(found, workload, port.number).taken_to_hold()
        for workload in found.workloads
        for container in workload.containers
        for port in container.ports
    ]


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: f"{policy.workload.name}:{policy.port}")
def test_every_refusal_has_the_reasons_that_the_whole_request_leads_to(policy: PortPolicy) -> None:
    refused = 0
    for identity, method, path in product(IDENTITIES, ("GET", "POST"), PATHS):
        address = IPv4Address("10.244.0.9")
        client = Client(address, Arrival.MESHED_HTTP if identity else Arrival.PLAIN, identity)
        decision = decide(policy, client, Request(method, path, {}, "web"))
        if decision.verdict not in WORDS:
            continue
        refused += 1
        route = str(decision.route) if decision.route else ""
        noted = Noted(WORDS[decision.verdict], route, identity, str(to_loopback(address)), f"{method} {path}")
        found = explained(policy, noted)
        assert found is not None
        assert (found.verdict, found.reasons) == (decision.verdict, tuple(map(str, decision.reasons)))
        rule = decision.route if decision.route and decision.route.is_object else policy.server
        assert (found.rule, found.place) == (str(rule), str(rule.place or ""))
    assert refused


@pytest.mark.parametrize("protocol", Protocol)
@pytest.mark.parametrize("identity", IDENTITIES)
def test_every_refused_stream_has_the_reasons_that_the_call_leads_to(protocol: Protocol, identity: str) -> None:
    refused = 0
    address = IPv4Address("10.244.0.9")
    client = Client(address, Arrival.MESHED_OPAQUE if identity else Arrival.PLAIN, identity)
    for policy in (replace(one, protocol=protocol) for one in policies()):
        decision = decide(policy, client, Request("", "", {}, ""), Traffic.TCP)
        if decision.verdict is not Verdict.CLOSED:
            continue
        refused += 1
        found = explained_stream(policy, Noted(DENIED, "", identity, str(to_loopback(address)), "stream"))
        assert found is not None
        assert (found.verdict, found.reasons) == (Verdict.CLOSED, tuple(map(str, decision.reasons)))
        assert (found.rule, found.place) == (str(policy.server), str(policy.server.place or ""))
    # A stranger is answered by the parser of a port for HTTP.
    assert refused or (protocol.http_only and not identity)


@pytest.mark.parametrize("details", ["via_upstream", "", "upstream_reset", "direct_response"])
def test_what_no_policy_did_has_no_refusal(details: str) -> None:
    assert explained(policies()[0], Noted(details, "HTTPRoute a/b", "", "127.244.0.9", "GET /")) is None


def test_a_rate_limit_is_named_as_what_decided() -> None:
    found = cluster(LIMITED)
    policy = effective(found, found.workloads[0], 80).taken_to_hold()
    route = str(policy.http_routes[0].ref)
    refusal = explained(policy, Noted("local_rate_limited", route, "", "127.0.0.1", "GET /"))

    assert isinstance(refusal, Refusal)
    assert (refusal.verdict, refusal.rule) == (Verdict.RATE_LIMITED, "HTTPLocalRateLimitPolicy web/slow")
    assert refusal.place == "manifests.yaml:16"
    assert "lets 5 a second of such requests pass" in refusal.reasons[-1]


def test_a_route_that_is_gone_by_now_is_named_without_a_reason_that_is_not_known() -> None:
    policy = policies()[0]
    refusal = explained(policy, Noted(WORDS[Verdict.FORBIDDEN], "HTTPRoute a/gone", "", "127.244.0.9", "GET /"))

    assert refusal is not None
    assert refusal.rule == str(policy.server)
    assert refusal.reasons[-1] == "the request matched HTTPRoute a/gone, which is there no more"


@pytest.mark.parametrize("address", ["", "::1", "127.0.0.1:80", "/app.sock", "300.1.1.1", "-"])
def test_an_address_that_is_none_is_no_error(address: str) -> None:
    assert Noted("", "", "", address, "").client == Client(None, Arrival.PLAIN)
