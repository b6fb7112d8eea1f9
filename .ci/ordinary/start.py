"""Starts a command as another user in a user namespace of its own, in which the kernel's usual limits hold."""

import ctypes
import os
import resource
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from threading import Timer

from ordinary.leftovers import adopts_orphans
from ordinary.user import User

INOTIFY = Path("/proc/sys/user/max_inotify_instances")
INOTIFY_INSTANCES = 128
"""Linux's default of `fs.inotify.max_user_instances`, for each user."""
OPEN_FILES = 1024
"""The usual soft limit; the commands get it as their hard limit, too."""
NEW_USER_NAMESPACE = 0x10000000
FIRST_USER = 1000
"""What root is called in a namespace of its own: an ordinary user."""
CAPABILITIES_VERSION = 0x20080522
CANNOT_START = 126
TIMED_OUT = 124


class Namespace(Enum):
    """Whose the user namespace is in which the limit is lowered: what is used in it counts for its owner, too."""

    OF_THE_USER = auto()
    OF_THIS_PROGRAM = auto()
    """Where the machine lets root alone make one."""
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Starter:
    """How the commands are started: as whom, and with which variables."""

    user: User
    variables: Mapping[str, str]
    folder: Path
    namespace: Namespace = Namespace.OF_THE_USER

    def run(self, command: list[str], within: float, quiet: bool = False) -> int:
        """Run a command to its end, and return its exit code; one that takes too long is ended with its group."""
        told, tell = os.pipe()
        mapped, map_done = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            os.close(map_done)
            self._become(command, tell, mapped, quiet)
        os.close(tell)
        os.close(mapped)
        if os.read(told, 1):
            self._map(child)
        os.close(told)
        os.close(map_done)
        return _wait(child, within)

    def _map(self, child: int) -> None:
        """Let every user of this machine be the same in the child's namespace; without root, the own user alone."""
        if not self.user.new:
            (Path("/proc") / str(child) / "setgroups").write_text("deny")
        for table, own in (("uid_map", self.user.uid), ("gid_map", self.user.gid)):
            whole = f"0 0 {2**32 - 1}" if self.user.new else f"{own or FIRST_USER} {own} 1"
            (Path("/proc") / str(child) / table).write_text(whole)

    def _become(self, command: list[str], tell: int, mapped: int, quiet: bool) -> None:
        """Turn this process into the command; never returns."""
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
            if self.namespace is Namespace.OF_THIS_PROGRAM:
                _enter_namespace(tell, mapped)
            if self.user.new:
                os.initgroups(self.user.name, self.user.gid)
                os.setgid(self.user.gid)
                os.setuid(self.user.uid)
            if self.namespace is Namespace.OF_THE_USER:
                _enter_namespace(tell, mapped)
                _drop_capabilities()
            os.chdir(self.folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            if quiet:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.dup2(1, 2)
            os.execvpe(command[0], command, dict(self.variables))  # noqa: S606 an argument list, no shell
        except OSError as error:
            if not quiet:
                os.write(2, f"{command[0]}: {error}\n".encode())
        finally:
            os._exit(CANNOT_START)


def _enter_namespace(tell: int, mapped: int) -> None:
    """Enter a new user namespace, let the parent say who is who in it, and lower its limit."""
    if ctypes.CDLL(None).unshare(NEW_USER_NAMESPACE) == 0:
        os.write(tell, b".")
        os.close(tell)
        os.read(mapped, 1)
        INOTIFY.write_text(str(INOTIFY_INSTANCES))


def _drop_capabilities() -> None:
    """Give up what a process may do in the namespace that it made: until it runs a program, that is all."""
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None).capset(header, none) != 0:
        raise PermissionError("the capabilities of the user namespace cannot be given up")


def _wait(child: int, within: float) -> int:
    """Return the exit code of a child, which leads a group of its own."""

    def end() -> None:
        late.append(True)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)

    late: list[bool] = []
    deadline = Timer(within, end)
    deadline.start()
    try:
        # Orphans of the commands may be this program's, too: one that has ended must be gone, as it is elsewhere.
        while (ended := os.waitpid(-1 if adopts_orphans() else child, 0))[0] != child:
            pass
    finally:
        deadline.cancel()
    return TIMED_OUT if late else os.waitstatus_to_exitcode(ended[1])
