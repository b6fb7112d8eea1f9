"""Cleans up after a killed supervisor: ends only processes whose environment names this state folder."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from localmesh.settings import PROCESS
from localmesh.state import StateFolder

GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Names of the ended processes, and number of removed entries of the state folder; false if both are empty."""

    processes: tuple[str, ...] = ()
    entries: int = 0

    def __bool__(self) -> bool:
        return bool(self.processes or self.entries)

    def __str__(self) -> str:
        names = f" ({', '.join(self.processes)})" if self.processes else ""
        return (
            f"Cleaned what an earlier local mesh left: {len(self.processes)} processes{names},"
            f" {self.entries} entries of its state folder."
        )


def clean(folder: StateFolder) -> Cleaned:
    """End the leftover processes and remove the leftover files; the caller must own the folder."""
    processes = leftover_processes(folder)
    names = tuple(sorted(processes.values()))
    for process in processes:
        _signal(process, kill=False)
    _, alive = psutil.wait_procs(processes, timeout=GRACE)
    for process in alive:
        _signal(process, kill=True)
    psutil.wait_procs(alive, timeout=GRACE)
    return Cleaned(names, folder.clear())


def leftover_processes(folder: StateFolder) -> dict[psutil.Process, str]:
    """Return this user's processes that localmesh started for this folder, with the name of each."""
    return {process: name for process, state, name in _marked() if state == str(folder.path)}


def marked_folders() -> set[Path]:
    """Return the state folders of all of this user's processes that localmesh started."""
    return {Path(state) for _, state, _ in _marked()}


def _marked() -> Iterator[tuple[psutil.Process, str, str]]:
    """Yield process, state folder and name of what localmesh started, except this process and its ancestors."""
    me = psutil.Process()
    ours = {me, *me.parents()}
    for process in psutil.process_iter():
        try:
            if process in ours or process.uids().real != me.uids().real:
                continue
            environ = process.environ()
        except (psutil.Error, OSError):
            continue  # gone, or not ours to read
        if "LOCALMESH_STATE" in environ and PROCESS in environ:
            yield process, environ["LOCALMESH_STATE"], environ[PROCESS]


def _signal(process: psutil.Process, *, kill: bool) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill() if kill else process.terminate()
