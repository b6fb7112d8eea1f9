"""The `up` side: starts the supervisor in the background, follows what it reports, and ends it on Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import monotonic, sleep
from types import FrameType

import psutil

from localmesh.errors import TimedOut
from localmesh.events import Event, Failed, Ready, from_line
from localmesh.files import PRIVATE_FILE
from localmesh.pods.process import tail
from localmesh.settings import PROCESS, Settings, to_environ
from localmesh.state import StateFolder

SHUTDOWN_TIMEOUT = 10.0
"""Seconds within which a supervisor must stop all pods and exit."""
ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def supervisor(settings: Settings, folder: StateFolder, environ: Mapping[str, str]) -> Iterator[Iterator[Event]]:
    """Start a supervisor in the background, and yield an iterator over its events up to Ready or Failed.

    If the caller is interrupted, the supervisor is terminated and nothing is left running.
    """
    reading, writing = os.pipe()
    process = _start(replace(settings, state=folder.path), folder, environ, writing)
    try:
        with interruptible(), os.fdopen(reading) as lines:
            yield _events(lines, process, folder)
    except BaseException:
        process.terminate()
        process.wait(SHUTDOWN_TIMEOUT)
        raise


def _start(
    settings: Settings, folder: StateFolder, environ: Mapping[str, str], writing: int
) -> subprocess.Popen[bytes]:
    # The log is truncated while the supervisor writes to it, so it must be opened in append mode.
    mode = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW
    log = os.open(folder.log, mode, PRIVATE_FILE)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "localmesh.supervisor", str(writing)],
            env={**environ, **to_environ(settings), PROCESS: "supervisor"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=[writing],
            # A session of its own: closing the terminal does not end the mesh.
            start_new_session=True,
        )
    finally:
        os.close(log)
        os.close(writing)


def _events(lines: Iterable[str], process: subprocess.Popen[bytes], folder: StateFolder) -> Iterator[Event]:
    for event in map(from_line, lines):
        if isinstance(event, Failed):
            # Report the failure only after the supervisor has exited, so that nothing runs any more.
            process.wait(SHUTDOWN_TIMEOUT)
        yield event
        if isinstance(event, Ready | Failed):
            return
    process.wait(SHUTDOWN_TIMEOUT)
    if folder.owner() is not None:
        # The supervisor that owns the folder terminates all other processes marked with it, as leftovers.
        yield Failed(2, (f"another local mesh starts in {folder.path}",), hint="`just status` shows it")
        return
    yield Failed(1, ("the supervisor ended unexpectedly",), output=tail(folder.log))


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP too."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {ending: signal.signal(ending, interrupt) for ending in ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def end(folder: StateFolder) -> bool:
    """End the supervisor that owns a folder, and return when it is gone; false where there is none."""
    owner = folder.owner()
    if owner is None:
        return False
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(owner, ending)
        if _gone(owner):
            return True
    raise TimedOut(f"the supervisor (process {owner}) did not end", 2 * SHUTDOWN_TIMEOUT)


def _gone(process: int) -> bool:
    deadline = monotonic() + SHUTDOWN_TIMEOUT
    while psutil.pid_exists(process):
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        if monotonic() > deadline:
            return False
        sleep(0.01)
    return True
