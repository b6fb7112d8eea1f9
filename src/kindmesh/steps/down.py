"""Removes what `up` installed: the whole kind cluster, or, on an existing cluster, only what `up` created there."""

from kindmesh.settings import CLUSTER
from kindmesh.steps import releases
from kindmesh.steps.image import BUILT
from kindmesh.steps.step import Site
from kindmesh.tools.command import Output, attempt, run
from kindmesh.tools.kube import MANAGED_BY, OWNER, is_owned
from kindmesh.tools.nodes import kind_has_cluster

WORKLOADS = ("pingpong", "ingress", "tracing")
NAMESPACES = (*WORKLOADS, "linkerd-viz", "kindmesh-probe", "cert-manager", "linkerd", "linkerd-cni", "enforcer")
KINDS = (
    "bundles.trust.cert-manager.io",
    "clusterissuers.cert-manager.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "priorityclasses.scheduling.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
)
"""What lies in no namespace."""
STAYING = ".gateway.networking.k8s.io"
"""How the names end of what belongs to the definitions of Gateway API."""


def remove_all(site: Site) -> tuple[str, ...]:
    """Remove everything, and return what could not be removed, one line each."""
    if site.settings.existing:
        return _take_back(site)
    if kind_has_cluster():
        run("kind", "delete", "cluster", "--name", CLUSTER, timeout=300)
        site.say("The cluster is removed.")
    else:
        site.say("There is no cluster.")
    return () if site.settings.image_loader else _remove_images(site)


def _remove_images(site: Site) -> tuple[str, ...]:
    """Remove the images that `up` has built on this machine: one for each build."""
    listed = attempt("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    names = [name for name in listed.out.split() if BUILT.fullmatch(name)]
    if not names:
        return ()
    gone = attempt("docker", "image", "rm", *names)
    if gone.code == 0:
        site.say(f"Removed from this machine's images: {', '.join(names)}")
    return _failure("images", gone)


def _take_back(site: Site) -> tuple[str, ...]:
    labelled = site.kube.get("namespaces", "-l", f"{MANAGED_BY}={OWNER}")["items"]
    ours = [name for name in NAMESPACES if name in {found["metadata"]["name"] for found in labelled}]
    # Pods first: without the injector its webhook would block the creation of all others.
    failed = _delete(site, "namespace", [name for name in ours if name in WORKLOADS])
    # Objects before their controllers.
    for kind in KINDS:
        failed += _delete(site, kind, _owned(site, kind))
    for release in reversed(releases.ALL):
        failed += _uninstall(site, release)
    failed += _delete(site, "namespace", [name for name in ours if name not in WORKLOADS])
    for name in NAMESPACES:
        if name not in ours and site.kube.exists(f"namespace/{name}"):
            site.say(f"Namespace {name} stays: it is not labelled {MANAGED_BY}={OWNER}, so `up` did not create it.")
    if not failed:
        site.say("Removed. The CustomResourceDefinitions of Gateway API and cert-manager stay: others may use them.")
    return failed


def _uninstall(site: Site, release: releases.Release) -> tuple[str, ...]:
    if not releases.is_ours(release, site.settings, releases.history(release, site.settings)):
        return ()
    command = (*releases.helm(release, site.settings), "uninstall", release.name, "--ignore-not-found", "--wait")
    return _failure(f"release {release.name}", attempt(*command, timeout=200))


def _owned(site: Site, kind: str) -> list[str]:
    """Return the names of those objects of a kind that `up` has applied."""
    found = site.kube.items(kind, "--show-managed-fields")
    names = [one["metadata"]["name"] for one in found if is_owned(one)]
    return [name for name in names if not name.endswith(STAYING)]


def _delete(site: Site, kind: str, names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    gone = site.kube.attempt("delete", kind, *names, "--ignore-not-found", timeout=200)
    return _failure(f"{kind} {', '.join(names)}", gone)


def _failure(what: str, output: Output) -> tuple[str, ...]:
    return () if output.code == 0 else (f"{what}: {output.text}",)
