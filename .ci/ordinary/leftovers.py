"""What a user has on this machine: processes, listening sockets and files, read from the kernel's own tables."""

import ctypes
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

SHARED = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/run/user")))  # noqa: S108 looked at only
"""Folders of the machine in which every user may write."""
LISTENING = "0A"
UNCONNECTED = "07"
GRACE = 5.0
"""Seconds in which what was told to end must be gone."""
SET_SUBREAPER, GET_SUBREAPER = 36, 37


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for what somebody leaves."""

    uid: int
    home: Path
    kept: Sequence[Path]
    """The checkout and the caches, which may stay."""
    whole_user: bool
    """Whether every process of the user counts, or only those that this program has started."""

    def things(self) -> frozenset[str]:
        """Return all that is there now, one line each."""
        take_exit_codes()
        running = processes_of(self.uid) if self.whole_user else descendants(os.getpid())
        found = {f"process {process}: {command_line(process)}" for process in running if process != os.getpid()}
        found |= set(listening(self.uid) if self.whole_user else ())
        found |= {f"file {path}" for path in owned(self.uid, (*SHARED, self.home), self.kept)}
        return frozenset(found)

    def left(self, before: frozenset[str], within: float = GRACE) -> list[str]:
        """Return what is there and was not before, after a time in which it may end."""
        deadline = monotonic() + within
        while (found := sorted(self.things() - before)) and monotonic() < deadline:
            sleep(0.05)
        return found


def adopt_orphans() -> None:
    """Become the parent of all that this program starts and whose own parent ends: none can slip away."""
    ctypes.CDLL(None, use_errno=True).prctl(SET_SUBREAPER, 1, 0, 0, 0)


def adopts_orphans() -> bool:
    """Whether this program has asked to adopt them, so that it must take their exit codes."""
    answer = ctypes.c_int()
    ctypes.CDLL(None).prctl(GET_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def take_exit_codes() -> None:
    """Take the exit codes of adopted processes: one that has ended is not left behind."""
    with suppress(ChildProcessError):
        while adopts_orphans() and os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def processes_of(uid: int) -> Iterator[int]:
    """Yield all processes whose real user this is."""
    return (process for process, (owner, _) in _processes() if owner == uid)


def descendants(ancestor: int) -> Iterator[int]:
    """Yield the children of a process, their children, and so on."""
    parents = {process: parent for process, (_, parent) in _processes()}
    for process in parents:
        above: int | None = process
        while (above := parents.get(above or 0)) is not None:
            if above == ancestor:
                yield process
                break


def _processes() -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each process with its real user and its parent."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                fields = dict(
                    line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
                )
                yield int(folder.name), (int(fields["Uid"].split()[0]), int(fields["PPid"]))


def command_line(process: int) -> str:
    """Return the words that a process was started with."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return "?"


def listening(uid: int) -> Iterator[str]:
    """Yield the TCP and UDP sockets of a user that wait for somebody."""
    for table, state in (("tcp", LISTENING), ("tcp6", LISTENING), ("udp", UNCONNECTED), ("udp6", UNCONNECTED)):
        with suppress(OSError):
            rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
            yield from (f"{table} socket {row[1]}" for row in rows if row[3] == state and int(row[7]) == uid)


def owned(uid: int, folders: Iterable[Path], kept: Sequence[Path] = ()) -> Iterator[Path]:
    """Yield the files, sockets and folders of a user below some folders, the topmost of each tree."""
    for folder in folders:
        with suppress(OSError):
            yield from _owned(uid, sorted(folder.iterdir()), kept)


def _owned(uid: int, paths: Iterable[Path], kept: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        with suppress(OSError):
            inside = path.is_dir() and not path.is_symlink()
            if path in kept:
                continue
            if any(path in one.parents for one in kept):
                yield from _owned(uid, sorted(path.iterdir()), kept)
            elif path.lstat().st_uid == uid:
                yield path
            elif inside:
                yield from _owned(uid, sorted(path.iterdir()), kept)
