"""Policies that are on the cluster but no longer in the manifests: a revoked grant must not stay in force."""

from collections.abc import Iterable

from kindmesh.steps.step import Site
from kindmesh.tools.kube import Object, is_owned

LINKERD = (
    *("authorizationpolicies", "servers", "httproutes", "meshtlsauthentications", "networkauthentications"),
    *("serverauthorizations", "grpcroutes", "httplocalratelimitpolicies", "egressnetworks"),
)
KINDS = (
    *(f"{kind}.policy.linkerd.io" for kind in LINKERD),
    "networkpolicies.networking.k8s.io",
    *(f"{kind}.gateway.networking.k8s.io" for kind in ("httproutes", "grpcroutes", "gateways")),
)
NAMESPACES = ("pingpong", "ingress", "tracing", "linkerd-viz", "linkerd", "cert-manager")


def prune(site: Site, written: Iterable[Object]) -> int:
    """Delete the policies that `kindmesh` applied and that are no longer written; return how many."""
    kept, gone = {_key(found) for found in written}, 0
    for kind in KINDS:
        for found in site.kube.items("--all-namespaces", kind, "--show-managed-fields"):
            namespace, name = found["metadata"]["namespace"], found["metadata"]["name"]
            if namespace in NAMESPACES and is_owned(found) and _key(found) not in kept:
                site.kube.run("-n", namespace, "delete", kind, name, "--ignore-not-found")
                site.say(f"- {found['kind']} {namespace}/{name} is deleted: it is no longer in the manifests")
                gone += 1
    return gone


def _key(found: Object) -> tuple[str, str, str | None, str]:
    group = found["apiVersion"].partition("/")[0]
    return group, found["kind"], found["metadata"].get("namespace"), found["metadata"]["name"]
