"""How the answers of a verification are judged."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from kindmesh.errors import StepFailed
from kindmesh.probes.clients import (
    INGRESS,
    NAMESPACE,
    NODE,
    PINGER,
    PROGRAMS,
    STRANGER,
    UNMESHED,
    ProbeClient,
    RunningPod,
    find_running_pods,
)
from kindmesh.probes.question import Answer, cause
from kindmesh.tools.kube import Kube
from kindmesh.verify.calls import judge_all, verify_calls
from kindmesh.verify.expected import API_SERVER, CALLS, Call
from meshverify.cause import Cause
from meshverify.finding import Outcome, failed

from ..standins import items, tools

ALIVE = Answer(200, "uvicorn", "", "", "pong", 0.005)
FORBIDDEN = Answer(403, "", "", "", "", 0.002)
BLOCKED = Answer(504, "", "service in fail-fast", "", "", 3.0)
REFUSED = Answer(0, "", "", "refused", "", 0.001)
IDEAL = {Cause.ALLOWED: ALIVE, Cause.MESH: FORBIDDEN, Cause.NETWORK: BLOCKED}


def ideal(call: Call) -> Answer:
    return REFUSED if call.expected is Cause.NETWORK and not call.client.meshed else IDEAL[call.expected]


def test_a_cluster_that_does_what_it_must_passes() -> None:
    findings = judge_all({call: ideal(call) for call in CALLS})
    assert len(findings) == len(CALLS)
    assert failed(findings) == []


@pytest.mark.parametrize("call", [call for call in CALLS if call.expected is not Cause.ALLOWED], ids=lambda c: c.name)
def test_whatever_gets_through_is_found(call: Call) -> None:
    findings = judge_all({one: ALIVE if one is call else ideal(one) for one in CALLS})
    assert [finding.name for finding in failed(findings)] == [call.name]


@pytest.mark.parametrize("call", [call for call in CALLS if call.expected is Cause.NETWORK], ids=lambda c: c.name)
def test_a_network_policy_that_nobody_enforces_is_found_though_the_mesh_refuses(call: Call) -> None:
    findings = judge_all({one: FORBIDDEN if one is call else ideal(one) for one in CALLS})
    (found,) = failed(findings)
    assert "not enforced" in found.hint


def test_a_dead_program_is_no_refusal() -> None:
    answers: dict[Call, Answer | str] = {call: ideal(call) if call.control != "ponger" else REFUSED for call in CALLS}
    names = {finding.name for finding in failed(judge_all(answers))}
    assert {call.name for call in CALLS if call.control == "ponger"} <= names


def test_a_refusal_for_another_cause_is_no_proof_and_says_where_to_look() -> None:
    allowed = next(call for call in CALLS if call.client is PINGER and call.expected is Cause.ALLOWED)
    answers: dict[Call, Answer | str] = {call: ideal(call) for call in CALLS}
    answers[allowed] = BLOCKED
    found = failed(judge_all(answers))[0]
    assert "4143" in found.hint


def test_an_asker_that_cannot_ask_is_a_failure() -> None:
    answers: dict[Call, Answer | str] = {call: ideal(call) for call in CALLS}
    silent = next(call for call in CALLS if call.client is UNMESHED and call.expected is Cause.NETWORK)
    answers[silent] = "a pod without a sidecar cannot send requests: not found"
    (found,) = failed(judge_all(answers))
    assert found.outcome is Outcome.FAILED
    assert found.found == "a pod without a sidecar cannot send requests: not found"


@pytest.mark.parametrize("client", [STRANGER, UNMESHED], ids=lambda client: client.name)
def test_an_asker_whose_way_out_is_dead_proves_no_drop(client: ProbeClient) -> None:
    silence = BLOCKED if client.meshed else REFUSED
    answers = {call: silence if call.client is client else ideal(call) for call in CALLS}
    findings = failed(judge_all(answers))
    assert [finding.name for finding in findings] == [call.name for call in CALLS if call.client is client]
    assert "cannot reach even the API server" in findings[0].hint
    assert all("gets no answer from anybody" in finding.hint for finding in findings[1:])


def test_whoever_hears_a_refusal_is_not_mute() -> None:
    asked = [call for call in CALLS if call.client is INGRESS]
    answers = {call: ideal(call) for call in CALLS} | dict.fromkeys(asked[:2], FORBIDDEN)
    assert {call.expected for call in asked[:2]} == {Cause.ALLOWED}
    dropped = next(call for call in CALLS if call.client is INGRESS and call.expected is Cause.NETWORK)
    assert dropped.name not in {finding.name for finding in failed(judge_all(answers))}


@pytest.mark.parametrize("answer", [Answer(401, "", "", "", "{}", 0.1), Answer(200, "", "", "", "{}", 0.1)])
def test_the_api_server_may_answer_whatever_it_likes(answer: Answer) -> None:
    call = next(call for call in CALLS if call.target == API_SERVER)
    assert call.cause(answer) is Cause.ALLOWED
    assert call.cause(BLOCKED) is Cause.NETWORK


def test_every_client_whose_calls_are_dropped_and_who_is_free_to_call_has_a_call_that_must_succeed() -> None:
    dropped = {call.client for call in CALLS if call.expected is Cause.NETWORK and call.client.namespace == NAMESPACE}
    assert dropped == {STRANGER, UNMESHED}
    assert dropped <= {call.client for call in CALLS if call.expected is Cause.ALLOWED}


def pod_of(name: str, node: str, **metadata: str) -> dict[str, object]:
    """Return a pod that runs on a node."""
    status = {"podIP": f"10.244.0.{len(node)}"}
    return {"metadata": {"name": name} | metadata, "spec": {"nodeName": node}, "status": status}


def test_a_pod_that_goes_is_not_asked_and_where_none_stays_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = pod_of("pinger-1", "one", deletionTimestamp="now")
    pods = {"name=pinger": items(going, pod_of("pinger-2", "three")), "name=ponger": items(going)}
    tools(tmp_path, monkeypatch, pods | {"get": items()})
    with pytest.raises(StepFailed, match="a running pod of ponger") as caught:
        find_running_pods(Kube("some"))
    assert "--only workloads" in caught.value.hint
    tools(tmp_path, monkeypatch, pods | {"name=ponger": items(pod_of("ponger-1", "two"))})
    assert find_running_pods(Kube("some")) == {
        "pinger": RunningPod("10.244.0.5", "three"),
        "ponger": RunningPod("10.244.0.3", "two"),
    }


@pytest.mark.parametrize(
    ("nodes", "probes"),
    [(("vm", "vm"), ["kindmesh-node-vm"]), (("one", "two"), ["kindmesh-node-two", "kindmesh-node-one"])],
)
def test_each_pod_is_asked_by_the_node_on_which_it_runs(
    nodes: tuple[str, str], probes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [call for call in CALLS if call.client is NODE]
    running = dict(zip(PROGRAMS, nodes, strict=True))
    answers = {f"name={name}": items(pod_of(f"{name}-1", node)) for name, node in running.items()}
    for node in nodes:
        count = sum(running[call.program] == node for call in calls)
        answers[f"exec&kindmesh-node-{node}"] = f"{json.dumps(asdict(ALIVE))}\n" * count
    called = tools(tmp_path, monkeypatch, answers | {"serviceaccount": "there", "apply": items(), "get": items()})
    findings = verify_calls(Kube("some"), (NODE,))
    assert [finding.name for finding in findings] == [call.name for call in calls]
    assert [call.split("pod/")[1].split()[0] for call in called.calls if " exec " in call] == probes
    made = [pod for text in called.all_given("apply") for pod in yaml.safe_load_all(text) if pod["kind"] == "Pod"]
    assert [pod["metadata"]["name"] for pod in made] == probes
    assert [pod["spec"]["nodeName"] for pod in made] == [name.removeprefix("kindmesh-node-") for name in probes]


def test_every_program_has_a_positive_control_of_a_meshed_caller() -> None:
    alive = {call.control for call in CALLS if call.expected is Cause.ALLOWED and call.client.meshed}
    assert alive == {call.control for call in CALLS}


def test_the_node_asks_a_pod_by_its_address_and_everybody_else_a_service_by_its_name() -> None:
    running = {"ponger": RunningPod("10.244.0.7", "one"), "pinger": RunningPod("10.244.0.8", "two")}
    by_node = next(call for call in CALLS if call.client is NODE and call.target == "ponger:metrics")
    by_pinger = next(call for call in CALLS if call.client is PINGER and call.target == "ponger:metrics")
    assert by_node.question(running).url == "10.244.0.7:9090/metrics"
    assert by_pinger.question(running).url == "ponger.pingpong.svc.cluster.local:9090/metrics"
    assert cause(FORBIDDEN, meshed=False) is Cause.MESH
