"""Verifies who may call whom with real requests: allowed calls succeed, others are refused for the expected cause."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from kindmesh.errors import CommandFailed
from kindmesh.probes.clients import (
    CLIENTS,
    NAMESPACE,
    ProbeClient,
    ProbePods,
    RunningPod,
    find_running_pods,
    on_node_of,
)
from kindmesh.probes.question import Answer
from kindmesh.tools.kube import Kube
from kindmesh.verify.expected import API_SERVER, CALLS, Call
from kindmesh.verify.explain import explain_refusal, read_policies
from meshpolicy.core.errors import MeshPolicyError
from meshverify.cause import Cause
from meshverify.finding import Finding, Outcome, judge

GROUP = "calls"
NOT_ENFORCED = (
    "NetworkPolicies are not enforced (kind's engine needs nft_queue in the kernel: `just doctor`;"
    " KINDMESH_WITH=enforcer brings one that does not)"
)
HINTS: Mapping[tuple[Cause, Cause], str] = {
    (Cause.ALLOWED, Cause.MESH): "the policies that the cluster holds refuse it: mesh/policies",
    (
        Cause.ALLOWED,
        Cause.ROUTE,
    ): "no HTTPRoute of the Server matches this path and method: mesh/policies",
    (Cause.ALLOWED, Cause.NETWORK): "a NetworkPolicy blocks port 4143, on which meshed traffic arrives: mesh/network",
    (Cause.ALLOWED, Cause.UNDECLARED): "the Service does not declare this port",
    (Cause.ALLOWED, Cause.BROKEN): "the caller's sidecar reaches nobody: look at its log and at the control plane",
    (Cause.MESH, Cause.ALLOWED): "a policy admits this caller: `meshpolicy list k8s/base mesh/policies`",
    (Cause.MESH, Cause.APPLICATION): "the request reached the program: does its pod have a sidecar?",
    (Cause.MESH, Cause.NETWORK): "the NetworkPolicy refused first, so the mesh's own rule was not tested",
    (Cause.NETWORK, Cause.MESH): f"only the mesh refused: {NOT_ENFORCED}, or they admit this pod",
    (Cause.NETWORK, Cause.ALLOWED): f"neither layer refused: {NOT_ENFORCED}, and the mesh admits this caller",
}
ANSWERED_BY_A_POLICY = (Cause.ALLOWED, Cause.MESH, Cause.ROUTE, Cause.APPLICATION)
"""Answers that only the other end can have given."""
NO_WAY_OUT = f"a pod of {NAMESPACE} cannot reach even the API server: check DNS and NetworkPolicies for its egress"


def verify_calls(kube: Kube, who: Sequence[ProbeClient] = CLIENTS) -> list[Finding]:
    """Make all calls of some clients, and judge each."""
    answers = make_calls(
        kube, [call for client in who for call in CALLS if call.client is client], find_running_pods(kube)
    )
    return explained(kube, answers, judge_all(answers))


def make_calls(kube: Kube, calls: Sequence[Call], running: Mapping[str, RunningPod]) -> Mapping[Call, Answer | str]:
    """Make calls from probe pods; return the answer of each, or why its client cannot send requests."""
    # A pod takes only its own node for kubelet: on several nodes there are several clients.
    asked = {
        call: on_node_of(call.client, running[call.program]) if call.client.on_host else call.client for call in calls
    }
    answers: dict[Call, Answer | str] = {}
    strangers = tuple(dict.fromkeys(asked.values()))
    with ProbePods(kube, strangers) as probes:
        for client in strangers:
            answers |= _ask(probes, client, [call for call in calls if asked[call] == client], running)
    return {call: answers[call] for call in calls}


def explained(kube: Kube, answers: Mapping[Call, Answer | str], findings: Sequence[Finding]) -> list[Finding]:
    """Add the reasons, from the cluster's own objects, to each call that is refused and should be allowed."""
    refused = [
        (call, finding)
        for (call, answer), finding in zip(answers.items(), findings, strict=True)
        if call.expected is Cause.ALLOWED
        and call.target != API_SERVER
        and isinstance(answer, Answer)
        and call.cause(answer) in (Cause.MESH, Cause.ROUTE, Cause.NETWORK)
    ]
    if not refused:
        return list(findings)
    try:
        cluster = read_policies(kube.context)
        reasons = {finding.name: explain_refusal(cluster, call) for call, finding in refused}
    except MeshPolicyError as error:
        reasons = {finding.name: f"  - {error}" for _, finding in refused}
    return [
        replace(finding, hint=f"{finding.hint}\n{reasons[finding.name]}") if finding.name in reasons else finding
        for finding in findings
    ]


def _ask(
    probes: ProbePods, client: ProbeClient, calls: Sequence[Call], running: Mapping[str, RunningPod]
) -> Mapping[Call, Answer | str]:
    try:
        answers = probes.ask(client, [call.question(running) for call in calls])
    except CommandFailed as error:
        last = (error.output.splitlines() or ["no output"])[-1][:120]
        return dict.fromkeys(calls, f"{client.description} cannot send requests: {last}")
    return dict(zip(calls, answers, strict=True))


def judge_all(answers: Mapping[Call, Answer | str]) -> list[Finding]:
    """Return the finding about each call.

    A refusal counts only if the same program answered another call. A dropped call counts only if its client got an
    answer from somebody, if there is anybody that it may reach.
    """
    causes = {call: call.cause(answer) for call, answer in answers.items() if isinstance(answer, Answer)}
    alive = {call.control for call, found in causes.items() if found is Cause.ALLOWED}
    mute = {call.client for call in answers if call.expected is Cause.ALLOWED}
    mute -= {call.client for call, found in causes.items() if found in ANSWERED_BY_A_POLICY}
    return [_judge(call, answer, alive, mute) for call, answer in answers.items()]


def _judge(call: Call, answer: Answer | str, alive: Set[str], mute: Set[ProbeClient]) -> Finding:
    if isinstance(answer, str):
        return judge(GROUP, call.name, call.expected, answer, good=False, hint="the client's pod does not run")
    found = call.cause(answer)
    shown = f"{found}: {answer}, {answer.seconds * 1000:.0f} ms"
    doubt = ""
    if call.expected is Cause.NETWORK and call.client in mute:
        doubt = f"{call.client.description} gets no answer from anybody, so a call without an answer proves nothing"
    if call.expected is not Cause.ALLOWED and call.control not in alive:
        doubt = f"{call.control} answers nobody, so a refusal proves nothing"
    if doubt:
        return Finding(GROUP, call.name, Outcome.FAILED, call.expected, shown, doubt)
    hint = NO_WAY_OUT if call.target == API_SERVER else HINTS.get((call.expected, found), "")
    return judge(GROUP, call.name, call.expected, shown, good=found is call.expected, hint=hint)
