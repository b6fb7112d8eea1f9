"""What a fault did: what happened, for how long, what became of the requests meanwhile, and how it healed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from math import inf
from time import monotonic

from rich.table import Table

from localmesh.load.openloop import OpenLoop
from localmesh.load.target import LoadTarget
from localmesh.until import until
from meshverify.load import Load

RATE = 50
"""Requests a second."""
ENOUGH = 50
"""Requests before and after, so that the fault strikes under load."""
ANSWERED_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What a fault did, and how the mesh recovered."""

    happened: str
    healed: str
    seconds: float
    """From the fault until the mesh had recovered."""


@dataclass(frozen=True, slots=True)
class Story:
    """A fault, and what became of the requests meanwhile."""

    fault: str
    told: FaultReport
    load: Load
    longest: float
    """The longest latency, in seconds."""

    def to_json(self) -> str:
        """Return it for a program."""
        found = {**asdict(self), "lost": self.load.lost, "broken_off": self.load.broken_off}
        return json.dumps(found, indent=2)

    def table(self) -> Table:
        """Return it for a person."""
        drawn = Table(box=None, pad_edge=False, show_header=False)
        drawn.add_column()
        drawn.add_column(overflow="fold")
        drawn.add_row("fault", self.fault)
        drawn.add_row("happened", self.told.happened)
        drawn.add_row("lasted", f"{self.told.seconds:.1f} s")
        drawn.add_row("requests", f"{self.load.sent}, {RATE} a second")
        drawn.add_row("lost", _with_words(self.load))
        drawn.add_row("broken off", f"{self.load.broken_off} answers that had begun, which nobody can send again")
        times = (("p50", self.load.p50), ("p99", self.load.p99), ("longest", self.longest))
        drawn.add_row("latency", ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in times))
        drawn.add_row("healed", self.told.healed)
        return drawn


def _with_words(load: Load) -> str:
    words = ", ".join(f"{count} x {word}" for word, count in sorted(load.failures.items()))
    return f"{load.lost} ({words})" if load.lost else "0"


async def under_load(fault: str, target: LoadTarget, body: Callable[[], Awaitable[FaultReport]]) -> Story:
    """Have something happen under load, and return what became of both."""
    loop = OpenLoop(target, RATE)
    going = True
    running = asyncio.create_task(loop.run(inf, lambda: going))
    try:
        await _answered(loop, ENOUGH)
        told = await body()
        await _answered(loop, loop.latencies.count + ENOUGH)
    finally:
        going = False
        await running
    return Story(fault, told, loop.result, loop.latencies.at(100))


async def _answered(loop: OpenLoop, count: int) -> None:
    await until(lambda: loop.latencies.count >= count, within=ANSWERED_WITHIN, what="the load was not answered")


class Clock:
    """Measures since its making."""

    def __init__(self) -> None:
        self._start = monotonic()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return monotonic() - self._start
