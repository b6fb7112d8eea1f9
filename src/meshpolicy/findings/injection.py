"""Findings about injection: policies without a sidecar to enforce them, requested sidecars that are missing. Pure."""

from collections.abc import Iterator

from meshpolicy.core.truth import Truth
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.index.index import index_of
from meshpolicy.kinds.annotations import INJECT
from meshpolicy.kinds.authorizationpolicy import AuthorizationPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.injection import ENABLING, asks
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.workload import Workload


@code(
    "MP060",
    "A policy on workloads without a sidecar",
    "R7 R110 R111",
    severity=Severity.ERROR,
    explanation="Linkerd's policies are enforced by the sidecar of the pod that is called. Where there is none, every "
    "call gets in, whatever a Server or a grant says.",
    fix="Annotate the pod template or the Namespace `linkerd.io/inject: enabled`, and take away what keeps it out.",
)
def policy_without_sidecar(cluster: Cluster) -> Found:
    """Find Servers, and policies for a Namespace, that affect no workload with a sidecar."""
    for server, selected in _selected(cluster).items():
        if _none_has(selected) and not cluster.renders_into(server.ref.namespace):
            yield server.ref, f"selects only workloads without a sidecar: {_why(cluster, selected[0])}{_more(selected)}"
    for policy in _for_namespaces(cluster):
        there = [one for one in cluster.workloads if one.ref.namespace == policy.ref.namespace]
        if there and _none_has(there) and not cluster.renders_into(policy.ref.namespace):
            yield policy.ref, f"is for workloads without a sidecar only: {_why(cluster, there[0])}{_more(there)}"


def _selected(cluster: Cluster) -> dict[Server, list[Workload]]:
    """Return the workloads that each Server selects by labels; Servers that select none are left out."""
    found: dict[Server, list[Workload]] = {}
    for workload in cluster.workloads:
        for server in index_of(cluster).servers(workload.ref.namespace).selecting(workload):
            found.setdefault(server, []).append(workload)
    return found


def _for_namespaces(cluster: Cluster) -> Iterator[AuthorizationPolicy]:
    """Yield the policies that target a Namespace without Servers; otherwise the Servers have the finding."""
    for policy in cluster.authorization_policies:
        of_namespace = policy.target.kind.lower() == "namespace"
        if of_namespace and not cluster.in_namespace(policy.ref.namespace).servers:
            yield policy


def _none_has(workloads: list[Workload]) -> bool:
    """Whether none of the workloads has a sidecar, for certain."""
    return all(workload.injection.sidecar is Truth.NO for workload in workloads)


def _more(workloads: list[Workload]) -> str:
    return f", and {len(workloads) - 1} more" if len(workloads) > 1 else ""


def _why(cluster: Cluster, workload: Workload) -> str:
    """Return why a workload has no sidecar, with annotations and labels that look like a request for one."""
    near = "".join(f"; {text}" for text in _near_misses(cluster, workload))
    return f"{workload.ref} {workload.injection.why}{near}"


@code(
    "MP061",
    "A sidecar that is asked for in vain",
    "R110 R111",
    explanation="The injector leaves out namespaces and pods by label, pods on the host's network, and pods that have "
    "a sidecar already; and it reads the annotation of the pod and of its Namespace only, letter by letter.",
    fix="Take away what keeps the sidecar out, or write the annotation into the pod template or the Namespace.",
)
def sidecar_in_vain(cluster: Cluster) -> Found:
    """Find workloads that request a sidecar and get none, except those that a Server selects (MP060)."""
    told = {one.ref for selected in _selected(cluster).values() if _none_has(selected) for one in selected}
    yield from ((ref, why) for ref, why in asked_in_vain(cluster) if ref not in told)


def asked_in_vain(cluster: Cluster) -> Found:
    """Yield the workloads that request a sidecar and get none, each with the reason."""
    for workload in cluster.workloads:
        has = workload.injection.sidecar
        asked = has is Truth.YES or (has is Truth.UNKNOWN and asks(workload))
        if asked or workload.annotations.get(INJECT) == "disabled":
            continue
        namespace = cluster.namespaces.get(workload.ref.namespace)
        inherited = dict(namespace.annotations).get(INJECT, "") if namespace is not None else ""
        own = workload.annotations.get(INJECT, "")
        meant = {own, inherited} & ENABLING or own or inherited not in ("", "disabled")
        if meant or any(_near_misses(cluster, workload)):
            yield workload.ref, _why(cluster, workload).removeprefix(f"{workload.ref} ")


def _near_misses(cluster: Cluster, workload: Workload) -> Iterator[str]:
    """Yield the places in which `linkerd.io/inject` has no effect."""
    namespace = cluster.namespaces.get(workload.ref.namespace)
    if INJECT in workload.metadata.get("annotations", {}):
        yield f"{INJECT} stands on the {workload.ref.kind} itself, not on its pod template"
    labelled = (
        ("its pods", workload.labels),
        (f"the {workload.ref.kind}", workload.metadata.get("labels", {})),
        (f"the Namespace {workload.ref.namespace}", dict(namespace.labels) if namespace is not None else {}),
    )
    yield from (
        f"{INJECT} is a label of {whose}, where an annotation is read" for whose, own in labelled if INJECT in own
    )
    for service in cluster.services:
        if INJECT in service.annotations and service.selects(workload.ref.namespace, workload.labels):
            yield f"{INJECT} stands on {service.ref}, where nobody reads it"
