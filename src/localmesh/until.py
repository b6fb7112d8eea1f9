"""Waits for a fact, never for a time."""

import asyncio
from collections.abc import Callable
from time import monotonic

from localmesh.errors import TimedOut

POLL = 0.02


async def until(fact: Callable[[], bool], *, within: float, what: str) -> None:
    """Return as soon as the fact holds, or raise TimedOut, which says `what` did not happen."""
    deadline = monotonic() + within
    while not fact():
        if monotonic() > deadline:
            raise TimedOut(what, within)
        await asyncio.sleep(POLL)


async def stop_task(task: asyncio.Task[None] | None) -> None:
    """Cancel a task, and return when it is over; raises what broke in it.

    Awaiting the task itself would not tell its cancellation from the caller's own, and who swallows that never ends.
    """
    if task:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
