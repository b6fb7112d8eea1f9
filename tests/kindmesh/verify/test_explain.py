"""Why the objects of a cluster refuse a call: told from the objects, with the name that was mistyped."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from kindmesh.probes.clients import NEWCOMER, NODE
from kindmesh.probes.question import Answer
from kindmesh.tools.kube import Kube, Object
from kindmesh.verify.calls import explained, judge_all
from kindmesh.verify.expected import CALLS, Call
from kindmesh.verify.explain import explain_refusal, read_policies
from meshverify.cause import Cause
from meshverify.finding import failed

from ...rendered import built
from ..standins import tools

PROBE = next(call for call in CALLS if call.client is NODE and call.expected is Cause.ALLOWED)
PING = next(call for call in CALLS if call.client is NEWCOMER and call.expected is Cause.ALLOWED)
FORBIDDEN = Answer(403, "", "", "", "", 0.002)


def pods() -> list[Object]:
    """Return a pod of each Deployment, as the injector leaves it."""
    found = []
    for deployment in (one for one in built("k8s/overlays/kind") if one["kind"] == "Deployment"):
        pod = deepcopy(deployment["spec"]["template"])
        labels = pod["metadata"]["labels"] | {"linkerd.io/control-plane-ns": "linkerd", "pod-template-hash": "5c9f"}
        pod["metadata"] |= {
            "name": f"{deployment['metadata']['name']}-5c9f-x7k2p",
            "namespace": "pingpong",
            "labels": labels,
        }
        pod["metadata"]["annotations"]["config.linkerd.io/default-inbound-policy"] = "deny"
        pod["spec"]["containers"].append({"name": "linkerd-proxy"})
        found.append(pod | {"apiVersion": "v1", "kind": "Pod", "status": {"podIP": "10.244.0.7"}})
    return found


def cluster(folder: Path, patch: pytest.MonkeyPatch, before: str, after: str) -> Kube:
    """Return a cluster that holds the project's objects, with a slip of the pen in its policies."""
    kinds = ("Namespace", "Service", "NetworkPolicy")
    parts = [one for part in ("k8s/overlays/kind", "mesh/network") for one in built(part) if one["kind"] in kinds]
    written = json.dumps([*parts, *built("mesh/policies")])
    assert before in written
    listed = {"items": [*pods(), *json.loads(written.replace(before, after))]}
    kinds_known = "\n".join(
        f"{kind}.policy.linkerd.io"
        for kind in ("servers", "httproutes", "authorizationpolicies", "meshtlsauthentications")
    )
    tools(folder, patch, {"api-resources": kinds_known, "--all-namespaces": listed})
    return Kube("some")


@pytest.mark.parametrize(
    ("call", "before", "after", "words"),
    [
        (
            PING,
            '"name": "pinger", "namespace": "pingpong"}]',
            '"name": "pigner", "namespace": "pingpong"}]',
            "pigner.pingpong",
        ),
        (PING, '"port": "http"', '"port": "web"', "no Server governs port 8080"),
        (PING, '"value": "/ping"', '"value": "/pong"', "HTTPRoute pingpong/ponger-rest"),
        (PING, '"port": 4143', '"port": 8080', "port 8080 travels on 4143"),
        (PROBE, '"value": "/ready"', '"value": "/healthy"', "HTTPRoute pingpong/ponger-rest"),
    ],
)
def test_a_slip_of_the_pen_is_named(
    call: Call, before: str, after: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube = cluster(tmp_path, monkeypatch, before, after)
    answers: dict[Call, Answer | str] = {call: FORBIDDEN}
    (found,) = failed(explained(kube, answers, judge_all(answers)))
    assert words in found.hint


def test_a_sidecar_that_does_not_follow_the_objects_is_suspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube = cluster(tmp_path, monkeypatch, '"port": "http"', '"port": "http"')
    assert "8090" in explain_refusal(read_policies(kube.context), PING)


def test_a_cluster_that_cannot_be_read_costs_the_reason_and_not_the_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {}, {"api-resources": "connection refused"})
    answers: dict[Call, Answer | str] = {PING: FORBIDDEN}
    (found,) = failed(explained(Kube("some"), answers, judge_all(answers)))
    assert "connection refused" in found.hint
