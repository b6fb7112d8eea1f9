"""What refused a request is what the manifests say of it, or it is said that this is not known."""

import pytest

from localmesh.control.refusals import Refusal
from localmesh.observe.parties import Party
from localmesh.observe.refusals import EXPLAINED, KEPT, Refusals, explain
from meshpolicy.kinds.cluster import Cluster

from ..build import cluster, pod
from .values import entry

POLICY = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: ponger, namespace: pingpong}
spec:
  selector: {matchLabels: {app: ponger}}
  template:
    metadata: {labels: {app: ponger}, annotations: {linkerd.io/inject: enabled}}
    spec: {containers: [{name: ponger, image: x, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: ponger-http, namespace: pingpong}
spec: {podSelector: {matchLabels: {app: ponger}}, port: http, proxyProtocol: HTTP/1}
"""
ROUTE = """---
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: {name: ponger-offer, namespace: pingpong}
spec:
  parentRefs: [{group: policy.linkerd.io, kind: Server, name: ponger-http}]
  rules: [{matches: [{path: {type: Exact, value: /ping}%s}]}]
"""
LIMIT = """---
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: slowly, namespace: pingpong}
spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: ponger-http}, total: {requestsPerSecond: 1}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: all, namespace: pingpong}
spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: ponger-http}, requiredAuthenticationRefs: []}
"""
HEADERS = ", headers: [{name: x, value: why}]"
FORBIDDEN: dict[str, object] = {"status": 403, "upstream": "", "details": "rbac_access_denied_matched_policy[none]"}
NOT_FOUND: dict[str, object] = {"status": 404, "upstream": "", "details": "route_not_found", "route": None}
LIMITED: dict[str, object] = {"status": 429, "upstream": "", "details": "local_rate_limited", "route": None}


@pytest.mark.parametrize(
    ("manifests", "fields", "rule", "line"),
    [
        (POLICY, {**FORBIDDEN, "route": "default route"}, "Server pingpong/ponger-http", 11),
        (POLICY + ROUTE % "", FORBIDDEN, "HTTPRoute pingpong/ponger-offer", 16),
        # The sidecar has seen the headers that the log does not hold.
        (POLICY + ROUTE % HEADERS, FORBIDDEN, "HTTPRoute pingpong/ponger-offer", 16),
        (POLICY, {**FORBIDDEN, "method": None, "status": None}, "Server pingpong/ponger-http", 11),
        (POLICY + ROUTE % "", {**NOT_FOUND, "path": "/"}, "Server pingpong/ponger-http", 11),
        (POLICY + LIMIT, LIMITED, "HTTPLocalRateLimitPolicy pingpong/slowly", 16),
    ],
)
def test_the_object_that_refused_is_named_with_its_line(
    manifests: str, fields: dict[str, object], rule: str, line: int
) -> None:
    found = explain_entry(cluster(manifests), fields)
    assert (found.rule, found.place) == (rule, f"manifests.yaml:{line}")
    assert found.reasons


def test_a_request_that_would_pass_by_now_is_blamed_on_no_grant() -> None:
    found = explain_entry(cluster(POLICY + LIMIT), {**FORBIDDEN, "route": "default route"})
    assert "the manifests have changed since it was refused" in found.reasons[-1]


def test_a_request_that_no_policy_refused_is_not_explained() -> None:
    manifests = cluster(POLICY)
    assert explain(manifests, manifests.workloads[0], entry()) is None


def explain_entry(manifests: Cluster, fields: dict[str, object]) -> Refusal:
    found = explain(manifests, manifests.workloads[0], entry(**fields))
    assert found is not None
    return found


def test_the_latest_are_kept_and_each_has_a_number_of_its_own() -> None:
    refusals, manifests = Refusals(), cluster(POLICY)
    ends = Party("pinger-0", "pinger"), Party("ponger-0", "ponger")
    for number in range(EXPLAINED + KEPT):
        refusals.add(entry(**FORBIDDEN, path=f"/{number}"), ends, "http", manifests, pod())
    assert [found.number for found in refusals.latest] == list(range(EXPLAINED + 1, EXPLAINED + KEPT + 1))
    assert refusals.latest[-1].request == f"GET /{EXPLAINED + KEPT - 1}"
    assert len(refusals._known) <= EXPLAINED  # noqa: SLF001 the memory is what is tested


def test_new_manifests_are_asked_anew() -> None:
    refusals = Refusals()
    ends = Party("pinger-0", "pinger"), Party("ponger-0", "ponger")
    before = refusals.add(entry(**FORBIDDEN, route=None), ends, "http", cluster(POLICY), pod())
    after = refusals.add(entry(**FORBIDDEN, route=None), ends, "http", cluster("\n\n" + POLICY), pod())
    assert (before.place, after.place) == ("manifests.yaml:11", "manifests.yaml:13")
