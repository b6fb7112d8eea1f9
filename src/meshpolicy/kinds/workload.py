"""What runs in the cluster: pods, templates of pods, and machines outside. Pure values."""

from collections.abc import Mapping
from dataclasses import field

from meshpolicy.core.labels import Labels
from meshpolicy.core.match import Address
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.annotations import CONTROL_PLANE
from meshpolicy.kinds.container import Container
from meshpolicy.kinds.sidecar import Sidecar
from meshpolicy.record import record


@record
class Injection:
    """Whether a pod gets Linkerd's sidecar, and why."""

    sidecar: Truth
    why: str = ""
    """A sentence's end after the workload's name: `gets no sidecar: it is on the host's network`."""


JOBS = ("Job", "CronJob")
COUNTED = ("Pod", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", *JOBS, "ExternalWorkload")
"""Kinds whose manifests say how many pods there are."""


@record
class Workload:
    """A Pod, the template of a Deployment (or its like), or an ExternalWorkload."""

    ref: Ref
    labels: Mapping[str, str] = field(default_factory=Labels)
    """The pod's labels, with those that controllers and the injector add, as `Labels`."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """The pod's annotations, with those that the injector copies from the namespace at creation (R8)."""
    service_account: str = "default"
    containers: tuple[Container, ...] = ()
    """Init containers first."""
    replicas: int = 1
    """How many pods of it there are; 0: none for now."""
    scaled_to: int = 0
    """How many an autoscaler may make of them; 0: there is none."""
    first_ordinal: int = 0
    """The number of a StatefulSet's first pod."""
    indexes: int = 0
    """How many pods of an Indexed Job are known by their number; 0: it is none."""
    addresses: tuple[Address, ...] = ()
    """The addresses of a running Pod; empty for a template."""
    owners: tuple[tuple[str, str], ...] = ()
    """Kind and name of each object that made it (ownerReferences)."""
    stored: bool = False
    """Whether it is a Pod that a cluster holds: what the injector did not do, it never does."""
    host_network: bool = False
    undetermined: frozenset[str] = frozenset()
    """Annotations that its namespace may give it: the pod has none, and the Namespace is not in the input (R8)."""
    meshed: bool = False
    """Whether it has (or will get) a sidecar; where `injection` does not know: whether it asks for one."""
    grace: float = 30
    """terminationGracePeriodSeconds."""
    unfit: str = ""
    """Why the injector can make no pod of it: what its own manifest holds does not go with a sidecar."""
    unfit_for_init: str = ""
    """Why linkerd-init does not go with the pod's manifest; pods have it unless the CNI plugin redirects packets."""
    identity: str = ""
    """An ExternalWorkload's own identity; empty: derived from the ServiceAccount (R5)."""
    unread: str = ""
    """Why Linkerd's controller does not read it, although it is stored; empty: it does (R7)."""
    automount: bool = True
    """automountServiceAccountToken of the pod."""

    @property
    def alone(self) -> bool:
        """Whether there is one pod of it: nobody knows how many a DaemonSet has, or a kind of another project."""
        return self.most_replicas == 1 and self.ref.kind in COUNTED

    @property
    def most_replicas(self) -> int:
        """Return how many pods of it there may be; an autoscaler keeps away from one that has none."""
        return max(self.replicas, self.scaled_to) if self.replicas else 0

    @property
    def stopped(self) -> str:
        """Say that no pod of it runs now, so that all that is said of it holds for later ones; empty: one does."""
        why = "it is suspended" if self.ref.kind in JOBS else "its replicas are 0"
        return "" if self.replicas else f"{self.ref} has no pods now, for {why}: this holds for those that it gets"

    injection: Injection = field(default_factory=lambda: Injection(Truth.YES))
    """Why `meshed` says so; never no where it is true."""
    sidecar: Sidecar = field(default_factory=Sidecar)
    """What its sidecar does, if it has one."""
    metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """`labels` and `annotations` of the object itself, where its pods come from a template."""

    @property
    def seems_meshed(self) -> bool:
        """Whether clients' proxies take it for meshed: by a label, which somebody may have written by hand (R131)."""
        return self.meshed or bool(self.labels.get(CONTROL_PLANE))
