"""Sends requests at fixed times, whether those before are answered or not, and counts each from its intended time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from localmesh.ask.connection import BrokenOff, Connection, Ended, connected
from localmesh.load.target import LoadTarget
from meshverify.latency import Latencies
from meshverify.load import BROKEN_OFF, Load

OK = 200
MOST_AT_ONCE = 1000
"""Requests that wait for their answers at a time; those beyond wait to be sent, and that counts as latency."""
KEPT = 30.0
"""Seconds that a connection may wait for its next request: a sidecar closes it after 90."""


@dataclass(slots=True)
class OpenLoop:
    """A load, and what has become of it so far."""

    target: LoadTarget
    rate: float
    """Requests a second."""
    latencies: Latencies = field(default_factory=Latencies)
    failures: Counter[str] = field(default_factory=Counter)
    _idle: list[tuple[float, Connection]] = field(default_factory=list)
    """Connections that wait for the next request, and since when; the last was used last."""

    async def run(self, seconds: float, proceed: Callable[[], bool] = lambda: True) -> None:
        """Send for so long, or as long as `proceed` says, and return when every request has ended."""
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(MOST_AT_ONCE)
        begin = loop.time()
        async with AsyncExitStack() as open_connections, asyncio.TaskGroup() as group:
            number = 0
            while (due := number / self.rate) < seconds and proceed():
                await asyncio.sleep(begin + due - loop.time())
                group.create_task(self._one(begin, due, gate, open_connections))
                number += 1

    async def _one(self, begin: float, due: float, gate: asyncio.Semaphore, stack: AsyncExitStack) -> None:
        async with gate:
            outcome = await self._outcome(stack)
        self.latencies.record(asyncio.get_running_loop().time() - begin - due)
        if outcome:
            self.failures[outcome] += 1

    async def _outcome(self, stack: AsyncExitStack) -> str:
        """Send one request, and return why it was lost; empty if it was not."""
        try:
            connection = self._kept()
            if connection is None:
                connection = await stack.enter_async_context(connected(self.target.way))
            await connection.send(self.target.request)
            reply = await connection.reply()
        except BrokenOff:
            return BROKEN_OFF
        except Ended as error:
            return str(error)
        if reply.headers.get("connection", "").lower() != "close":
            self._idle.append((asyncio.get_running_loop().time(), connection))
        return "" if reply.status == OK else str(reply.status)

    def _kept(self) -> Connection | None:
        """Return a connection that was used a moment ago; one that waited longer may close as a request sets out."""
        if not self._idle:
            return None
        since, connection = self._idle.pop()
        if asyncio.get_running_loop().time() - since < KEPT:
            return connection
        self._idle.clear()
        return None

    @property
    def result(self) -> Load:
        """What has become of it."""
        return Load(self.latencies.count, dict(self.failures), self.latencies.at(50), self.latencies.at(99))
