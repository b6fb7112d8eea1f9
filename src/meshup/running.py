"""What runs at the moment: a local mesh, a cluster, both or neither. Asks, and changes nothing."""

import os
import shutil
import subprocess

from localmesh.errors import BadInput
from localmesh.settings import read
from localmesh.state import state_folder

CLUSTER = "pingpong"
"""The name of the kind cluster, unless KINDMESH_CONTEXT names a cluster of your own."""


def local_mesh_runs() -> bool:
    """Whether a supervisor listens in the state folder; wrong settings are for localmesh itself to report."""
    try:
        settings = read(os.environ)
    except BadInput:
        return True
    return state_folder(settings, os.environ).control.exists()


def cluster_runs() -> bool:
    """Whether kind has the cluster, or a context of another one is set."""
    if os.environ.get("KINDMESH_CONTEXT"):
        return True
    kind = shutil.which("kind")
    if kind is None:
        return False
    found = subprocess.run([kind, "get", "clusters"], capture_output=True, text=True, timeout=20, check=False)
    return CLUSTER in found.stdout.split()
