"""Verifies that every pod has its sidecar, and that sidecars and programs are scraped."""

from typing import Any
from urllib.parse import quote

from kindmesh.settings import Settings
from kindmesh.tools.families import WAY_OUT, ipv6_addresses
from kindmesh.tools.forward import fetch, forward
from kindmesh.tools.kube import Kube, Object, until
from meshverify.finding import Finding, judge, skip

SCRAPED_WITHIN = 40.0
"""Seconds within which each pod is scraped more than once."""


def verify_mesh(kube: Kube) -> list[Finding]:
    """Whether every pod has a sidecar, and no pod could start without one."""
    findings = []
    pods = kube.items("-n", "pingpong", "pods", "--field-selector=status.phase=Running")
    for pod in pods:
        good = meshed(pod)
        hint = "the namespace is not injected, or the injector was down: restart the Deployment"
        name = f"{pod['metadata']['name']} has a sidecar"
        findings.append(judge("mesh", name, "linkerd-proxy", "linkerd-proxy" if good else "none", good=good, hint=hint))
    if not findings:
        findings.append(
            judge("mesh", "pods run", "at least one", "none", good=False, hint="`kindmesh up --only workloads`")
        )
    past = ipv6_addresses(pods)
    shown = ", ".join(f"{name} has {address}" for name, address in past.items()) or "IPv4"
    findings.append(judge("mesh", "no address past the sidecar", "IPv4", shown, good=not past, hint=WAY_OUT))
    found = kube.attempt("get", "mutatingwebhookconfiguration/linkerd-proxy-injector-webhook-config", "-o", "json").out
    policy = "Fail" if '"failurePolicy": "Fail"' in found else "Ignore or absent"
    hint = "pods would start without a sidecar while the injector is down: webhookFailurePolicy in mesh/linkerd"
    return [*findings, judge("mesh", "no sidecar, no pod", "Fail", policy, good=policy == "Fail", hint=hint)]


def meshed(pod: Object) -> bool:
    """Whether a pod carries the proxy, as a native sidecar or an ordinary one."""
    spec = pod["spec"]
    return any(found["name"] == "linkerd-proxy" for found in [*spec.get("initContainers", []), *spec["containers"]])


def verify_metrics(kube: Kube, settings: Settings) -> list[Finding]:
    """Whether sidecars and programs are scraped, and every edge is mutual TLS."""
    if not settings.has("viz"):
        return [skip("metrics", "scrapes and mutual TLS", "viz is not installed")]
    with forward(kube, "linkerd-viz", "deployment/prometheus", 9090) as prometheus:
        scrapes = [
            scraped(prometheus.address, job, namespace)
            for job, namespace in (("linkerd-proxy", "pingpong"), ("pingpong", "pingpong"))
        ]
        return [*scrapes, _secured(prometheus.address)]


def _query(prometheus: str, expression: str) -> list[Any]:
    """Return the samples of a vector; of a scalar, its time and its value."""
    found: list[Any] = fetch(f"{prometheus}/api/v1/query?query={quote(expression)}")["data"]["result"]
    return found


def scraped(prometheus: str, job: str, namespace: str, within: float = SCRAPED_WITHIN) -> Finding:
    """Whether all pods of a job are up in a scrape that began after this check: an older one proves nothing."""
    expression = f'up{{job="{job}", namespace="{namespace}", pod!~"kindmesh-.*"}}'
    # Prometheus' own clock: this machine's may be another.
    start = float(_query(prometheus, "time()")[1])
    state: dict[str, str] = {}

    def all_up() -> bool:
        times = {_pod(sample): float(sample["value"][1]) for sample in _query(prometheus, f"timestamp({expression})")}
        words = {"1": "up", "0": "down"}
        state.clear()
        for sample in _query(prometheus, expression):
            fresh = times.get(_pod(sample), 0.0) > start
            state[_pod(sample)] = words[sample["value"][1]] if fresh else "not scraped since"
        return bool(state) and set(state.values()) == {"up"}

    good = until(all_up, within=within, every=1)
    shown = f"{len(state)} up" if good else ", ".join(f"{pod}: {word}" for pod, word in sorted(state.items()))
    hint = "no policy admits Prometheus to the port, or a NetworkPolicy blocks 4191 (sidecars) or 4143 (programs)"
    return judge("metrics", f"{job} targets in {namespace}", "all up", shown or "no target", good=good, hint=hint)


def _pod(sample: Object) -> str:
    return str(sample["metric"].get("pod", "?"))


def _secured(prometheus: str) -> Finding:
    seen = 'sum(increase(request_total{{namespace="pingpong", {}}}[5m]))'
    plain = seen.format('direction="outbound", tls!="true", dst_namespace="pingpong"')
    secured = seen.format('direction="inbound", tls="true", srv_name="ponger-http"')

    def number(expression: str) -> float:
        found = _query(prometheus, expression)
        return float(found[0]["value"][1]) if found else 0.0

    until(lambda: number(secured) > 0, within=30, every=2)
    good = number(secured) > 0 and number(plain) == 0
    shown = f"{number(secured):.0f} requests with, {number(plain):.0f} without mutual TLS in 5 minutes"
    hint = "no traffic was seen, or a pod calls without its sidecar"
    return judge("metrics", "pinger -> ponger is mutual TLS", "every request", shown, good=good, hint=hint)
