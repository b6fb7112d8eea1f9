"""From what the manifests say to the pods that will run: names, identities and folders. No I/O."""

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
"""The kinds that run for ever; a Job ends, and an ExternalWorkload runs elsewhere."""
LONGEST_FOLDER = 24


@dataclass(frozen=True, slots=True)
class Group:
    """One workload, and how its pods are made."""

    workload: Workload
    prefix: str
    """What the names of its pods begin with, or the name itself where there is one pod only."""
    identity: str
    """The name in the certificates of its pods; empty where they are not meshed."""
    folder: StateFolder = field(compare=False)
    numbered: bool = True

    @property
    def containers(self) -> tuple[Container, ...]:
        """What runs in each of its pods for ever."""
        return tuple(container for container in self.workload.containers if not container.init)

    @property
    def template(self) -> tuple[object, ...]:
        """All that a pod is made from: a pod that was made from another one has to be replaced."""
        found = self.workload
        labels = tuple(sorted(found.labels.items()))
        return self.prefix, labels, found.service_account, self.identity, self.containers, found.grace

    def named(self, name: str) -> bool:
        """Whether a person means this workload by `name` or `namespace/name`."""
        ref = self.workload.ref
        return name in (ref.name, f"{ref.namespace}/{ref.name}")

    def free_name(self, taken: Iterable[str]) -> str:
        """Return the name of the next pod: the first that is not taken, or the only one that there is."""
        taken = set(taken)
        if not self.numbered:
            return self.prefix
        return next(name for number in count() if (name := f"{self.prefix}-{number}") not in taken)

    def pod(self, name: str, local: IPv4Address) -> Pod:
        """Return the pod of that name at a loopback address."""
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
    """Return all workloads that can run here."""
    runnable = [workload for workload in workloads if workload.ref.kind in RUNNABLE]
    seen = Counter(workload.ref.name for workload in runnable)
    return tuple(group(found, settings, folder, shared_name=seen[found.ref.name] > 1) for found in runnable)


def group(workload: Workload, settings: MeshSettings, folder: StateFolder, *, shared_name: bool = False) -> Group:
    """Return how the pods of one workload are made; a name that two workloads share is told by the namespace."""
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
    """Return the name of a pod's folder: sockets in it must have short paths."""
    if len(name) <= LONGEST_FOLDER:
        return name
    return f"{name[: LONGEST_FOLDER - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
