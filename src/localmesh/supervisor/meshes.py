"""Finds this user's running local meshes, their checkouts, and leftovers of killed supervisors."""

from collections.abc import Mapping, Sequence

from localmesh.errors import LocalMeshError, NotRunning
from localmesh.project import whose
from localmesh.settings import paths
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.supervisor.leftovers import leftover_processes, marked_folders

TIMEOUT = 2.0
"""Seconds within which a healthy supervisor answers."""
MOST_NAMES = 4


def owner_of(settings: Mapping[str, str]) -> str:
    """Return the owner of a mesh with these settings: its checkout, or else its manifests."""
    return f"of {whose(paths(settings['LOCALMESH_MANIFESTS']))}"


def mesh_in(folder: StateFolder) -> str:
    """Return the owner of the mesh in a state folder, as its supervisor reports it; else a text about the folder."""
    try:
        return owner_of(Client(folder, timeout=TIMEOUT).status().settings)
    except LocalMeshError:
        return str(folder)


def not_running(folder: StateFolder) -> NotRunning:
    """Return the error for a mesh that does not run, with its leftovers and the other running meshes."""
    if left := leftover_processes(folder):
        return NotRunning(
            f"the supervisor of the local mesh {folder} is gone, and {len(left)} of its programs still run:"
            f" {_listed(sorted(left.values()))}",
            hint="`just up` ends them and starts the mesh anew; `just down` ends them and cleans up",
        )
    return NotRunning(f"no local mesh {folder} runs; start it with `just up`", hint=others(folder))


def others(folder: StateFolder) -> str:
    """Return a sentence about this user's other meshes; empty if none run, or if the folder was set explicitly."""
    if folder.checkout is None:
        return ""
    found = [StateFolder(path) for path in sorted(marked_folders() - {folder.path})]
    running = [f"{mesh_in(other)} (LOCALMESH_STATE={other.path})" for other in found if other.owner() is not None]
    return f"other local meshes that run: {', '.join(running)}" if running else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MOST_NAMES])} and {more} more"
