"""Tools that run in the background: how one is started, and how long its first line may take."""

import subprocess
from threading import Event, Timer

from kindmesh.errors import CommandFailed

FIRST_LINE_WITHIN = 70.0
"""Seconds within which a tool must print its first line: kubectl waits up to a minute for a pod to run."""


def start(command: tuple[str, ...], *, given: bool = False, errors: bool = False) -> subprocess.Popen[str]:
    """Start a tool whose output can be read, with its errors where those are wanted; it may be given an input."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors else None,
            text=True,
        )
    except FileNotFoundError as error:
        raise CommandFailed(command, f"{command[0]} is not installed") from error


def first_line(process: subprocess.Popen[str], command: tuple[str, ...], within: float = FIRST_LINE_WITHIN) -> str:
    """Return the first line that a tool prints; one that prints none in time is killed: CommandFailed."""
    assert process.stdout is not None  # noqa: S101 `start` asked for it
    late = Event()

    def end() -> None:
        late.set()
        # Its end closes the pipe, and by that ends the reading.
        process.kill()

    deadline = Timer(within, end)
    deadline.start()
    try:
        line = process.stdout.readline()
    finally:
        deadline.cancel()
        deadline.join()
    if late.is_set():
        raise CommandFailed(command, f"it printed nothing within {within:.0f} s")
    return line


def rest_of_output(process: subprocess.Popen[str], command: tuple[str, ...], given: str, within: float) -> str:
    """Send a tool its last input, and return what it prints until it ends."""
    try:
        out, _ = process.communicate(given, timeout=within)
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(command, f"it did not end within {within:.0f} s") from error
    return out
