"""Removes what `up` brought: the whole kind cluster, or, on somebody else's cluster, that and nothing else."""

from kindmesh import releases
from kindmesh.command import attempt, run
from kindmesh.settings import CLUSTER
from kindmesh.steps import Site

NAMESPACES = ("pingpong", "ingress", "tracing", "linkerd-viz", "kindmesh-probe", "cert-manager", "linkerd")
RELEASES = (releases.TRAEFIK, releases.VIZ, releases.CONTROL_PLANE, releases.CRDS)


def take_down(site: Site) -> None:
    """Remove everything, and say what there was."""
    if not site.settings.existing:
        if CLUSTER in attempt("kind", "get", "clusters").out.split():
            run("kind", "delete", "cluster", "--name", CLUSTER, timeout=300)
            site.say("The cluster is removed.")
        else:
            site.say("There is no cluster.")
        return
    kube = site.kube
    # Pods first: while the injector's webhook stands and the injector is gone, nothing else could be created.
    kube.attempt("delete", "namespace", "pingpong", "ingress", "tracing", "--ignore-not-found", timeout=200)
    for release in (*RELEASES, *((releases.TRUST_MANAGER, releases.CERT_MANAGER) if _owns(site) else ())):
        helm = ("helm", "--kube-context", site.settings.context, "--namespace", release.namespace)
        attempt(*helm, "uninstall", release.name, "--ignore-not-found", "--wait", timeout=200)
    kube.attempt("delete", "namespace", *_ours(site), "--ignore-not-found", timeout=200)
    kube.attempt("delete", "priorityclass", "pingpong", "--ignore-not-found")
    site.say("Gone. The definitions of Gateway API stay: others may use them.")


def _owns(site: Site) -> bool:
    return site.settings.has("cert-manager")


def _ours(site: Site) -> list[str]:
    return [name for name in NAMESPACES if name != "cert-manager" or _owns(site)]
