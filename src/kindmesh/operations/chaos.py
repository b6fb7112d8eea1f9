"""Breaks one thing on purpose, shows what happens, and always repairs it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kindmesh.errors import BadInput, StepFailed
from kindmesh.probes.candidate import candidate, propose
from kindmesh.probes.clients import PINGER, ask
from kindmesh.probes.load import under_load
from kindmesh.probes.question import Answer, Question, cause
from kindmesh.steps.step import Site, wait_for_rollout
from kindmesh.tools.kube import Object, documents, until
from meshverify.cause import Cause

PING = Question("ponger.pingpong.svc.cluster.local:80/ping")
DNS_PORT = 53
PONGER_PODS = "app.kubernetes.io/name=ponger"
DRAIN_FOR = 40
"""Seconds for a drain; on one node it can only end by this, since the evicted pod has no other node."""
BUDGET = "disruption budget"
CUT_WITHIN = 20.0
"""Seconds within which a removed NetworkPolicy must have an effect."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """One thing that can break."""

    description: str
    run: Callable[[Site], None]


def kill_pod(site: Site) -> None:
    """Kill one ponger pod without warning, under load; the other one goes on."""
    with under_load(site.kube, "ponger") as loading:
        pods = site.kube.items("-n", "pingpong", "pods", "-l", PONGER_PODS)
        if not pods:
            raise StepFailed("chaos", "a pod of ponger to kill", "pingpong has none", "`kindmesh up --only workloads`")
        pod = pods[0]["metadata"]["name"]
        site.kube.run("-n", "pingpong", "delete", "pod", pod, "--grace-period=0", "--force")
        site.say(f"… {pod} is killed without warning; waiting for a new pod")
        wait_for_rollout(site, "chaos", "pingpong", "ponger")
    site.say(f"✓ repaired by Kubernetes: {loading.finished}")


def drain_node(site: Site) -> None:
    """Drain a node of its ponger pods, under load; the disruption budget keeps one until another is ready."""
    pods = site.kube.items("-n", "pingpong", "pods", "-l", PONGER_PODS)
    if not pods:
        raise StepFailed("chaos", "a pod of ponger to evict", "pingpong has none", "`kindmesh up --only workloads`")
    node = pods[0]["spec"]["nodeName"]
    schedulable = not site.kube.get("node", node).get("spec", {}).get("unschedulable", False)
    # Linkerd gives each pod emptyDir volumes, without which drain would refuse.
    options = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={DRAIN_FOR}s")
    drain = ("drain", node, f"--pod-selector={PONGER_PODS}", *options)
    try:
        with under_load(site.kube, "ponger") as loading:
            found = site.kube.attempt(*drain, timeout=DRAIN_FOR + 30)
            if found.code != 0 and BUDGET not in found.text:
                raise StepFailed("chaos", f"a drain of {node}", found.text)
            kept = site.kube.items("-n", "pingpong", "pods", "-l", PONGER_PODS)
    finally:
        if schedulable:
            site.kube.run("uncordon", node)
        wait_for_rollout(site, "chaos", "pingpong", "ponger")
    if not kept:
        raise StepFailed("chaos", "a ponger that stays", "none is left", "no PodDisruptionBudget selects ponger")
    ended = "drained" if found.code == 0 else "the disruption budget kept the last pod, for which no other node is free"
    after = "it takes pods again" if schedulable else "it stays cordoned, as it was before"
    site.say(f"✓ {node}: {ended}; {after}: {loading.finished}")


def break_policy(site: Site) -> None:
    """Remove pinger's grant; the next ping is refused, and works again when the grant is back."""
    name = ("-n", "pingpong", "authorizationpolicy.policy.linkerd.io", "pinger-may-ping")
    grant = site.kube.run("get", *name, "-o", "yaml")
    site.kube.run("delete", *name)
    try:
        _expect(site, Cause.MESH, "without the grant")
    finally:
        _put_back(site, grant)
    _expect(site, Cause.ALLOWED, "with the grant again")


def stop_injector(site: Site) -> None:
    """Stop the injector; no new pod starts, and none starts without a sidecar."""
    # A killed run may have left 0 replicas: then 1 is right.
    count = site.kube.get("-n", "linkerd", "deployment/linkerd-proxy-injector")["spec"].get("replicas") or 1
    scale = ("-n", "linkerd", "scale", "deployment/linkerd-proxy-injector")
    site.kube.run(*scale, "--replicas=0")
    try:
        pods = ("-n", "linkerd", "pods", "-l", "linkerd.io/control-plane-component=proxy-injector")
        if not until(lambda: not site.kube.items(*pods), within=60):
            raise StepFailed("chaos", "the end of the injector's pods", site.kube.attempt("get", *pods).text)
        asked = propose(site.kube, candidate("pingpong"))
        if asked.code == 0:
            raise StepFailed("chaos", "a refusal of the new pod", asked.text, "webhookFailurePolicy is not Fail")
        site.say(f"✓ a new pod is refused: {asked.text.splitlines()[-1][:160]}")
        _expect(site, Cause.ALLOWED, "running pods go on")
    finally:
        site.kube.run(*scale, f"--replicas={count}")
        wait_for_rollout(site, "chaos", "linkerd", "linkerd-proxy-injector")
    site.say("✓ repaired: the injector is back")


def cut_dns(site: Site) -> None:
    """Remove the NetworkPolicies that allow DNS; resolved names go on working, a new sidecar does not start."""
    policies = [found for found in site.kube.items("-n", "pingpong", "networkpolicies") if _is_dns(found)]
    if not policies:
        raise StepFailed("chaos", "a NetworkPolicy to DNS to cut", "pingpong has none", "`kindmesh up --only policies`")
    names = [found["metadata"]["name"] for found in policies]
    site.kube.run("-n", "pingpong", "delete", "networkpolicy", *names)
    try:
        start = time.monotonic()
        found = _until_cut(site)
        site.say(f"… {', '.join(names)} cut: a ping ends as `{found}` after {time.monotonic() - start:.0f} s")
    finally:
        for policy in policies:
            policy["metadata"] = {key: policy["metadata"][key] for key in ("name", "namespace")}
        site.kube.apply(policies)
    _expect(site, Cause.ALLOWED, "with DNS again")


def _is_dns(policy: Object) -> bool:
    rules = policy["spec"].get("egress", [])
    return any(port.get("port") == DNS_PORT for rule in rules for port in rule.get("ports", []))


def _until_cut(site: Site) -> Cause:
    found = Cause.ALLOWED

    def is_cut() -> bool:
        nonlocal found
        found = _ping(site)
        return found is not Cause.ALLOWED

    if not until(is_cut, within=CUT_WITHIN, every=1):
        raise StepFailed("chaos", "a ping that is cut", f"it is {found}", "are NetworkPolicies enforced at all?")
    return found


def _put_back(site: Site, text: str) -> None:
    for found in documents(text):
        found["metadata"] = {key: found["metadata"][key] for key in ("name", "namespace")}
        site.kube.apply([found])


def _answer(site: Site) -> Answer:
    return ask(site.kube, PINGER, [PING])[0]


def _ping(site: Site) -> Cause:
    return cause(_answer(site), meshed=True)


def _expect(site: Site, wanted: Cause, when: str) -> None:
    start = time.monotonic()
    if not until(lambda: _ping(site) is wanted, within=30):
        raise StepFailed("chaos", f"`{wanted}` {when}", str(_answer(site)))
    site.say(f"✓ {when}: {wanted} ({time.monotonic() - start:.1f} s)")


CHAOS: Mapping[str, Chaos] = {
    "pod": Chaos("kill a ponger under load", kill_pod),
    "node": Chaos("drain a node of its pongers under load", drain_node),
    "policy": Chaos("take away pinger's grant", break_policy),
    "injector": Chaos("stop the proxy-injector", stop_injector),
    "dns": Chaos("cut the way to DNS", cut_dns),
}


def find_chaos(name: str) -> Chaos:
    """Return the fault of a name, or raise BadInput with all names."""
    if name not in CHAOS:
        known = ", ".join(f"{key} ({chaos.description})" for key, chaos in CHAOS.items())
        raise BadInput(f"{name}: unknown fault; expected one of {known}")
    return CHAOS[name]
