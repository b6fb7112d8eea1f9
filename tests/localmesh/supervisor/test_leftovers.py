"""What is cleaned after a killed supervisor, and what is never touched."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from localmesh.state import StateFolder
from localmesh.supervisor.leftovers import Cleaned, clean


@contextmanager
def sleeping(**environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "60"], env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def marks(folder: Path, name: str) -> Mapping[str, str]:
    return {"LOCALMESH_STATE": str(folder), "LOCALMESH_PROCESS": name}


def test_processes_and_files_of_this_folder_are_cleaned_and_named(short_path: Path) -> None:
    folder = StateFolder(short_path)
    folder.control.touch()
    with sleeping(**marks(short_path, "ponger-0/sidecar")) as sidecar, sleeping(**marks(short_path, "ponger-0/ponger")):
        cleaned = clean(folder)
        sidecar.wait(5)
    assert cleaned == Cleaned(("ponger-0/ponger", "ponger-0/sidecar"), 1)
    assert str(cleaned) == (
        "Cleaned what an earlier local mesh left: 2 processes (ponger-0/ponger, ponger-0/sidecar),"
        " 1 entries of its state folder."
    )


def test_nothing_of_anybody_else_is_touched(short_path: Path) -> None:
    exported = {"LOCALMESH_STATE": str(short_path)}
    with (
        sleeping(**marks(short_path / "other", "pinger-0/pinger")) as other_mesh,
        sleeping(**exported) as shell_with_the_setting,
        sleeping(PATH=os.environ["PATH"]) as stranger,
    ):
        assert not clean(StateFolder(short_path))
        assert [process.poll() for process in (other_mesh, shell_with_the_setting, stranger)] == [None, None, None]


def test_what_ignores_sigterm_is_killed(short_path: Path) -> None:
    script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    environment = {"PATH": os.environ["PATH"], **marks(short_path, "stubborn")}
    with subprocess.Popen(["/bin/sh", "-c", script], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert "stubborn" in clean(StateFolder(short_path)).processes
        process.wait(5)
