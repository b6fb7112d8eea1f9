"""Prints the logs of pods, up to the end or continuously."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from localmesh.errors import BadInput
from localmesh.pods.plan import short
from localmesh.state import StateFolder
from localmesh.views import MeshView

POLL = 0.1
APP = ("app.log",)
SIDECAR = ("envoy.log", "access.log")


def named_pods(mesh: MeshView, name: str) -> tuple[str, ...]:
    """Return the names of the pod or of the workload's pods called `name`."""
    found = tuple(
        pod.name
        for pod in mesh.pods
        if name in (pod.name, pod.workload, f"{pod.namespace}/{pod.name}", f"{pod.namespace}/{pod.workload}")
    )
    if not found:
        known = ", ".join(pod.name for pod in mesh.pods)
        raise BadInput(f"{name}: there is no such workload or pod; the pods are {known}")
    return found


def read_logs(
    folder: StateFolder, mesh: MeshView, name: str, *, sidecar: bool, follow: bool, write: Callable[[str], None]
) -> None:
    """Pass every line to `write`; if there are several pods, a line starts with the pod's name."""
    pods = named_pods(mesh, name)
    files = [(pod, folder.pod(short(pod)) / file) for pod in pods for file in (SIDECAR if sidecar else APP)]
    growing = [(f"{pod}  " if len(pods) > 1 else "", GrowingFile(path)) for pod, path in files]
    while True:
        for prefix, file in growing:
            for line in file.new_lines():
                write(prefix + line)
        if not follow:
            return
        sleep(POLL)


@dataclass(slots=True)
class GrowingFile:
    """A log file and the position up to which it has been read."""

    path: Path
    position: int = 0

    def new_lines(self) -> list[str]:
        """Return the complete lines written since the last call; all lines if the log was truncated meanwhile."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < self.position:
            self.position = 0
        if size == self.position:
            return []
        with self.path.open("rb") as file:
            file.seek(self.position)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.position += len(whole + newline)
        return whole.decode(errors="replace").splitlines()
