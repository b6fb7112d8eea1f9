"""Waits for a fact, never for a time."""

import asyncio
from collections.abc import Callable
from time import monotonic

from localmesh.errors import TimedOut

POLL = 0.02


async def until(fact: Callable[[], bool], *, within: float, what: str) -> None:
    """Wait until `fact` returns True; raises TimedOut with the text `what` after `within` seconds."""
    deadline = monotonic() + within
    while not fact():
        if monotonic() > deadline:
            raise TimedOut(what, within)
        await asyncio.sleep(POLL)


async def stop_task(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait for its end; raises the task's own exception, if any.

    Awaiting the task directly could not distinguish its cancellation from the caller's, which must not be swallowed.
    """
    if task:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
