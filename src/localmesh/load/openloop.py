"""Open-loop load: sends requests at fixed times, answered or not, and measures each from its intended time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from localmesh.ask.connection import BrokenOff, Connection, Ended, connected
from localmesh.load.target import LoadTarget
from meshverify.latency import Latencies
from meshverify.load import BROKEN_OFF, Load

OK = 200
MOST_AT_ONCE = 1000
"""Most requests in flight; further ones wait to be sent, and their waiting counts as latency."""
KEPT = 30.0
"""Seconds for which an idle connection may be reused; a sidecar closes it after 90."""


@dataclass(slots=True)
class OpenLoop:
    """A load and its results so far."""

    target: LoadTarget
    rate: float
    """Requests per second."""
    latencies: Latencies = field(default_factory=Latencies)
    failures: Counter[str] = field(default_factory=Counter)
    _idle: list[tuple[float, "_Open"]] = field(default_factory=list)
    """Idle connections with the time of their last use, the most recently used one last."""
    _closing: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, seconds: float, proceed: Callable[[], bool] = lambda: True) -> None:
        """Send for so long, or as long as `proceed` says, and return when every request has ended."""
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(MOST_AT_ONCE)
        begin = loop.time()
        try:
            async with asyncio.TaskGroup() as group:
                number = 0
                while (due := number / self.rate) < seconds and proceed():
                    await asyncio.sleep(begin + due - loop.time())
                    group.create_task(self._one(begin, due, gate))
                    number += 1
        finally:
            self._close(*(one for _, one in self._idle))
            self._idle.clear()
            await asyncio.gather(*self._closing)

    async def _one(self, begin: float, due: float, gate: asyncio.Semaphore) -> None:
        async with gate:
            outcome = await self._outcome()
        self.latencies.record(asyncio.get_running_loop().time() - begin - due)
        if outcome:
            self.failures[outcome] += 1

    async def _outcome(self) -> str:
        """Send one request, and return why it was lost; empty if it was not."""
        used: _Open | None = None
        try:
            used = self._kept() or await _Open.to(self.target)
            await used.connection.send(self.target.request)
            reply = await used.connection.reply()
            if reply.headers.get("connection", "").lower() != "close":
                self._idle.append((asyncio.get_running_loop().time(), used))
                used = None
        except BrokenOff:
            return BROKEN_OFF
        except Ended as error:
            return str(error)
        finally:
            if used:
                self._close(used)
        return "" if reply.status == OK else str(reply.status)

    def _kept(self) -> "_Open | None":
        """Return an idle connection used in the last KEPT seconds, if any; an older one may close during a request."""
        if not self._idle:
            return None
        since, found = self._idle.pop()
        if asyncio.get_running_loop().time() - since < KEPT:
            return found
        self._close(found, *(one for _, one in self._idle))
        self._idle.clear()
        return None

    def _close(self, *found: "_Open") -> None:
        """Close connections in the background."""
        for one in found:
            self._closing.add(task := asyncio.create_task(one.stack.aclose()))
            task.add_done_callback(self._closing.discard)

    @property
    def result(self) -> Load:
        """Return the results."""
        return Load(self.latencies.count, dict(self.failures), self.latencies.at(50), self.latencies.at(99))


@dataclass(frozen=True, slots=True)
class _Open:
    """An open connection and the stack that closes it."""

    connection: Connection
    stack: AsyncExitStack

    @classmethod
    async def to(cls, target: LoadTarget) -> Self:
        """Open a connection; raises Ended if that fails."""
        stack = AsyncExitStack()
        return cls(await stack.enter_async_context(connected(target.way)), stack)
