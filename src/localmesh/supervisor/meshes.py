"""Which local meshes of this user run, whose they are, and what a killed supervisor left of one."""

from collections.abc import Mapping, Sequence

from localmesh.errors import LocalMeshError, NotRunning
from localmesh.project import whose
from localmesh.settings import paths
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.supervisor.leftovers import leftover_processes, marked_folders

TIMEOUT = 2.0
"""Seconds in which a supervisor that is well tells whose mesh it runs."""
MOST_NAMES = 4


def owner_of(settings: Mapping[str, str]) -> str:
    """Return whose mesh runs with these settings: its checkout, or the manifests that it was given."""
    return f"of {whose(paths(settings['LOCALMESH_MANIFESTS']))}"


def mesh_in(folder: StateFolder) -> str:
    """Return whose mesh a state folder holds, asked of its supervisor; else the folder's own words."""
    try:
        return owner_of(Client(folder, timeout=TIMEOUT).status().settings)
    except LocalMeshError:
        return str(folder)


def not_running(folder: StateFolder) -> NotRunning:
    """Return the error for a mesh that does not run: what is left of it, and which others run."""
    if left := leftover_processes(folder):
        return NotRunning(
            f"the supervisor of the local mesh {folder} is gone, and {len(left)} of its programs still run:"
            f" {_listed(sorted(left.values()))}",
            hint="`just up` ends them and starts the mesh anew; `just down` ends them and cleans up",
        )
    return NotRunning(f"no local mesh {folder} runs; start it with `just up`", hint=others(folder))


def others(folder: StateFolder) -> str:
    """Return a sentence about the other meshes of this user; empty without one, or where the folder was named."""
    if folder.checkout is None:
        return ""
    found = [StateFolder(path) for path in sorted(marked_folders() - {folder.path})]
    running = [f"{mesh_in(other)} (LOCALMESH_STATE={other.path})" for other in found if other.owner() is not None]
    return f"other local meshes that run: {', '.join(running)}" if running else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MOST_NAMES])} and {more} more"
