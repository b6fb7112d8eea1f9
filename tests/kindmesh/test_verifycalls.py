"""How the answers of a verification are judged."""

import pytest

from kindmesh.checks import CALLS, Call
from kindmesh.finding import Outcome, failed
from kindmesh.pods import NODE, PINGER, UNMESHED
from kindmesh.probe import Answer, Cause, cause
from kindmesh.verifycalls import judge_all

ALIVE = Answer(200, "uvicorn", "", "", "pong", 0.005)
FORBIDDEN = Answer(403, "", "", "", "", 0.002)
BLOCKED = Answer(504, "", "service in fail-fast", "", "", 3.0)
REFUSED = Answer(0, "", "", "refused", "", 0.001)
IDEAL = {Cause.ALLOWED: ALIVE, Cause.MESH: FORBIDDEN, Cause.NETWORK: BLOCKED}


def ideal(call: Call) -> Answer:
    return REFUSED if call.expected is Cause.NETWORK and not call.asker.meshed else IDEAL[call.expected]


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
    answers = {call: ideal(call) if call.control != "ponger" else REFUSED for call in CALLS}
    names = {finding.name for finding in failed(judge_all(answers))}
    assert {call.name for call in CALLS if call.control == "ponger"} <= names


def test_a_refusal_for_another_cause_is_no_proof_and_says_where_to_look() -> None:
    allowed = next(call for call in CALLS if call.asker is PINGER and call.expected is Cause.ALLOWED)
    answers: dict[Call, Answer | str] = {call: ideal(call) for call in CALLS}
    answers[allowed] = BLOCKED
    found = failed(judge_all(answers))[0]
    assert "4143" in found.hint


def test_an_asker_that_cannot_ask_is_a_failure() -> None:
    answers: dict[Call, Answer | str] = {call: ideal(call) for call in CALLS}
    silent = next(call for call in CALLS if call.asker is UNMESHED)
    answers[silent] = "a pod without a sidecar cannot ask: not found"
    (found,) = failed(judge_all(answers))
    assert found.outcome is Outcome.FAILED
    assert found.found == "a pod without a sidecar cannot ask: not found"


def test_every_program_has_a_positive_control_of_a_meshed_caller() -> None:
    alive = {call.control for call in CALLS if call.expected is Cause.ALLOWED and call.asker.meshed}
    assert alive == {call.control for call in CALLS}


def test_the_node_asks_a_pod_by_its_address_and_everybody_else_a_service_by_its_name() -> None:
    addresses = {"ponger": "10.244.0.7", "pinger": "10.244.0.8"}
    by_node = next(call for call in CALLS if call.asker is NODE and call.target == "ponger:metrics")
    by_pinger = next(call for call in CALLS if call.asker is PINGER and call.target == "ponger:metrics")
    assert by_node.question(addresses).url == "10.244.0.7:9090/metrics"
    assert by_pinger.question(addresses).url == "ponger.pingpong.svc.cluster.local:9090/metrics"
    assert cause(FORBIDDEN, meshed=False) is Cause.MESH
