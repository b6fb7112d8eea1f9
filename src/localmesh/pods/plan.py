"""Plans the pods of the manifests' workloads: names, identities and folders. No I/O."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Address
from itertools import count

from localmesh.pods.addresses import to_cluster
from localmesh.pods.pod import Pod
from localmesh.state import StateFolder
from meshpolicy.kinds.container import Container
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload

RUNNABLE = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod")
"""Kinds whose pods run until stopped; a Job ends, and an ExternalWorkload runs elsewhere."""
LONGEST_FOLDER = 24


@dataclass(frozen=True, slots=True)
class Group:
    """One workload, and the data from which its pods are made."""

    workload: Workload
    prefix: str
    """Prefix of its pods' names, or the whole name if it can have only one pod."""
    identity: str
    """The name in its pods' certificates; empty if they are not meshed."""
    folder: StateFolder = field(compare=False)
    numbered: bool = True

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers of each pod that run as long as the pod."""
        return tuple(container for container in self.workload.containers if not container.init)

    @property
    def template(self) -> tuple[object, ...]:
        """Everything that a pod is made from; a pod made from a different template must be replaced."""
        found = self.workload
        labels = tuple(sorted(found.labels.items()))
        return self.prefix, labels, found.service_account, self.identity, self.containers, found.grace

    def named(self, name: str) -> bool:
        """Whether `name` is this workload's name, or its `namespace/name`."""
        ref = self.workload.ref
        return name in (ref.name, f"{ref.namespace}/{ref.name}")

    def free_name(self, taken: Iterable[str]) -> str:
        """Return the first pod name that is not taken; a workload with one pod has only one name."""
        taken = set(taken)
        if not self.numbered:
            return self.prefix
        return next(name for number in count() if (name := f"{self.prefix}-{number}") not in taken)

    def pod(self, name: str, local: IPv4Address) -> Pod:
        """Return the pod of this name at a loopback address."""
        found = self.workload
        return Pod(
            name=name,
            namespace=found.ref.namespace,
            service_account=found.service_account,
            workload=found.ref,
            address=to_cluster(local),
            local=local,
            labels=found.labels,
            containers=self.containers,
            meshed=found.meshed,
            identity=self.identity,
            folder=self.folder.pod(short(name)),
        )


def groups(workloads: Iterable[Workload], settings: MeshSettings, folder: StateFolder) -> tuple[Group, ...]:
    """Return the workloads that can run here."""
    runnable = [workload for workload in workloads if workload.ref.kind in RUNNABLE]
    seen = Counter(workload.ref.name for workload in runnable)
    return tuple(group(found, settings, folder, shared_name=seen[found.ref.name] > 1) for found in runnable)


def group(workload: Workload, settings: MeshSettings, folder: StateFolder, *, shared_name: bool = False) -> Group:
    """Return the group of a workload; `shared_name` adds the namespace to names that two workloads share."""
    ref = workload.ref
    identity = workload.identity or settings.identity(ref.namespace, workload.service_account)
    return Group(
        workload,
        f"{ref.namespace}.{ref.name}" if shared_name else ref.name,
        identity if workload.meshed else "",
        folder,
        numbered=ref.kind not in ("Pod", "Gateway"),
    )


def short(name: str) -> str:
    """Return a short name for a pod's folder, because paths of Unix sockets are limited in length."""
    if len(name) <= LONGEST_FOLDER:
        return name
    return f"{name[: LONGEST_FOLDER - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
