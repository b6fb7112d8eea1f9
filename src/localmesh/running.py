"""Finds the mesh that a command is about: that of the checkout, or of the environment."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from localmesh.settings import Settings, read
from localmesh.state import StateFolder, state_folder

if TYPE_CHECKING:
    from localmesh.supervisor.client import Client


def here() -> tuple[Settings, StateFolder]:
    """Return the settings and the state folder."""
    settings = read(os.environ)
    return settings, state_folder(settings, os.environ, Path.cwd())


def running() -> "Client":
    """Return a client of the running mesh. Raises NotRunning if there is none."""
    from localmesh.supervisor.client import Client
    from localmesh.supervisor.meshes import not_running

    _, folder = here()
    if folder.owner() is None:
        raise not_running(folder)
    return Client(folder)
