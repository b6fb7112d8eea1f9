"""Whoever watches goes on when the reading breaks for a moment, and is told when it cannot begin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from time import time
from typing import cast

import pytest

from localmesh.observe import watch
from localmesh.observe.watch import Listener, Watcher
from localmesh.pods.pod import Pod
from localmesh.until import until
from meshpolicy.kinds.cluster import Cluster

from .values import tap_view


class Mesh:
    """A mesh without pods, which sometimes cannot say so."""

    def __init__(self, broken: bool) -> None:
        self.broken = broken
        self.asked = 0

    def pods(self) -> list[Pod]:
        """Return none; raises while it is broken."""
        self.asked += 1
        if self.broken:
            raise RuntimeError("why")
        return []

    def cluster(self) -> Cluster:
        """Return an empty one."""
        return Cluster()

    def node(self) -> IPv4Address:
        """Return the usual one."""
        return IPv4Address("127.244.0.1")


def test_who_begins_to_watch_is_told_what_broke_the_reading() -> None:
    async def main() -> None:
        async with Watcher(Mesh(broken=True)).watching():
            pass

    with pytest.raises(RuntimeError, match="why"):
        asyncio.run(main())


def test_a_reading_that_breaks_later_is_logged_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "AFTER_ERROR", 0.01)

    async def main() -> None:
        mesh = Mesh(broken=False)
        watcher = Watcher(mesh)
        async with watcher.watching():
            mesh.broken = True
            await until(lambda: bool(caplog.records), within=60, what="nothing was logged")
            mesh.broken = False
            asked = mesh.asked
            await until(lambda: mesh.asked > asked + 2, within=60, what="nothing was read again")
        await watcher.stop()

    asyncio.run(main())
    assert {record.getMessage() for record in caplog.records} == {"the traffic could not be read"}


class Heard(Watcher):
    """A watcher whose listeners are told by the test."""

    listeners: asyncio.Queue[Listener]

    @asynccontextmanager
    async def tapping(self, listener: Listener) -> AsyncIterator[None]:
        """Keep the listener."""
        await self.listeners.put(listener)
        yield


def test_a_tap_tells_no_request_that_ended_before_it_began() -> None:
    """Sidecars write their logs with a delay, so it hears of such requests."""

    async def main() -> None:
        watcher, pod = Heard(Mesh(broken=False)), cast("Pod", None)
        watcher.listeners = asyncio.Queue()
        earlier = tap_view(time=time() - 1)
        told = asyncio.ensure_future(anext(aiter(watcher.tap(lambda _: True))))
        tell = await watcher.listeners.get()
        later = tap_view(time=time())
        for view in (earlier, later):
            tell(pod, view)
        assert await told == later

    asyncio.run(main())
