"""The mesh that is verified: its pods, the manifests that it runs by, and its authority."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localmesh.control.manifests import Manifests, read_manifests
from localmesh.files import write
from localmesh.identity.authority import Authority
from localmesh.pods.plan import short
from localmesh.settings import paths
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.views import MeshView


@dataclass(frozen=True, slots=True)
class VerifiedMesh:
    """A mesh that runs."""

    client: Client
    view: MeshView
    manifests: Manifests
    """What it runs by."""
    as_written: bool
    """Whether the files say the same now."""
    authority: Authority
    folder: StateFolder

    @property
    def logs(self) -> Mapping[str, Path]:
        """The access log of every pod."""
        return {pod.name: self.folder.pod(short(pod.name)) / "access.log" for pod in self.view.pods if pod.identity}


def find_mesh(client: Client, folder: StateFolder) -> VerifiedMesh:
    """Return the mesh that runs in a state folder; its manifests bear the places of the files if those are the same."""
    view, running = client.status(), client.manifests()
    files = read_manifests(paths(view.settings["LOCALMESH_MANIFESTS"]), "what runs was not changed")
    as_written = files.to_yaml() == running
    manifests = files if as_written else _read(running)
    authority = Authority.open(folder.authority, manifests.cluster.settings.trust_domain)
    return VerifiedMesh(client, view, manifests, as_written, authority, folder)


def _read(text: str) -> Manifests:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "running.yaml"
        write(path, text)
        return read_manifests([path])
