"""Proves who may call whom by calling: an allowed call succeeds, any other is refused for the expected cause."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kindmesh.checks import CALLS, Call
from kindmesh.errors import CommandFailed
from kindmesh.finding import Finding, Outcome, judge
from kindmesh.kube import Kube
from kindmesh.pods import ASKERS, Asker, Askers
from kindmesh.probe import Answer, Cause, cause
from kindmesh.why import read_policies, why
from meshpolicy.errors import MeshPolicyError

GROUP = "calls"
HINTS: Mapping[tuple[Cause, Cause], str] = {
    (Cause.ALLOWED, Cause.MESH): "the policies that the cluster holds refuse it: mesh/policies",
    (
        Cause.ALLOWED,
        Cause.ROUTE,
    ): "no HTTPRoute of the Server matches this path and method: mesh/policies",
    (Cause.ALLOWED, Cause.NETWORK): "a NetworkPolicy shuts port 4143, on which meshed traffic arrives: mesh/network",
    (Cause.ALLOWED, Cause.UNDECLARED): "the Service does not declare this port",
    (Cause.ALLOWED, Cause.BROKEN): "the caller's sidecar finds nobody: look at its log and at the control plane",
    (Cause.MESH, Cause.ALLOWED): "something admits this caller: `meshpolicy list k8s/base mesh/policies`",
    (Cause.MESH, Cause.APPLICATION): "the request got through to the program: is the pod without a sidecar?",
    (Cause.MESH, Cause.NETWORK): "the NetworkPolicy refused first: the mesh's own rule stays unproved",
    (Cause.NETWORK, Cause.MESH): "the mesh alone refused: NetworkPolicies are not enforced, or admit this pod",
    (
        Cause.NETWORK,
        Cause.ALLOWED,
    ): "neither wall holds: NetworkPolicies are not enforced, and the mesh admits this caller",
}


def verify_calls(kube: Kube, who: Sequence[Asker] = ASKERS) -> list[Finding]:
    """Make all calls of some askers, and judge each."""
    addresses = pod_addresses(kube)
    answers: dict[Call, Answer | str] = {}
    with Askers(kube, who) as askers:
        for asker in who:
            calls = [call for call in CALLS if call.asker is asker]
            answers |= _ask(askers, asker, calls, addresses)
    return explained(kube, answers, judge_all(answers))


def explained(kube: Kube, answers: Mapping[Call, Answer | str], findings: Sequence[Finding]) -> list[Finding]:
    """Add to each call that a policy refused, and should not, why the cluster's own objects refuse it."""
    refused = [
        (call, finding)
        for (call, answer), finding in zip(answers.items(), findings, strict=True)
        if call.expected is Cause.ALLOWED
        and isinstance(answer, Answer)
        and cause(answer, meshed=call.asker.meshed) in (Cause.MESH, Cause.ROUTE, Cause.NETWORK)
    ]
    if not refused:
        return list(findings)
    try:
        cluster = read_policies(kube.context)
        reasons = {finding.name: why(cluster, call) for call, finding in refused}
    except MeshPolicyError as error:
        reasons = {finding.name: f"  - {error}" for _, finding in refused}
    return [
        replace(finding, hint=f"{finding.hint}\n{reasons[finding.name]}") if finding.name in reasons else finding
        for finding in findings
    ]


def _ask(
    askers: Askers, asker: Asker, calls: Sequence[Call], addresses: Mapping[str, str]
) -> Mapping[Call, Answer | str]:
    try:
        answers = askers.ask(asker, [call.question(addresses) for call in calls])
    except CommandFailed as error:
        return dict.fromkeys(calls, f"{asker.says} cannot ask: {error.output.splitlines()[-1][:120]}")
    return dict(zip(calls, answers, strict=True))


def judge_all(answers: Mapping[Call, Answer | str]) -> list[Finding]:
    """Return the finding about each call. A refusal counts only where the same program answered somebody."""
    alive = {
        call.control
        for call, answer in answers.items()
        if isinstance(answer, Answer) and cause(answer, meshed=call.asker.meshed) is Cause.ALLOWED
    }
    return [_judge(call, answer, alive) for call, answer in answers.items()]


def _judge(call: Call, answer: Answer | str, alive: set[str]) -> Finding:
    if isinstance(answer, str):
        return judge(GROUP, call.name, call.expected, answer, good=False, hint="the pod that should ask does not run")
    found = cause(answer, meshed=call.asker.meshed)
    shown = f"{found}: {answer}, {answer.seconds * 1000:.0f} ms"
    if call.expected is not Cause.ALLOWED and call.control not in alive:
        hint = f"{call.control} answers nobody, so a refusal proves nothing"
        return Finding(GROUP, call.name, Outcome.FAILED, call.expected, shown, hint)
    hint = HINTS.get((call.expected, found), "")
    return judge(GROUP, call.name, call.expected, shown, good=found is call.expected, hint=hint)


def pod_addresses(kube: Kube) -> dict[str, str]:
    """Return the address of one running pod of each workload."""
    found = {}
    for name in ("pinger", "ponger"):
        label = f"app.kubernetes.io/name={name},pod-template-hash"
        pods = kube.items("-n", "pingpong", "pods", "-l", label, "--field-selector=status.phase=Running")
        found[name] = next((pod["status"]["podIP"] for pod in pods if pod["status"].get("podIP")), "127.0.0.1")
    return found
