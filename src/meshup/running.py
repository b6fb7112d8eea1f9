"""What runs now: a local mesh, a cluster, both or neither. Reads only."""

import os
import shutil
import subprocess
from pathlib import Path

from localmesh.errors import BadInput
from localmesh.settings import read
from localmesh.state import state_folder
from localmesh.supervisor.leftovers import leftover_processes

CLUSTER = "pingpong"
"""The name of the kind cluster."""


def local_mesh_runs() -> bool:
    """Whether a local mesh of this checkout runs, or what is left of one; localmesh itself reports wrong settings."""
    try:
        settings = read(os.environ)
    except BadInput:
        return True
    folder = state_folder(settings, os.environ, Path.cwd())
    return folder.owner() is not None or bool(leftover_processes(folder))


def cluster_runs() -> bool:
    """Whether KINDMESH_CONTEXT names a cluster, or kind has the project's."""
    return bool(os.environ.get("KINDMESH_CONTEXT")) or kind_has_the_cluster()


def kind_has_the_cluster() -> bool:
    """Whether kind answers within 20 seconds that it has the cluster."""
    kind = shutil.which("kind")
    if kind is None:
        return False
    try:
        found = subprocess.run([kind, "get", "clusters"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return CLUSTER in found.stdout.split()
