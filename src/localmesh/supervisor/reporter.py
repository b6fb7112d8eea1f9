"""Writes what a supervisor reports to the pipe of the `up` that waits for it."""

import os
from contextlib import ExitStack, suppress

from localmesh.events import Event, Failed, Listener, Ready, to_line


def reporter(handle: int) -> Listener:
    """Return a listener that writes events as lines to a file descriptor, until Ready, Failed or a closed pipe."""
    stack = ExitStack()
    os.set_inheritable(handle, False)
    lines = stack.enter_context(os.fdopen(handle, "w", buffering=1))

    def report(event: Event) -> None:
        if lines.closed:
            return
        with suppress(BrokenPipeError):
            lines.write(to_line(event))
        if isinstance(event, Ready | Failed):
            with suppress(BrokenPipeError):
                stack.close()

    return report
