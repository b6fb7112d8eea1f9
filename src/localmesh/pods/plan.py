"""From what the manifests say to the pods that will run: names, addresses, identities and folders. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address

from localmesh.pods.addresses import played
from localmesh.pods.pod import Pod
from localmesh.state import StateFolder
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload

RUNNABLE = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod")
"""The kinds that run for ever; a Job ends, and an ExternalWorkload runs elsewhere."""
LONGEST_FOLDER = 24


@dataclass(frozen=True, slots=True)
class Group:
    """The pods of one workload: a place for each replica, and one more for the pod that comes before another goes."""

    workload: Workload
    places: tuple[Pod, ...]

    @property
    def replicas(self) -> int:
        """How many of the places are filled at a time."""
        return self.workload.replicas

    @property
    def shape(self) -> tuple[object, ...]:
        """What cannot change while the pods run: how many they are, their names and their addresses."""
        return (self.workload.ref, self.replicas, *((pod.name, pod.local, pod.meshed) for pod in self.places))

    def named(self, name: str) -> bool:
        """Whether a person means this workload by `name` or `namespace/name`."""
        ref = self.workload.ref
        return name in (ref.name, f"{ref.namespace}/{ref.name}")


def groups(
    workloads: Iterable[Workload], settings: MeshSettings, folder: StateFolder, addresses: Iterator[IPv4Address]
) -> tuple[Group, ...]:
    """Return the pods of all workloads that can run here."""
    runnable = [workload for workload in workloads if workload.ref.kind in RUNNABLE]
    seen = Counter(workload.ref.name for workload in runnable)
    found = []
    for workload in runnable:
        prefix = f"{workload.ref.namespace}." if seen[workload.ref.name] > 1 else ""
        names = [prefix + name for name in _names(workload)]
        pods = tuple(_pod(name, workload, settings, folder, next(addresses)) for name in names)
        found.append(Group(workload, pods))
    return tuple(found)


def _names(workload: Workload) -> tuple[str, ...]:
    if workload.ref.kind == "Pod":
        return (workload.ref.name,)
    return tuple(f"{workload.ref.name}-{number}" for number in range(workload.replicas + 1))


def _pod(name: str, workload: Workload, settings: MeshSettings, folder: StateFolder, address: IPv4Address) -> Pod:
    namespace = workload.ref.namespace
    identity = workload.identity or settings.identity(namespace, workload.service_account)
    return Pod(
        name=name,
        namespace=namespace,
        service_account=workload.service_account,
        workload=workload.ref,
        address=address,
        local=played(address),
        labels=workload.labels,
        containers=tuple(container for container in workload.containers if not container.init),
        meshed=workload.meshed,
        identity=identity if workload.meshed else "",
        folder=folder.pod(short(name)),
    )


def short(name: str) -> str:
    """Return the name of a pod's folder: sockets in it must have short paths."""
    if len(name) <= LONGEST_FOLDER:
        return name
    return f"{name[: LONGEST_FOLDER - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
