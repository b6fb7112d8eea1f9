"""Where a fault strikes: a mesh that runs, the pods behind the call of the load, and their processes."""

from collections.abc import Callable
from dataclasses import dataclass

import psutil

from localmesh.errors import BadInput
from localmesh.load.target import LoadTarget, find_load_target
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.supervisor.leftovers import leftover_processes
from localmesh.verify.meshes import VerifiedMesh, find_mesh
from localmesh.views import Phase, PodView

SIDECAR, SUPERVISOR = "sidecar", "supervisor"


@dataclass(frozen=True, slots=True)
class Site:
    """A mesh that runs."""

    folder: StateFolder
    mesh: VerifiedMesh
    target: LoadTarget
    """The call that the load makes."""
    say: Callable[[str], None]

    @classmethod
    def find(cls, folder: StateFolder, say: Callable[[str], None]) -> "Site":
        """Return the mesh in a state folder, under the first call that is allowed between two workloads."""
        mesh = find_mesh(Client(folder), folder)
        return cls(folder, mesh, find_load_target("", "", mesh.view, mesh.manifests, folder), say)

    @property
    def victim(self) -> PodView:
        """The pod that a fault strikes: the first of those that the load calls."""
        pods = [pod for pod in self.mesh.view.pods if pod.workload == self.target.service]
        if not pods:
            raise BadInput(f"no pod runs of {self.target.service}, which the load calls")
        return pods[0]

    @property
    def replicas(self) -> int:
        """How many pods the load calls."""
        return sum(pod.workload == self.target.service for pod in self.mesh.view.pods)

    def pod(self, name: str) -> PodView:
        """Return a pod as it is now."""
        found = next((pod for pod in self.mesh.client.status().pods if pod.name == name), None)
        if found is None:
            raise BadInput(f"{name} is gone")
        return found

    def process(self, name: str) -> psutil.Process:
        """Return a process of the mesh by its name: `supervisor`, `ponger-0/sidecar` or `ponger-0/ponger`."""
        found = {known: process for process, known in leftover_processes(self.folder).items()}
        if name not in found:
            raise BadInput(f"no process {name} runs; there are {', '.join(sorted(found))}")
        return found[name]

    def app(self, pod: PodView) -> psutil.Process:
        """Return the first program of a pod."""
        names = sorted(
            name
            for name in leftover_processes(self.folder).values()
            if name.startswith(f"{pod.name}/") and not name.endswith(f"/{SIDECAR}")
        )
        if not names:
            raise BadInput(f"no program of {pod.name} runs")
        return self.process(names[0])

    def is_back(self, before: PodView, *, restarted: bool) -> bool:
        """Whether a pod is ready, after another start of one of its processes if that is asked for."""
        now = self.pod(before.name)
        starts = (now.restarts, now.sidecar_restarts) != (before.restarts, before.sidecar_restarts)
        return now.phase is Phase.READY and (starts or not restarted)
