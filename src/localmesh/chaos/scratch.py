"""A second mesh of the same manifests, for faults that need other settings than those of the mesh that runs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localmesh.errors import CommandFailed
from localmesh.pods.ports import any_port
from localmesh.pods.programs import INHERITED
from localmesh.state import StateFolder

START = 180


@contextmanager
def scratch_mesh(folder: Path, manifests: str, **environ: str) -> Iterator[StateFolder]:
    """Run a mesh with its state in a folder, and nothing of it afterwards; `manifests` is as in LOCALMESH_MANIFESTS."""
    state = StateFolder(folder / "s")
    environment = {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "LOCALMESH_STATE": str(state.path),
        "LOCALMESH_MANIFESTS": manifests,
        "LOCALMESH_PORT": str(any_port()),
        "LOCALMESH_HTTPS_PORT": str(any_port()),
        **environ,
    }
    try:
        _run("up", environment)
        yield state
    finally:
        _run("down", environment)


def _run(verb: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "localmesh", verb],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"`localmesh {verb}` of a second mesh failed", done.stderr)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder with a short path, for Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="lm-") as folder:
        yield Path(folder)
