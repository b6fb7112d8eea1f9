"""Verifies that no pod reaches the dashboard or what it asks, while a person's port-forward does."""

from dataclasses import replace
from urllib.error import URLError
from urllib.request import urlopen

from kindmesh.probes.clients import find_running_pods
from kindmesh.settings import Settings
from kindmesh.tools.forward import forward
from kindmesh.tools.kube import Kube
from kindmesh.verify.calls import judge_all, make_calls
from kindmesh.verify.expected import VIZ, VIZ_CALLS
from meshverify.finding import Finding, judge, skip

GROUP = "viz"
LABEL = "linkerd.io/extension=viz,component={}"


def verify_viz(kube: Kube, settings: Settings) -> list[Finding]:
    """Have a meshed stranger, an unmeshed pod and the node call each part of viz, and open the dashboard."""
    if not settings.has("viz"):
        return [skip(GROUP, "strangers at the dashboard", "viz is not installed")]
    running = find_running_pods(kube, VIZ, "linkerd-viz", LABEL, step="viz")
    findings = judge_all(make_calls(kube, VIZ_CALLS, running))
    return [*(replace(finding, group=GROUP) for finding in findings), _dashboard(kube)]


def _dashboard(kube: Kube) -> Finding:
    with forward(kube, "linkerd-viz", "deployment/web", 8084) as web:
        try:
            with urlopen(web.address, timeout=15) as answer:  # noqa: S310 always http to this machine's own tunnel
                found = str(answer.status)
        except URLError as error:
            found = str(error.reason)
    hint = "a tunnel ends at the pod's loopback, where no policy applies: look at the log of linkerd-viz/web"
    return judge(GROUP, "the dashboard by port-forward", "200", found, good=found == "200", hint=hint)
