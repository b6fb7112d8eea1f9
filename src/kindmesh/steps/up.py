"""The steps of `up`, in order. Policies and the collector come before the pods that they are for."""

import hashlib
import json
from collections.abc import Sequence

from kindmesh.errors import BadInput, StepFailed
from kindmesh.identity.certmanager import IDENTITY, wait_for_certificate
from kindmesh.identity.keeper import keeper_of
from kindmesh.probes.candidate import candidate, propose
from kindmesh.settings import CLUSTER, IMAGE, Settings
from kindmesh.steps import releases
from kindmesh.steps.gatewayapi import gateway_api
from kindmesh.steps.image import image_in_use, provide_image, with_image_note
from kindmesh.steps.namespaces import namespaces
from kindmesh.steps.ownership import ownership
from kindmesh.steps.prune import prune
from kindmesh.steps.step import Site, Step, select_steps, wait_for_rollout
from kindmesh.tools.command import Output, attempt, run
from kindmesh.tools.families import WAY_OUT, ipv6_networks
from kindmesh.tools.kube import OWNER, Kube, Object, documents, evidence, render, until
from kindmesh.tools.nodes import NOT_YET, kind_has_cluster, start_nodes, stopped_nodes

API_ANSWERS = 120.0
"""Seconds within which the API server of kind answers after its node has started."""
WEBHOOKS_ANSWER = 60.0
"""Seconds after the rollout: the API server reaches a webhook a little after its pods are ready."""
DRY_APPLY = ("apply", "--server-side", "--dry-run=server", "--force-conflicts", f"--field-manager={OWNER}", "-f", "-")
DEFAULT = "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY"
RULES = "kindmesh.pingpong/rules"
"""The annotation of Prometheus' pods with the hash of the rules that they have read."""


def cluster(site: Site) -> int:
    """Create the kind cluster or start its stopped nodes, and wait for the API server and every node."""
    changes = 0 if site.settings.existing else _have_kind_cluster(site)
    within = 0.0 if site.settings.existing else API_ANSWERS
    if not until(lambda: _api_server(site.kube).code == 0, within=within, every=1):
        raise StepFailed("cluster", "an answer of the API server", _api_server(site.kube).text, NOT_YET)
    found = site.kube.attempt("wait", "--for=condition=Ready", "node", "--all", "--timeout=120s", timeout=130)
    if found.code != 0:
        hint = f"look at `kubectl --context {site.settings.context} get nodes`"
        raise StepFailed("cluster", "every node ready", found.text, hint)
    if networks := ipv6_networks(site.kube):
        lines = "\n".join(["this cluster gives pods IPv6 addresses, whose traffic bypasses the sidecars:", *networks])
        raise BadInput(lines, WAY_OUT)
    return changes


def _have_kind_cluster(site: Site) -> int:
    if not kind_has_cluster():
        run("kind", "create", "cluster", "--config", str(site.settings.root / "kind-config.yaml"), timeout=600)
        return 1
    if stopped := stopped_nodes():
        site.say(f"! stopped: {', '.join(stopped)}; starting them again")
        start_nodes(stopped)
    if attempt("kubectl", "config", "get-contexts", site.settings.context).code != 0:
        run("kind", "export", "kubeconfig", "--name", CLUSTER)
    return len(stopped)


def _api_server(kube: Kube) -> Output:
    return kube.attempt("get", "--raw=/readyz", timeout=10)


def cert_manager(site: Site) -> int:
    """Install cert-manager and trust-manager, which keep the anchor, the issuer and the trust roots."""
    changes = sum(releases.install(release, site) for release in (releases.CERT_MANAGER, releases.TRUST_MANAGER))
    wait_for_rollout(site, "cert-manager", "cert-manager", "cert-manager", "cert-manager-webhook", "trust-manager")
    text = render(site.settings.root / IDENTITY)
    if not until(lambda: _accepted(site.kube, text), within=WEBHOOKS_ANSWER):
        said = site.kube.attempt(*DRY_APPLY, stdin=text).text
        raise StepFailed("cert-manager", "an answer of the webhooks of cert-manager and trust-manager", said)
    return changes


def _accepted(kube: Kube, text: str) -> bool:
    return kube.attempt(*DRY_APPLY, stdin=text).code == 0


def identity(site: Site) -> int:
    """Ensure a trust anchor, an issuer signed by it, and the trust roots for Linkerd."""
    return keeper_of(site.kube, site.settings).begin(site.settings.root)


def enforcer(site: Site) -> int:
    """Install an enforcer of NetworkPolicies that needs no nft_queue, and wait until every node has it."""
    changes = site.kube.apply_text(render(site.settings.root / "mesh/enforcer"))
    wait_for_rollout(site, "enforcer", "enforcer", "daemonset/kube-router")
    return changes


def cni(site: Site) -> int:
    """Install Linkerd's CNI plugin, and wait until every node has it: an earlier pod would have no routes."""
    changes = int(releases.install(releases.CNI, site))
    wait_for_rollout(site, "cni", "linkerd-cni", "daemonset/linkerd-cni")
    return changes


def linkerd(site: Site) -> int:
    """Install Linkerd, and wait until its injector answers."""
    changes = sum(releases.install(release, site) for release in (releases.CRDS, releases.CONTROL_PLANE))
    wait_for_rollout(site, "linkerd", "linkerd", *releases.CONTROL_PLANE.deployments)
    if not until(lambda: _injects(site), within=60):
        raise StepFailed("linkerd", "an answer of the injector", evidence(site.kube, "linkerd"))
    return changes


def _injects(site: Site) -> bool:
    return "linkerd-proxy" in propose(site.kube, candidate("pingpong")).out


def policies(site: Site) -> int:
    """Apply policies, NetworkPolicies and admission policies before any pod; delete those no longer written."""
    root = site.settings.root
    folders = (root / "mesh/policies", root / "mesh/admission", *site.settings.parts, site.settings.network)
    absent = () if site.settings.has("cert-manager") else ("cert-manager",)
    found = [
        item
        for folder in folders
        for item in documents(render(folder))
        if item["kind"] != "Deployment" and item["metadata"].get("namespace") not in absent
    ]
    return site.kube.apply(found) + prune(site, [*found, *documents(render(site.settings.overlay))])


def tracing(site: Site) -> int:
    """Start Jaeger."""
    found = _of_kind(render(site.settings.root / "mesh/observability"), "Deployment")
    changes = site.kube.apply(found)
    wait_for_rollout(site, "tracing", "tracing", "jaeger")
    return changes


def viz(site: Site) -> int:
    """Install the metrics and the dashboard."""
    changes = int(releases.install(releases.VIZ, site))
    changes += _load_rules(site.kube) + _close_old_pods(site.kube)
    wait_for_rollout(site, "viz", "linkerd-viz", *releases.VIZ.deployments)
    return changes


def _load_rules(kube: Kube) -> int:
    """Restart Prometheus if the rules have changed: the chart mounts them by `subPath`, which is never updated."""
    rules = kube.get("-n", "linkerd-viz", "configmap/pingpong-rules")["data"]
    found = {RULES: hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]}
    template = kube.get("-n", "linkerd-viz", "deployment/prometheus")["spec"]["template"]
    if found.items() <= template["metadata"].get("annotations", {}).items():
        return 0
    change = json.dumps({"spec": {"template": {"metadata": {"annotations": found}}}})
    kube.run("-n", "linkerd-viz", "patch", "deployment/prometheus", "-p", change)
    return 1


def _close_old_pods(kube: Kube) -> int:
    """Restart viz if its sidecars were started under another default policy: they read it when they start."""
    containers = [
        container
        for pod in kube.items("-n", "linkerd-viz", "pods")
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    ]
    given = [one.get("value") for container in containers for one in container.get("env", []) if one["name"] == DEFAULT]
    if all(value == "deny" for value in given):
        return 0
    kube.run("-n", "linkerd-viz", "rollout", "restart", *(f"deployment/{name}" for name in releases.VIZ.deployments))
    return 1


def ingress(site: Site) -> int:
    """Install Traefik; where cert-manager makes its certificate, that comes first, since Traefik mounts it."""
    changes = 0
    if site.settings.has("cert-manager"):
        changes = site.kube.apply_text(render(site.settings.root / "mesh/ingress/tls"))
        wait_for_certificate(site.kube, "ingress", "ingress", "ingress-tls")
    changes += int(releases.install(releases.TRAEFIK, site))
    wait_for_rollout(site, "ingress", "ingress", "traefik")
    return changes


def workloads(site: Site) -> int:
    """Start pinger and ponger."""
    changes = site.kube.apply(with_image_note(documents(render(site.settings.overlay)), image_in_use(site)))
    wait_for_rollout(site, "workloads", "pingpong", "ponger", "pinger")
    return changes


def _of_kind(text: str, kind: str) -> list[Object]:
    return [found for found in documents(text) if found["kind"] == kind]


STEPS = (
    Step("cluster", "every node is ready", cluster),
    Step("ownership", "no object of somebody else is in the way", ownership),
    Step("image", f"the nodes hold {IMAGE}", provide_image),
    Step("gateway-api", "HTTPRoute is established", gateway_api),
    Step("namespaces", "all namespaces are labelled", namespaces),
    Step("enforcer", "an enforcer of NetworkPolicies is on every node", enforcer, "enforcer"),
    Step("cert-manager", "cert-manager and trust-manager are rolled out and answer", cert_manager, "cert-manager"),
    Step("identity", "anchor, issuer and trust roots exist", identity),
    Step("cni", "Linkerd's CNI plugin is on every node", cni, "cni"),
    Step("linkerd", "the control plane is rolled out and the injector answers", linkerd),
    Step("policies", "all policies are stored", policies),
    Step("viz", "metrics and dashboard are rolled out", viz, "viz"),
    Step("tracing", "Jaeger is rolled out", tracing, "tracing"),
    Step("ingress", "Traefik is rolled out", ingress, "ingress"),
    Step("workloads", "pinger and ponger are rolled out", workloads),
)


def steps_of(settings: Settings, only: Sequence[str] = ()) -> list[Step]:
    """Return the steps to run: all that the settings want, or those of `only` and what these need.

    That is the check that protects others; and the namespaces, where a step would else create one without the label
    by which the next `up` knows it.
    """
    names = [step.name for step in STEPS]
    if set(only) - {"cluster"}:
        only = (*only, "ownership")
    if set(only) & set(names[names.index("namespaces") :]):
        only = (*only, "namespaces")
    return select_steps(STEPS, settings, only)
