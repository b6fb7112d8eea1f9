"""Verifies that one request is one trace through both programs and both sidecars."""

import secrets
from collections.abc import Sequence
from urllib.error import HTTPError

from kindmesh.probes.clients import INGRESS, ProbePods
from kindmesh.probes.entrance import find_entrance
from kindmesh.probes.question import Question
from kindmesh.settings import Settings
from kindmesh.tools.forward import fetch, forward
from kindmesh.tools.kube import Kube, Object, until
from meshverify.finding import Finding, judge, skip

NAME = "one request is one trace"
WITHIN = 40.0
"""Sidecars export with up to 10 s of delay."""
EXPECTED = frozenset({"pinger", "pinger-proxy", "ponger", "ponger-proxy"})
"""Both programs, and both sidecars by the names that the overlay gives to their spans."""
ENTERED = frozenset({"traefik", "traefik-proxy"})
"""The ingress and its sidecar, mesh/ingress/traefik.yaml."""


def verify_trace(kube: Kube, settings: Settings) -> list[Finding]:
    """Send one sampled request from outside, or from a pod with the ingress's account, and look for its whole trace."""
    if not settings.has("tracing"):
        return [skip("traces", NAME, "tracing is not installed")]
    trace = secrets.token_hex(16)
    expected = EXPECTED | (ENTERED if settings.has("ingress") else set())
    answer = _sent(kube, settings, f"00-{trace}-{secrets.token_hex(8)}-01")
    seen: set[str] = set()
    with forward(kube, "tracing", "deployment/jaeger", 16686) as jaeger:

        def complete() -> bool:
            seen.update(participants(_spans(jaeger.address, trace)))
            return seen >= expected

        good = until(complete, within=WITHIN, every=2)
    shown = ", ".join(sorted(seen)) or f"no span (the request itself: {answer})"
    hint = (
        f"missing: {', '.join(sorted(expected - seen))}; a sidecar's spans need 4317, a program's 4143 and its account"
    )
    return [judge("traces", NAME, ", ".join(sorted(expected)), shown, good=good, hint=hint)]


def _sent(kube: Kube, settings: Settings, parent: str) -> str:
    """Send the request; what came back."""
    if settings.has("ingress"):
        return find_entrance(kube, settings).get("/rally", headers={"traceparent": parent})
    question = Question("pinger.pingpong.svc.cluster.local:80/rally", headers=(("traceparent", parent),))
    with ProbePods(kube, [INGRESS]) as probes:
        return str(probes.ask(INGRESS, [question])[0])


def _spans(jaeger: str, trace: str) -> Sequence[Object]:
    try:
        found: list[Object] = fetch(f"{jaeger}/jaeger/api/traces/{trace}")["data"]
    except HTTPError:
        # Jaeger answers 404 for a trace of which it has no span yet.
        return []
    return found


def participants(traces: Sequence[Object]) -> set[str]:
    """Return the names of the services in a trace."""
    return {process["serviceName"] for trace in traces for process in trace["processes"].values()}
