"""What happened, in the words of what should happen."""

import pytest

from localmesh.ask.ask import UNREADABLE_REASON, client, comparable, predicted, verdict
from localmesh.ask.sending import Observed
from localmesh.ask.sources import AsAccount, AsPod, AsStranger
from localmesh.ask.targets import Target
from localmesh.pods.addresses import LOCALHOST
from localmesh.views import Question
from meshpolicy.core.client import Arrival
from meshpolicy.core.ref import Reason
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.index.effective import effective

from ..build import cluster, pod


@pytest.mark.parametrize(
    ("status", "by_proxy", "predicted", "found"),
    [
        (200, False, Verdict.ALLOW, "allow"),
        (403, False, Verdict.FORBIDDEN, "allow"),
        (404, False, Verdict.ALLOW, "allow"),
        (403, True, Verdict.FORBIDDEN, "forbidden"),
        (403, True, Verdict.ALLOW, "forbidden"),
        (404, True, Verdict.NOT_FOUND, "not found"),
        (429, True, Verdict.ALLOW, "rate limited"),
        (431, True, Verdict.FORBIDDEN, "protocol error"),
        (407, True, Verdict.ALLOW, "protocol error"),
        (302, True, Verdict.REDIRECT, "redirect"),
        (204, True, Verdict.ALLOW, "allow"),
        (None, True, Verdict.CLOSED, "closed"),
        (None, True, Verdict.FORBIDDEN, "closed"),
        (502, True, Verdict.CLOSED, "closed"),
        (502, True, Verdict.PROTOCOL_ERROR, "protocol error"),
        (400, True, Verdict.CLOSED, "closed"),
        (502, True, Verdict.ALLOW, "unreachable"),
        (503, True, Verdict.FORBIDDEN, "closed"),
    ],
)
def test_a_verdict_is_read_from_who_answered_what(
    status: int | None, by_proxy: bool, predicted: Verdict, found: str
) -> None:
    assert verdict(Observed(status, "", 0.001, by_proxy), Decision(predicted)) == found


@pytest.mark.parametrize(
    ("status", "by_proxy", "found", "predicted", "expected", "reasons"),
    [
        (400, True, "protocol error", Verdict.FORBIDDEN, "protocol error", (UNREADABLE_REASON,)),
        (400, True, "protocol error", Verdict.ALLOW, "protocol error", (UNREADABLE_REASON,)),
        (400, True, "closed", Verdict.CLOSED, "closed", ("why",)),
        (400, False, "allow", Verdict.FORBIDDEN, "forbidden", ("why",)),
        (431, True, "protocol error", Verdict.FORBIDDEN, "protocol error", (UNREADABLE_REASON,)),
        (407, True, "protocol error", Verdict.ALLOW, "protocol error", (UNREADABLE_REASON,)),
        (403, True, "forbidden", Verdict.ALLOW, "allow", ("why",)),
        (429, True, "rate limited", Verdict.ALLOW, "rate limited", ("why",)),
        (429, True, "rate limited", Verdict.FORBIDDEN, "forbidden", ("why",)),
        (200, False, "allow", Verdict.UNKNOWN, "allow", ("why",)),
    ],
)
def test_what_no_policy_was_asked_about_is_held_against_none(
    status: int, by_proxy: bool, found: str, predicted: Verdict, expected: str, reasons: tuple[str, ...]
) -> None:
    decision = Decision(predicted, reasons=(Reason("why"),))
    assert comparable(Observed(status, "", 0.001, by_proxy), found, decision) == (expected, reasons)


PINGER = pod("pinger-0", 4)


@pytest.mark.parametrize(
    ("source", "opaque", "arrival", "address", "identity"),
    [
        (AsPod(PINGER), False, Arrival.MESHED_HTTP, "10.244.0.4", PINGER.identity),
        (AsPod(PINGER), True, Arrival.MESHED_OPAQUE, "10.244.0.4", PINGER.identity),
        (AsPod(pod("curl-0", 5, meshed=False, identity="")), True, Arrival.PLAIN, "10.244.0.5", ""),
        (AsAccount("a.b"), False, Arrival.MESHED_HTTP, "10.0.0.1", "a.b"),
        (AsStranger(LOCALHOST), False, Arrival.PLAIN, "10.0.0.1", ""),
    ],
)
def test_a_source_is_seen_by_the_other_side_as_what_it_proves(
    source: AsPod | AsAccount | AsStranger, opaque: bool, arrival: Arrival, address: str, identity: str
) -> None:
    found = client(source, opaque=opaque)
    assert (found.arrival, str(found.address), found.identity) == (arrival, address, identity)


ROUTED = """\
{apiVersion: apps/v1, kind: Deployment, metadata: {name: ponger, namespace: a}, spec: {replicas: 1, \
selector: {matchLabels: {app: ponger}}, template: {metadata: {labels: {app: ponger}, \
annotations: {linkerd.io/inject: enabled}}, spec: {containers: [{name: ponger, command: [pingpong], \
ports: [{containerPort: 8080, name: http}]}]}}}}
---
{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: http, namespace: a}, \
spec: {podSelector: {matchLabels: {app: ponger}}, port: http, proxyProtocol: HTTP/1}}
---
{apiVersion: policy.linkerd.io/v1beta3, kind: HTTPRoute, metadata: {name: dev, namespace: a}, \
spec: {parentRefs: [{group: policy.linkerd.io, kind: Server, name: http}], \
rules: [{matches: [{headers: [{name: X-Env, value: dev}]}]}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: NetworkAuthentication, metadata: {name: all, namespace: a}, \
spec: {networks: [{cidr: 0.0.0.0/0}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: all, namespace: a}, \
spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: http}, \
requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: NetworkAuthentication, name: all}]}}
"""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "not found"),
        (("dev",), "allow"),
        (("prod", "dev"), "allow"),
        (("dev", "prod"), "allow"),
        (("x",), "not found"),
    ],
)
def test_a_header_of_several_lines_is_predicted_as_all_of_them(lines: tuple[str, ...], said: str) -> None:
    found = cluster(ROUTED)
    policy = effective(found, found.workloads[0], 8080).taken_to_hold()
    question = Question("node", "ponger", headers=tuple(("X-Env", line) for line in lines))
    target = Target(pod(), 8080, "ponger", "/")
    assert predicted(policy, AsStranger(LOCALHOST), target, question, opaque=False).verdict == said
