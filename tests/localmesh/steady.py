"""A steady load through a pod's own sidecar, as its app would make it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from localmesh.until import stop_task

RATE = 50
"""Requests per second."""
PATIENCE = 60
"""Seconds that an answer may take on a machine that is busy: one that comes late was not lost."""
BROKEN_OFF = "broken off"
"""The answer's head had arrived, and its body ended early. No proxy can send such a request again."""


@dataclass(slots=True)
class Load:
    """How many requests ended how: by status, by the name of the error, or BROKEN_OFF."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def sent(self) -> int:
        """How many have ended."""
        return self.outcomes.total()

    async def run(self, http: httpx.AsyncClient, url: str) -> None:
        """Send one request after the other at a steady rate, whether the one before is answered or not."""
        while True:
            self.waiting.add(task := asyncio.create_task(self._one(http, url)))
            task.add_done_callback(self.waiting.discard)
            await asyncio.sleep(1 / RATE)

    async def _one(self, http: httpx.AsyncClient, url: str) -> None:
        begun = False
        try:
            async with http.stream("GET", url) as response:
                begun = True
                await response.aread()
        except httpx.HTTPError as error:
            self.outcomes[BROKEN_OFF if begun else type(error).__name__] += 1
        else:
            self.outcomes[str(response.status_code)] += 1


@asynccontextmanager
async def steady_load(url: str, proxy: str | None = None) -> AsyncIterator[Load]:
    """Keep up a load while the body runs; every request that was sent has ended afterwards."""
    load = Load()
    async with httpx.AsyncClient(proxy=proxy, trust_env=False, timeout=PATIENCE) as http:
        running = asyncio.create_task(load.run(http, url))
        try:
            yield load
        finally:
            await stop_task(running)
            await asyncio.gather(*load.waiting)
