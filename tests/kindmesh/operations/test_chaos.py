"""What is broken on purpose is whole again afterwards, even where the experiment itself fails half-way."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from kindmesh.errors import BadInput, CommandFailed, KindMeshError, StepFailed
from kindmesh.operations.chaos import CHAOS, find_chaos
from kindmesh.probes.clients import NAMESPACE, STRANGER, UNMESHED, ProbePods
from kindmesh.tools.kube import Kube
from meshverify.load import Load

from ..standins import Refusal, items, site, tools

GRANT = {
    "apiVersion": "policy.linkerd.io/v1alpha1",
    "kind": "AuthorizationPolicy",
    "metadata": {"name": "pinger-may-ping", "namespace": "pingpong", "uid": "1", "resourceVersion": "7"},
    "spec": {"targetRef": {"kind": "HTTPRoute", "name": "ponger-offer"}},
}
WALL = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "all-to-dns", "namespace": "pingpong", "uid": "2", "managedFields": []},
    "spec": {"podSelector": {}, "egress": [{"ports": [{"protocol": "UDP", "port": 53}]}]},
}
MULTICAST = {
    **WALL,
    "metadata": {"name": "to-5353", "namespace": "pingpong"},
    "spec": {"podSelector": {}, "egress": [{"ports": [{"protocol": "UDP", "port": 5353}]}, {}]},
}
BRICK = {**WALL, "metadata": {"name": "default-deny", "namespace": "pingpong"}, "spec": {"podSelector": {}}}
ASKING = {"get&serviceaccount/default": "serviceaccount/default", "apply": {"items": []}, "": ""}
ALLOWED = {"status": 200, "server": "", "proxy_error": "", "error": "", "body": "pong", "seconds": 0.0}
ANSWERS: dict[str, object] = {
    "get&authorizationpolicy": yaml.safe_dump(GRANT),
    "get&networkpolicies": items(WALL, MULTICAST, BRICK),
    "get&deployment/linkerd-proxy-injector": {"spec": {"replicas": 3}},
    "get&pods": items(),
    "apply": {"items": []},
    "": "",
}


@pytest.mark.parametrize(
    ("name", "broken", "healed"),
    [
        ("policy", "delete -n pingpong authorizationpolicy.policy.linkerd.io pinger-may-ping", "apply"),
        ("injector", "scale deployment/linkerd-proxy-injector --replicas=0", "--replicas=3"),
        ("dns", "delete networkpolicy all-to-dns", "apply"),
    ],
)
def test_it_heals_though_the_cluster_stops_answering_in_between(
    name: str, broken: str, healed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = {"exec": "the pod has gone away", "create --dry-run": "admission webhook does not answer"}
    called = tools(tmp_path, monkeypatch, ANSWERS, refusals)
    with pytest.raises(CommandFailed) as caught:
        find_chaos(name).run(site(KINDMESH_CONTEXT="some"))
    assert caught.value.output == "the pod has gone away"
    calls = called.calls
    assert [call for call in calls if call.endswith(broken)]
    assert max(number for number, call in enumerate(calls) if healed in call) > next(
        number for number, call in enumerate(calls) if broken in call
    )


def test_what_is_put_back_is_what_was_there_without_the_servers_own_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, ANSWERS, {"exec": "gone"})
    with pytest.raises(KindMeshError):
        find_chaos("policy").run(site(KINDMESH_CONTEXT="some"))
    back = yaml.safe_load(called.given(" apply "))
    assert back == {**GRANT, "metadata": {"name": "pinger-may-ping", "namespace": "pingpong"}}


def test_an_injector_whose_absence_lets_pods_in_is_a_failure_and_still_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, ANSWERS)
    with pytest.raises(KindMeshError, match="expected a refusal of the new pod") as caught:
        find_chaos("injector").run(site(KINDMESH_CONTEXT="some"))
    assert caught.value.hint == "webhookFailurePolicy is not Fail"
    assert "rollout status deployment/linkerd-proxy-injector" in called.calls[-1]


@pytest.mark.parametrize(
    ("name", "answers", "words"),
    [
        ("dns", {}, "expected a ping that is cut"),
        ("dns", {"get&networkpolicies": items(MULTICAST, BRICK)}, "expected a NetworkPolicy to DNS to cut"),
        ("pod", {}, "expected a pod of ponger to kill"),
    ],
)
def test_what_is_not_broken_is_a_failure(
    name: str, answers: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindmesh.operations.chaos.CUT_WITHIN", 0.0)
    monkeypatch.setattr("kindmesh.operations.chaos.under_load", lambda *_: nullcontext())
    called = tools(tmp_path, monkeypatch, {"exec": json.dumps(ALLOWED), **answers, **without(ANSWERS, answers)})
    with pytest.raises(StepFailed, match=words):
        find_chaos(name).run(site(KINDMESH_CONTEXT="some"))
    assert any(" delete " in call for call in called.calls) is any(" apply " in call for call in called.calls)


def without(all_of: dict[str, object], some: dict[str, str]) -> dict[str, object]:
    """Return the answers that others do not take the place of."""
    return {words: answer for words, answer in all_of.items() if words not in some}


def test_the_pods_that_ask_are_removed_though_one_of_them_never_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, ASKING, {"wait --for=condition": "timed out"})
    with pytest.raises(KindMeshError, match="the start of a meshed pod of another namespace"):
        ProbePods(Kube("some"), [STRANGER, UNMESHED]).__enter__()
    last = called.calls[-3:]
    assert [name in call for call, name in zip(last, ("stranger", "unmeshed", NAMESPACE), strict=True)] == [True] * 3
    assert all(" delete " in call for call in last)


def test_the_pods_that_ask_have_accounts_of_their_own_and_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, ASKING)
    with ProbePods(Kube("some"), [STRANGER, UNMESHED]):
        pods = list(yaml.safe_load_all(called.given(" apply ")))
    assert {pod["metadata"]["name"] for pod in pods} == {"kindmesh-stranger", "kindmesh-unmeshed"}
    assert not any(pod["spec"]["automountServiceAccountToken"] for pod in pods)
    assert json.dumps(pods).count('"linkerd.io/inject": "disabled"') == 1


@pytest.mark.parametrize("name", CHAOS)
def test_what_can_be_broken_is_found_by_name(name: str) -> None:
    assert find_chaos(name).description


def test_what_cannot_be_broken_is_answered_with_what_can() -> None:
    with pytest.raises(BadInput) as caught:
        find_chaos("everything")
    assert all(f"{name} ({chaos.description})" in str(caught.value) for name, chaos in CHAOS.items())


NODE = {"metadata": {"name": "one"}, "spec": {}}
POD = {"metadata": {"name": "ponger-1"}, "spec": {"nodeName": "one"}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Refusal("Cannot evict pod as it would violate the pod's disruption budget."), "kept the last pod"),
        ("node/one drained", "one: drained"),
    ],
    ids=["one node", "another node is free"],
)
def test_a_drained_node_keeps_a_ponger_and_takes_pods_again(
    said: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindmesh.operations.chaos.under_load", no_load)
    called = tools(tmp_path, monkeypatch, {"get&pods": items(POD), "get&node": NODE, " drain ": said, "": ""})
    told: list[str] = []
    find_chaos("node").run(site(told, KINDMESH_CONTEXT="some"))
    assert words in told[0]
    verbs = [call.split()[3] for call in called.calls]
    assert verbs.index("drain") < verbs.index("uncordon")


@pytest.mark.parametrize(
    ("kept", "said", "expected"),
    [(items(), "node/one drained", "a ponger that stays"), (items(POD), Refusal("no answer"), "a drain of one")],
)
def test_a_drain_that_takes_every_ponger_or_fails_is_a_failure_and_the_node_takes_pods_again(
    kept: str, said: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindmesh.operations.chaos.under_load", no_load)
    called = tools(tmp_path, monkeypatch, {"get&pods": (items(POD), kept), "get&node": NODE, " drain ": said, "": ""})
    with pytest.raises(StepFailed, match=expected):
        find_chaos("node").run(site(KINDMESH_CONTEXT="some"))
    assert [call for call in called.calls if call.endswith(" uncordon one")]


def test_a_node_that_took_no_pods_before_takes_none_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kindmesh.operations.chaos.under_load", no_load)
    cordoned = NODE | {"spec": {"unschedulable": True}}
    answers = {"get&pods": items(POD), "get&node": cordoned, " drain ": "node/one drained", "": ""}
    called = tools(tmp_path, monkeypatch, answers)
    told: list[str] = []
    find_chaos("node").run(site(told, KINDMESH_CONTEXT="some"))
    assert "stays cordoned" in told[0]
    assert not [call for call in called.calls if " uncordon " in call]


@contextmanager
def no_load(*_: object) -> Iterator[SimpleNamespace]:
    """Put no load on anything."""
    yield SimpleNamespace(finished=Load(1))
