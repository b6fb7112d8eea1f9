"""What changes how many pods a workload has: HorizontalPodAutoscaler of Kubernetes, ScaledObject of KEDA. Pure."""

from collections.abc import Iterable, Mapping

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind, Object
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace

MANY = 100
"""What stands for a number that is not told; KEDA's own default."""


@record
class Autoscaler:
    """An autoscaler, as far as it says how many pods a workload may have."""

    ref: Ref
    kind: str
    """The kind of the scaled workload, which is in the autoscaler's namespace."""
    name: str
    most: int


def read(document: Fields, ref: Ref) -> Autoscaler:
    """Read a HorizontalPodAutoscaler."""
    return _read(document, ref, "maxReplicas")


def read_scaled_object(document: Fields, ref: Ref) -> Autoscaler:
    """Read a ScaledObject, whose target is a Deployment unless it says otherwise."""
    return _read(document, ref, "maxReplicaCount")


def _read(document: Fields, ref: Ref, key: str) -> Autoscaler:
    spec = document.child("spec")
    target, most = spec.child("scaleTargetRef"), spec.data.get(key)
    number = most if isinstance(most, int) and not isinstance(most, bool) else MANY
    return Autoscaler(ref, target.text("kind") or "Deployment", target.text("name"), number)


def scaled(workload: Workload, most: Mapping[tuple[str, str, str], int]) -> Workload:
    """Return a workload with the number of pods that its autoscaler may give it."""
    number = most.get((workload.ref.namespace, workload.ref.kind, workload.ref.name), 0)
    return replace(workload, scaled_to=number) if number else workload


def most_replicas(objects: Iterable[Object]) -> dict[tuple[str, str, str], int]:
    """Return how many pods autoscalers may give to workloads, by their namespace, kind and name."""
    found = (item for item in objects if isinstance(item, Autoscaler))
    return {(one.ref.namespace, one.kind, one.name): one.most for one in found}


KINDS = (
    Kind("autoscaling", "HorizontalPodAutoscaler", read, template=True, makes_others=True),
    Kind("keda.sh", "ScaledObject", read_scaled_object, template=True, makes_others=True),
)
