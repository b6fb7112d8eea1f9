"""The user that the commands run as: a new one where this program is root, else whoever runs it."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ordinary.leftovers import SHARED, owned, processes_of


@dataclass(frozen=True, slots=True)
class User:
    """An account of this machine."""

    name: str
    uid: int
    gid: int
    home: Path
    new: bool
    """Whether this program made it, so that all that belongs to it came from the commands."""


@contextmanager
def same_user() -> Iterator[User]:
    """Yield the user who runs this program, with an empty home, and remove the home."""
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        own = pwd.getpwuid(os.geteuid())
        yield User(own.pw_name, own.pw_uid, own.pw_gid, Path(home), new=False)


@contextmanager
def new_user() -> Iterator[User]:
    """Yield a new user with an empty home, and remove both; needs root."""
    name = f"ordinary-{secrets.token_hex(4)}"
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True)  # noqa: S607 Debian's own
    try:
        entry = pwd.getpwnam(name)
        yield User(name, entry.pw_uid, entry.pw_gid, Path(entry.pw_dir), new=True)
    finally:
        remove(entry)


def remove(entry: pwd.struct_passwd) -> None:
    """Remove a user with its processes and its files."""
    for process in processes_of(entry.pw_uid):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for path in owned(entry.pw_uid, SHARED):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    # `userdel` refuses while a process of the user is still ending.
    subprocess.run(["userdel", "--force", entry.pw_name], check=True)  # noqa: S607 Debian's own
    shutil.rmtree(entry.pw_dir, ignore_errors=True)
