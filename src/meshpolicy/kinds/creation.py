"""What becomes of workloads and Services when they are created: labels, sidecars, annotations (R8, R117). Pure."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from meshpolicy.core.labels import AnyValue, Labels, whole
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.annotations import (
    CONTROL_PLANE,
    INHERITED,
    INJECT,
    OPAQUE_PORTS,
    PROXY_OF_KIND,
    WORKLOAD_NAMESPACE,
)
from meshpolicy.kinds.container import PROXY, ContainerPort
from meshpolicy.kinds.injected import NEVER, never_made
from meshpolicy.kinds.injection import asks, injection, namespace_labels
from meshpolicy.kinds.namespace import Namespace
from meshpolicy.kinds.proxyversion import version_of
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.sidecar import copied, not_copied, sidecar
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace

ANY: AnyValue = None
ENFORCE = "pod-security.kubernetes.io/enforce"
FORBIDDING = ("baseline", "restricted")
"""Levels of Pod Security under which no container has NET_ADMIN."""
HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;", "+": "&#43;"})
"""What Go's html/template puts in place of characters."""
MOST = 1_000
"""Pods of a StatefulSet whose names are listed; of more, nothing is said."""
TOPOLOGY = frozenset({"topology.kubernetes.io/zone", "topology.kubernetes.io/region"})
"""Kubernetes copies them from the node, where the node has them."""
JOB_NAMES = ("job-name", "batch.kubernetes.io/job-name")
JOB_INDEX = "batch.kubernetes.io/job-completion-index"
OWNED = {"ReplicaSet": "Deployment", "Job": "CronJob"}
"""Kinds that others make, which the injector takes for the owners of their pods."""
OWNERS = ("Deployment", "DaemonSet", "StatefulSet", "Job")
"""Kinds that it believes to own a ReplicaSet (isValidRSParent)."""
JOB_IDS = ("controller-uid", "batch.kubernetes.io/controller-uid")


def created(workload: Workload, space: Namespace | None, settings: MeshSettings) -> Workload:
    """Return the workload as its pods come to be: labelled, injected, with the namespace's annotations (R8, R117).

    A Pod that runs is left as it is, but for what is said of it.
    """
    labelled = _of_controller(workload)
    found = injection(workload, labelled, space, settings)
    unknown = found.sidecar is Truth.UNKNOWN
    workload = replace(
        workload,
        labels=labelled,
        injection=found,
        meshed=found.sidecar is Truth.YES or (unknown and asks(workload)),
        undetermined=INHERITED - workload.annotations.keys() if unknown and space is None else frozenset(),
    )
    if not workload.meshed or workload.ref.kind == "ExternalWorkload":
        return replace(workload, sidecar=sidecar(workload.annotations, settings))
    declared = {port.number for port in _declared(workload) if port.protocol == "TCP"}
    if _made(workload):
        made = sidecar(workload.annotations, settings, declared, made=workload.containers)
        doubt = _of_another_mesh(workload, settings) or made.unknown
        return replace(workload, sidecar=replace(made, unknown=doubt, version=_version(workload) or made.version))
    added = {k: v for k, v in _inherited(workload, space, settings).items() if k not in workload.annotations}
    annotated = MappingProxyType({**{k: copied(v) or v for k, v in added.items()}, **workload.annotations})
    of_space = dict(space.annotations) if space else {}
    own = sidecar(annotated, settings, declared, of_space)
    unfit = workload.unfit or ("" if settings.cni else workload.unfit_for_init)
    never = not_copied(added) or unfit or never_made(annotated, of_space) or _forbidden(space, settings)
    return replace(
        workload,
        annotations=annotated,
        labels=_of_injector(workload, settings.control_plane_namespace),
        sidecar=replace(own, unknown=never or own.unknown),
    )


def _of_another_mesh(workload: Workload, settings: MeshSettings) -> str:
    """Say that a pod's proxy belongs to another control plane: its identity, and what it is told, are not known."""
    own = workload.labels.get(CONTROL_PLANE, "")
    if own == settings.control_plane_namespace:
        return ""
    told = f"by its label its proxy belongs to the control plane in `{own}`"
    return f"{told}, and this mesh's is in `{settings.control_plane_namespace}` (--control-plane)"


def _forbidden(space: Namespace | None, settings: MeshSettings) -> str:
    """Say that Pod Security forbids linkerd-init, where it is known that the CNI plugin does not do its work."""
    level = dict(space.labels).get(ENFORCE, "") if space else ""
    if level not in FORBIDDING or settings.cni or "cni" not in settings.explicit:
        return ""
    told = f"its Namespace enforces Pod Security `{level}`, which forbids linkerd-init to lead packets to the proxy"
    return f"{told}{NEVER}"


def _version(workload: Workload) -> str:
    """Return the version of the proxy that a pod has; empty where its image does not say it."""
    return next((version_of(one.image) for one in workload.containers if one.name == PROXY), "")


def _made(workload: Workload) -> bool:
    """Whether the injector has done its work already."""
    return workload.stored or any(container.name == PROXY for container in workload.containers)


def _inherited(workload: Workload, space: Namespace | None, settings: MeshSettings) -> dict[str, str]:
    """Return the annotations that the injector adds: the namespace's, and the usual opaque ports (R8, R9)."""
    of_space = dict(space.annotations) if space else {}
    copied = {key: value for key, value in of_space.items() if key in INHERITED or key == INJECT}
    if OPAQUE_PORTS not in workload.annotations and OPAQUE_PORTS not in copied:
        declared = {port.number for port in _declared(workload)}
        usual = sorted(number for number in declared if str(number) in settings.annotated_opaque)
        copied |= {OPAQUE_PORTS: ",".join(map(str, usual))} if usual else {}
    return copied


def _declared(workload: Workload) -> list[ContainerPort]:
    """Return the ports of the application's containers."""
    return [port for container in workload.containers if container.name != PROXY for port in container.ports]


def announced(service: Service, space: Namespace | None, settings: MeshSettings) -> Service:
    """Return the Service as the injector leaves it: with the namespace's opaque-ports, else the usual ones (R65)."""
    rules = settings.injector
    labels = namespace_labels(service.ref.namespace, space)
    left_out = Truth.NO in (rules.namespaces.matches(labels), rules.pods.matches(service.labels))
    if OPAQUE_PORTS in service.annotations or left_out or service.stored:
        return service
    if space is None:
        service = replace(service, undetermined=True)
    inherited = dict(space.annotations).get(OPAQUE_PORTS) if space else None
    usual = ",".join(
        str(port.number)
        for port in service.ports
        if isinstance(port.target, int) and str(port.target) in settings.annotated_opaque
    )
    found = usual if inherited is None else _patched(inherited)
    if found is None or (inherited is None and not found):
        return service
    return replace(service, annotations=MappingProxyType({**service.annotations, OPAQUE_PORTS: found}))


def _patched(text: str) -> str | None:
    """Return what the injector's patch makes of a Service's list: it is escaped as for HTML, and read as JSON.

    None where that is no JSON, so that the Service stays as it is (pkg/inject/annotation_patch.go, html/template).
    """
    try:
        found = json.loads(f'"{text.translate(HTML)}"')
    except ValueError:
        return None
    return str(found)


def _of_controller(workload: Workload) -> Labels:
    """Return a template's labels with those that its controller adds to each pod."""
    known = dict(workload.labels)
    present: dict[str, AnyValue] = {}
    name = workload.ref.name
    match workload.ref.kind:
        case "Pod" if workload.stored:
            return whole(workload.labels)
        case "Deployment":
            present["pod-template-hash"] = ANY
        case "StatefulSet":
            most = workload.most_replicas
            numbers = range(workload.first_ordinal, workload.first_ordinal + min(most, MOST + 1))
            counted = 0 < most <= MOST
            present["controller-revision-hash"] = ANY
            present["statefulset.kubernetes.io/pod-name"] = (
                frozenset(f"{name}-{n}" for n in numbers) if counted else ANY
            )
            present["apps.kubernetes.io/pod-index"] = frozenset(map(str, numbers)) if counted else ANY
        case "DaemonSet":
            present |= dict.fromkeys(("controller-revision-hash", "pod-template-generation"), ANY)
        case "Job":
            known |= dict.fromkeys(JOB_NAMES, name)
            present |= dict.fromkeys(JOB_IDS, ANY)
        case "CronJob":
            present |= dict.fromkeys((*JOB_NAMES, *JOB_IDS), ANY)
        case "Pod" | "ReplicaSet" | "ReplicationController" | "ExternalWorkload":
            pass
        case _:
            return Labels(known, complete=False)
    if workload.indexes:
        few = workload.indexes <= MOST
        present[JOB_INDEX] = frozenset(map(str, range(workload.indexes))) if few else ANY
    for key in present:
        known.pop(key, None)
    return Labels(known, present, frozenset(TOPOLOGY - known.keys()))


def _of_injector(workload: Workload, control_plane: str) -> Labels:
    """Return a pod's labels with those that the injector adds; they take the place of the pod's own."""
    labels = whole(workload.labels)
    added: Mapping[str, str] = {CONTROL_PLANE: control_plane, WORKLOAD_NAMESPACE: workload.ref.namespace}
    owner, *others = _makers(workload)
    if others:
        perhaps = {PROXY_OF_KIND[kind] for kind, _ in (owner, *others) if kind in PROXY_OF_KIND}
        known = {key: value for key, value in labels.known.items() if key not in perhaps}
        return replace(labels, known={**known, **added}, perhaps=labels.perhaps | perhaps)
    label = PROXY_OF_KIND.get(owner[0])
    return replace(labels, known={**labels.known, **added, **({label: owner[1]} if label else {})})


def _makers(workload: Workload) -> tuple[tuple[str, str], ...]:
    """Return by which object the injector may name a pod's owner: one whose own owner is not known may not be it.

    It takes the only owner of a pod, and the only one of that ReplicaSet or Job (controller/k8s/metadata_api.go,
    GetOwnerKindAndName).
    """
    own = (workload.ref.kind, workload.ref.name)
    if len(workload.owners) != 1:
        return (own,)
    first = workload.owners[0]
    if own[0] == "ReplicaSet" and first[0] not in OWNERS:
        return (own,)
    if own[0] != "Pod":
        return (first if own[0] in OWNED else own,)
    return (first, (OWNED[first[0]], "")) if first[0] in OWNED else (first,)
