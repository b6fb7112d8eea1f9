"""The state folder: everything that one local mesh keeps on disk, owned by one supervisor at a time."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import sleep

from localmesh.errors import BadInput
from localmesh.files import below, make_folder
from localmesh.logs import aside
from localmesh.project import checkout
from localmesh.settings import Settings

LOCK = "lock"
LOG = "supervisor.log"
CONTROL = "control.sock"
PODS = "pods"
AUTHORITY = "authority"
JAEGER = "jaeger"
PROMETHEUS = "prometheus"
DASHBOARD = "dashboard"
DRAFTS = f".{DASHBOARD}.*.draft"
"""Temporary files of `dashboard`, left if a supervisor was killed while writing it."""
MADE = (CONTROL, PODS, AUTHORITY, JAEGER, PROMETHEUS)
"""The only entries that `clear` removes, because localmesh created them; the folder may hold others."""
LONGEST_SOCKET = 100
"""Bytes of a Unix socket's path that every system accepts (Linux 107, macOS 103)."""
LONGEST_NAME = len("/pods/") + 24 + len("/metrics.sock")
"""Length of the longest path below the folder that a pod with an ordinary name needs."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The state folder of one mesh; nothing on disk is changed before `prepare`."""

    path: Path
    checkout: Path | None = None
    """The checkout that it belongs to; None if the folder was set explicitly, or outside a checkout."""

    def __str__(self) -> str:
        return f"of {self.checkout}" if self.checkout else f"in {self.path}"

    @property
    def control(self) -> Path:
        """The supervisor's Unix socket."""
        return self.path / CONTROL

    @property
    def log(self) -> Path:
        """The supervisor's own log."""
        return self.path / LOG

    @property
    def pods(self) -> Path:
        """Folder with one folder per pod."""
        return self.path / PODS

    @property
    def authority(self) -> Path:
        """Folder of the trust anchor and the issuer."""
        return self.path / AUTHORITY

    @property
    def jaeger(self) -> Path:
        """Folder of Jaeger's configuration, socket and log."""
        return self.path / JAEGER

    @property
    def prometheus(self) -> Path:
        """Folder of Prometheus' configuration, data and log."""
        return self.path / PROMETHEUS

    @property
    def dashboard(self) -> Path:
        """File with the port and token of the page; kept for the next supervisor until the folder is removed."""
        return self.path / DASHBOARD

    def pod(self, name: str) -> Path:
        """Return the folder of one pod."""
        return below(self.pods, name)

    def prepare(self) -> None:
        """Create the folder; raises BadInput if it cannot be trusted or used."""
        if len(os.fsencode(self.path)) + LONGEST_NAME > LONGEST_SOCKET:
            room = LONGEST_SOCKET - LONGEST_NAME
            raise BadInput(
                f"state folder {self.path}: more than {room} bytes are too long for Unix sockets in it",
                hint="set LOCALMESH_STATE to a shorter path",
            )
        try:
            make_folder(self.path)
        except FileExistsError:
            pass  # not a folder: `_check` says so
        except OSError as error:
            raise BadInput(
                f"state folder {self.path}: cannot be made: {error.strerror}",
                hint="set LOCALMESH_STATE to another path",
            ) from None
        _check(self.path)

    @contextmanager
    def owned(self) -> Iterator[bool]:
        """Try to lock the folder; yield whether this process owns it. The kernel releases the lock at any exit."""
        lock = self.path / LOCK
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not _locked(handle):
                yield False
            else:
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
                # The previous owner may have removed the file between the two calls: then nobody else sees this lock.
                yield lock.exists() and lock.stat().st_ino == os.fstat(handle).st_ino
        finally:
            os.close(handle)

    def owner(self) -> int | None:
        """Return the ID of the process that owns the folder, or None."""
        with suppress(OSError, ValueError), (self.path / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0) or None
        return None

    def clear(self) -> int:
        """Remove everything that a supervisor created except its log and the lock; return the number of entries."""
        entries = [self.path / name for name in MADE if (self.path / name).exists()]
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        return len(entries)

    def remove(self) -> None:
        """Remove everything that localmesh created, and the folder if it is then empty; the caller must own it."""
        self.clear()
        for file in (self.log, aside(self.log), self.dashboard, *self.path.glob(DRAFTS), self.path / LOCK):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

    def abandon(self) -> None:
        """Call `remove` unless another process owns the folder; the caller's mesh must have stopped."""
        with suppress(FileNotFoundError), self.owned() as mine:
            if mine:
                self.remove()


def state_folder(settings: Settings, environ: Mapping[str, str], start: Path) -> StateFolder:
    """Return the folder in the settings, else that of the checkout around `start`, else the user's default.

    A relative path is relative to the checkout, so that it means the same in every folder of the checkout.
    """
    root = checkout(start)
    if settings.state:
        return StateFolder(_canonical((root or start) / settings.state))
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    # `prepare` checks owner and mode, which matters below /tmp.
    base = Path(runtime) / "pingpong" if runtime and Path(runtime).is_dir() else Path(f"/tmp/pingpong-{os.getuid()}")  # noqa: S108
    if root is None:
        return StateFolder(base)
    key = sha256(os.fsencode(root)).hexdigest()[:8]
    return StateFolder(base.with_name(f"{base.name}-{key}"), root)


def _canonical(path: Path) -> Path:
    """Return the one way to write a path: processes are known as a mesh's by it. A link at its end is refused later."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 Path.absolute keeps `..`
    return path.parent.resolve() / path.name


def _locked(handle: int) -> bool:
    """Return whether the lock could be taken; retries, because `owner` holds it briefly to test it."""
    for _ in range(5):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(0.01)
        else:
            return True
    return False


def _check(path: Path) -> None:
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    other = "set LOCALMESH_STATE to another path"
    if not stat.S_ISDIR(found.st_mode):
        raise BadInput(f"state folder {path}: is not a folder", hint=other)
    if found.st_uid != os.getuid():
        raise BadInput(f"state folder {path}: belongs to user {found.st_uid}, not to you ({os.getuid()})", hint=other)
    if mode & 0o077:
        raise BadInput(
            f"state folder {path}: is open to others (mode {mode:04o}), and keys are kept in it",
            hint=f"chmod 700 {path}, or {other}",
        )
    foreign = sorted(
        entry.name
        for entry in path.iterdir()
        if entry.name not in (*MADE, LOCK, LOG, DASHBOARD, aside(Path(LOG)).name) and not entry.match(DRAFTS)
    )
    if foreign:
        raise BadInput(f"state folder {path}: holds what localmesh did not make ({foreign[0]})", hint=other)
