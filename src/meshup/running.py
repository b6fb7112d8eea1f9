"""What runs at the moment: a local mesh, a cluster, both or neither. Asks, and changes nothing."""

import os
import shutil
import subprocess

from localmesh.errors import BadInput
from localmesh.settings import read
from localmesh.state import state_folder

CLUSTER = "pingpong"
"""The name of the kind cluster."""


def local_mesh_runs() -> bool:
    """Whether a supervisor owns the state folder; wrong settings are for localmesh itself to report."""
    try:
        settings = read(os.environ)
    except BadInput:
        return True
    return state_folder(settings, os.environ).owner() is not None


def cluster_runs() -> bool:
    """Whether a context of one's own cluster is set, or kind has the cluster."""
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
