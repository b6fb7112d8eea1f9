"""Pods, and the kinds that make pods from a template. Pure."""

from types import MappingProxyType

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Address
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.container import read_container
from meshpolicy.kinds.injected import conflict_with_init, conflict_with_sidecar
from meshpolicy.kinds.jobspec import check_cron_job, check_job
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.podspec import check_controlled, check_pod
from meshpolicy.kinds.reading import read_addresses
from meshpolicy.kinds.workload import JOBS, Workload
from meshpolicy.record import replace

ENDED = ("Succeeded", "Failed")
"""Phases of pods that nobody calls any more, and that call nobody."""


def read_pod(document: Fields, ref: Ref) -> Workload | None:
    """Read a Pod; None for one that has ended."""
    metadata, status = document.child("metadata"), document.child("status")
    found = _workload(ref, metadata, document.child("spec"), 1, status)
    phase = status.text("phase")
    stored = bool(found.addresses or phase or metadata.has("creationTimestamp"))
    return None if phase in ENDED else replace(found, stored=stored, owners=_owners(metadata))


def _owners(metadata: Fields) -> tuple[tuple[str, str], ...]:
    return tuple((one.text("kind"), one.text("name")) for one in metadata.children("ownerReferences"))


def read_template(document: Fields, ref: Ref) -> Workload:
    """Read a Deployment, ReplicaSet, StatefulSet, DaemonSet or Job."""
    spec = document.child("spec")
    if not spec.has("template"):
        spec.note("template", "is missing")
    template = spec.child("template")
    found = _workload(ref, template.child("metadata"), template.child("spec"), _replicas(spec, ref.kind))
    own = document.child("metadata")
    written = {key: own.strings(key) for key in ("labels", "annotations")}
    indexes = max(spec.integer("completions"), 1) if spec.text("completionMode") == "Indexed" else 0
    ordinal = spec.child("ordinals").integer("start")
    return replace(found, metadata=written, first_ordinal=ordinal, indexes=indexes, owners=_owners(own))


def read_cron_job(document: Fields, ref: Ref) -> Workload:
    """Read a CronJob."""
    spec = document.child("spec")
    found = read_template(spec.child("jobTemplate"), ref)
    return replace(found, replicas=0) if spec.flag("suspend") else found


def _replicas(spec: Fields, kind: str) -> int:
    """Return how many pods a controller makes; of a DaemonSet, how many on a node."""
    if kind in JOBS:
        return 0 if spec.flag("suspend") else spec.integer("parallelism", 1)
    return spec.integer("replicas", 1)


def kind_with_template(document: Fields, group: str, name: str) -> Kind | None:
    """Return a kind that makes pods from `spec.template`, whoever defined it: Rollout, CloneSet, Knative's Service.

    None for an object without containers there. What its controller adds to the pods' labels is not known (R117).
    """
    spec = document.data.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    pod = template.get("spec") if isinstance(template, dict) else None
    containers = pod.get("containers") if isinstance(pod, dict) else None
    return Kind(group, name, read_template) if isinstance(containers, list) and containers else None


def _workload(ref: Ref, metadata: Fields, spec: Fields, replicas: int, status: Fields | None = None) -> Workload:
    containers = (
        *(read_container(container, spec, init=True) for container in spec.children("initContainers")),
        *(read_container(container, spec) for container in spec.children("containers")),
    )
    if not spec.data.get("containers"):
        spec.note("containers", "is missing or empty")
    labels = metadata.strings("labels")
    addresses: list[Address] = []
    if status is not None:
        listed = status.children("podIPs")
        addresses = read_addresses(listed, "ip") if listed else read_addresses((status,), "podIP")
    grace = spec.integer("terminationGracePeriodSeconds", 30)
    return Workload(
        ref,
        MappingProxyType(labels),
        MappingProxyType(metadata.strings("annotations")),
        spec.text("serviceAccountName") or spec.text("serviceAccount") or "default",
        containers,
        replicas,
        addresses=tuple(addresses),
        host_network=spec.flag("hostNetwork"),
        grace=grace if grace >= 0 else 1,  # as the kubelet takes a negative one
        unfit=conflict_with_sidecar(spec),
        unfit_for_init=conflict_with_init(spec),
        automount=spec.flag("automountServiceAccountToken", True),
    )


KINDS = (
    Kind("", "Pod", read_pod, check_pod),
    Kind("", "ReplicationController", read_template, check_controlled, template=True),
    Kind("apps", "Deployment", read_template, check_controlled, template=True),
    Kind("apps", "ReplicaSet", read_template, check_controlled, template=True),
    Kind("apps", "StatefulSet", read_template, check_controlled, template=True),
    Kind("apps", "DaemonSet", read_template, check_controlled, template=True),
    Kind("batch", "Job", read_template, check_job, template=True),
    Kind("batch", "CronJob", read_cron_job, check_cron_job, template=True),
)
