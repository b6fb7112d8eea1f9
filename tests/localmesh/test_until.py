"""Ending a task ends that task, and never hides that the one who ends it is to end, too."""

import asyncio

import pytest

from localmesh.until import stop_task

PROMPTLY = 2.0


async def slow_to_end(release: asyncio.Event) -> None:
    """Take cancellation as a wish, and end when released."""
    try:
        await asyncio.Event().wait()
    finally:
        await release.wait()


async def ends_while_ending_another() -> bool:
    release, ending = asyncio.Event(), asyncio.Event()

    async def watch() -> None:
        inner = asyncio.create_task(slow_to_end(release))
        await asyncio.sleep(0)
        ending.set()
        await stop_task(inner)
        await asyncio.Event().wait()  # a watcher goes on with its next round

    watcher = asyncio.create_task(watch())
    await ending.wait()
    await asyncio.sleep(0)
    watcher.cancel()
    await asyncio.sleep(0)
    release.set()
    done, _ = await asyncio.wait([watcher], timeout=PROMPTLY)
    watcher.cancel()
    return watcher in done


def test_who_is_cancelled_while_ending_another_ends_too() -> None:
    assert asyncio.run(ends_while_ending_another())


def test_the_other_is_over_when_it_is_told_so() -> None:
    async def end_one() -> bool:
        task = asyncio.create_task(asyncio.Event().wait())
        await asyncio.sleep(0)
        await stop_task(task)  # type: ignore[arg-type] # what it would return does not matter
        return task.cancelled()

    assert asyncio.run(end_one())


def test_what_broke_in_the_other_is_raised() -> None:
    async def broken() -> None:
        raise OSError("full")

    async def end_broken() -> None:
        task = asyncio.create_task(broken())
        await asyncio.sleep(0)
        await stop_task(task)

    with pytest.raises(OSError, match="full"):
        asyncio.run(end_broken())


def test_nothing_to_end_is_fine() -> None:
    asyncio.run(stop_task(None))
