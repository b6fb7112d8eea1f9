"""Sends pings forever, one at a time."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

from pingpong.peer import Peer
from pingpong.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to ping next."""

    interval: float
    jitter: float
    max_backoff: float

    def pause(self, failures: int, chance: float) -> float:
        """Return the seconds between two starts: the interval, doubled for each failure in a row up to a bound.

        `chance`, from 0 to 1, says where in the jitter's range it falls.
        """
        # Beyond 2**32 the doubling only overflows; the bound has long been reached.
        backoff = self.interval * 2.0 ** min(failures, 32)
        bounded = min(backoff, max(self.interval, self.max_backoff))
        return bounded * (1 + self.jitter * (2 * chance - 1))


class Pinger:
    """The loop of pings; it ends only when it is cancelled."""

    def __init__(self, settings: Settings, peer: Peer) -> None:
        self._schedule = Schedule(settings.interval, settings.jitter, settings.max_backoff)
        self._peer = peer
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Ping until stopped, whatever the target does; a ping in flight is finished."""
        failures = 0
        while not self._stop.is_set():
            started = monotonic()
            failures = failures + 1 if await self._unreachable() else 0
            pause = self._schedule.pause(failures, random.random())  # noqa: S311 # nobody gains by guessing it
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(0.0, started + pause - monotonic()))

    async def _unreachable(self) -> bool:
        try:
            return (await self._peer.ping()).outcome.unreachable
        except Exception:  # a fault of this program must not end the loop
            log.exception("ping failed")
            return True

    def stop(self) -> None:
        """Begin no further ping."""
        self._stop.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the loop beside what is inside, and wait for its last ping."""
        task = asyncio.create_task(self.run(), name="pinger")
        try:
            yield
        finally:
            self.stop()
            await task
