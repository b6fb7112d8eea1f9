"""Proves who may call whom by calling: an allowed call succeeds, any other is refused for the expected cause."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from kindmesh.errors import CommandFailed
from kindmesh.probes.pods import ASKERS, NAMESPACE, Asker, Askers, Place, beside, find_places
from kindmesh.probes.probe import Answer, Cause
from kindmesh.tools.kube import Kube
from kindmesh.verify.checks import API_SERVER, CALLS, Call
from kindmesh.verify.finding import Finding, Outcome, judge
from kindmesh.verify.why import read_policies, why
from meshpolicy.core.errors import MeshPolicyError

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
HEARD = (Cause.ALLOWED, Cause.MESH, Cause.ROUTE, Cause.APPLICATION)
"""What only the other end can have said."""
NO_WAY_OUT = f"a pod of {NAMESPACE} reaches not even the API server: look at DNS and at what denies its egress"


def verify_calls(kube: Kube, who: Sequence[Asker] = ASKERS) -> list[Finding]:
    """Make all calls of some askers, and judge each."""
    places = find_places(kube)
    calls = [call for asker in who for call in CALLS if call.asker is asker]
    # A pod answers as kubelet the node on which it runs, and no other: on several nodes there are several askers.
    asked = {call: beside(call.asker, places[call.program]) if call.asker.on_host else call.asker for call in calls}
    answers: dict[Call, Answer | str] = {}
    strangers = tuple(dict.fromkeys(asked.values()))
    with Askers(kube, strangers) as askers:
        for asker in strangers:
            answers |= _ask(askers, asker, [call for call in calls if asked[call] == asker], places)
    ordered = {call: answers[call] for call in calls}
    return explained(kube, ordered, judge_all(ordered))


def explained(kube: Kube, answers: Mapping[Call, Answer | str], findings: Sequence[Finding]) -> list[Finding]:
    """Add to each call that a policy refused, and should not, why the cluster's own objects refuse it."""
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
        reasons = {finding.name: why(cluster, call) for call, finding in refused}
    except MeshPolicyError as error:
        reasons = {finding.name: f"  - {error}" for _, finding in refused}
    return [
        replace(finding, hint=f"{finding.hint}\n{reasons[finding.name]}") if finding.name in reasons else finding
        for finding in findings
    ]


def _ask(
    askers: Askers, asker: Asker, calls: Sequence[Call], places: Mapping[str, Place]
) -> Mapping[Call, Answer | str]:
    try:
        answers = askers.ask(asker, [call.question(places) for call in calls])
    except CommandFailed as error:
        return dict.fromkeys(calls, f"{asker.says} cannot ask: {(error.output.splitlines() or ['no word'])[-1][:120]}")
    return dict(zip(calls, answers, strict=True))


def judge_all(answers: Mapping[Call, Answer | str]) -> list[Finding]:
    """Return the finding about each call.

    A refusal counts only where the same program answered somebody; a dropped call, of which nobody tells, only where
    its asker, if there is anybody whom it may reach, heard from somebody.
    """
    causes = {call: call.cause(answer) for call, answer in answers.items() if isinstance(answer, Answer)}
    alive = {call.control for call, found in causes.items() if found is Cause.ALLOWED}
    mute = {call.asker for call in answers if call.expected is Cause.ALLOWED}
    mute -= {call.asker for call, found in causes.items() if found in HEARD}
    return [_judge(call, answer, alive, mute) for call, answer in answers.items()]


def _judge(call: Call, answer: Answer | str, alive: Set[str], mute: Set[Asker]) -> Finding:
    if isinstance(answer, str):
        return judge(GROUP, call.name, call.expected, answer, good=False, hint="the pod that should ask does not run")
    found = call.cause(answer)
    shown = f"{found}: {answer}, {answer.seconds * 1000:.0f} ms"
    doubt = ""
    if call.expected is Cause.NETWORK and call.asker in mute:
        doubt = f"{call.asker.says} hears from nobody, so a call without an answer proves nothing"
    if call.expected is not Cause.ALLOWED and call.control not in alive:
        doubt = f"{call.control} answers nobody, so a refusal proves nothing"
    if doubt:
        return Finding(GROUP, call.name, Outcome.FAILED, call.expected, shown, doubt)
    hint = NO_WAY_OUT if call.target == API_SERVER else HINTS.get((call.expected, found), "")
    return judge(GROUP, call.name, call.expected, shown, good=found is call.expected, hint=hint)
