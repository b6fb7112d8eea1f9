"""Measures what traces cost: pings through both sidecars, without tracing, not recorded, and recorded.

Two meshes run at once, one of them without tracing. Short rounds of pings alternate between the three ways, each on a
kept-alive connection, so that the machine's moods hit all alike. Told are the processor time that both sidecars and
the apps take for a request, the time that it takes, and what the supervisor takes for the spans.
"""

import asyncio
import json
import os
import statistics
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from secrets import token_hex
from urllib.parse import urlsplit

import click
import psutil
from mesh import TARGET, Line, mesh, ports, processes

OFF, UNRECORDED, RECORDED = "without tracing", "not recorded", "recorded"
SIDECARS = ("pinger-0/sidecar", "ponger-0/sidecar", "ponger-1/sidecar")
APPS = ("ponger-0/ponger", "ponger-1/ponger")


@dataclass(slots=True)
class Way:
    """One way to ping, and what was measured on it."""

    line: Line
    running: dict[str, psutil.Process]
    seconds: list[float] = field(default_factory=list)
    sidecars: list[float] = field(default_factory=list)
    apps: list[float] = field(default_factory=list)
    supervisor: list[float] = field(default_factory=list)

    async def round(self, requests: int, settle: float) -> None:
        """Ping, and note what it took; what is sent twice a second is waited for."""
        groups = ((self.sidecars, SIDECARS), (self.apps, APPS), (self.supervisor, ("supervisor",)))
        before = [self._used(names) for _, names in groups]
        for _ in range(requests):
            self.seconds.append(await self.line.ask())
        await asyncio.sleep(settle)
        for (noted, names), used in zip(groups, before, strict=True):
            noted.append((self._used(names) - used) / requests * 1e6)

    def _used(self, names: tuple[str, ...]) -> float:
        """Return the processor time that programs have used so far, in seconds."""
        found = [self.running[name].cpu_times() for name in names if name in self.running]
        return sum(times.user + times.system for times in found)


@dataclass(frozen=True, slots=True)
class Result:
    """Of one way: medians, times in microseconds for one request."""

    name: str
    sidecars: float
    sidecars_ratio: tuple[float, float, float]
    """To those without tracing in the same round: lower quartile, median, upper quartile."""
    apps: float
    supervisor: float
    latency: float


@contextmanager
def running(folder: str, **settings: str) -> Iterator[dict[str, psutil.Process]]:
    """Run a mesh with settings of its own."""
    os.environ |= {"LOCALMESH_STATE": folder, **ports(), **settings}
    with mesh():
        for name in settings:
            del os.environ[name]
        try:
            yield processes()
        finally:
            os.environ["LOCALMESH_STATE"] = folder


async def line(found: dict[str, psutil.Process], context: str) -> Line:
    """Return a connection to the sidecar of pinger, for pings that carry a context."""
    proxy = urlsplit(found["pinger-0/pinger"].environ()["HTTP_PROXY"])
    secret = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    head = f"GET http://{TARGET}/ping HTTP/1.1\r\nHost: {TARGET}\r\nProxy-Authorization: Basic {secret}\r\n"
    return Line(*await asyncio.open_connection(proxy.hostname, proxy.port), f"{head}{context}\r\n".encode())


async def measure(
    off: dict[str, psutil.Process], on: dict[str, psutil.Process], rounds: int, requests: int
) -> list[Result]:
    """Alternate between the ways; return what each took."""

    def context(flag: str) -> str:
        return f"traceparent: 00-{token_hex(16)}-{token_hex(8)}-{flag}\r\n"

    ways = {
        OFF: Way(await line(off, context("00")), off),
        UNRECORDED: Way(await line(on, context("00")), on),
        RECORDED: Way(await line(on, context("01")), on),
    }
    for way in ways.values():  # the first ones open connections behind the proxies
        for _ in range(50):
            await way.line.ask()
    await asyncio.sleep(2)
    for number in range(rounds):
        for way in list(ways.values())[:: 1 if number % 2 else -1]:
            await way.round(requests, settle=0.7)
    return [
        Result(
            name,
            statistics.median(way.sidecars),
            _ratio(way, ways[OFF]),
            statistics.median(way.apps),
            statistics.median(way.supervisor),
            statistics.median(way.seconds) * 1e6,
        )
        for name, way in ways.items()
    ]


def _ratio(way: Way, off: Way) -> tuple[float, float, float]:
    ratios = [mine / theirs for mine, theirs in zip(way.sidecars, off.sidecars, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return round(low, 3), round(middle, 3), round(high, 3)


def table(results: list[Result]) -> str:
    """Return the results for a person."""
    head = f"{'':<18}{'sidecars':>10}{'ratio, middle half':>22}{'app':>8}{'supervisor':>12}{'latency, p50':>14}"
    lines = ["microseconds a request", head]
    lines += [
        f"{one.name:<18}{one.sidecars:>10.0f}{_words(one.sidecars_ratio):>22}{one.apps:>8.0f}{one.supervisor:>12.0f}{one.latency:>14.0f}"
        for one in results
    ]
    return "\n".join(lines)


def _words(ratio: tuple[float, float, float]) -> str:
    low, middle, high = ratio
    return f"{middle:.2f}, {low:.2f} to {high:.2f}"


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(2, 1000), default=20, show_default=True, help="Rounds for each way.")
@click.option("--requests", type=click.IntRange(10, 100_000), default=300, show_default=True, help="Pings a round.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def main(rounds: int, requests: int, output: str) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory(prefix="pp-") as folder, ExitStack() as stack:
        off = stack.enter_context(running(f"{folder}/off", OTEL_SDK_DISABLED="true"))
        # Nothing but the pings that are measured is recorded.
        on = stack.enter_context(running(f"{folder}/on", LOCALMESH_TRACE_RATIO="0"))
        results = asyncio.run(measure(off, on, rounds, requests))
    click.echo(json.dumps([asdict(one) for one in results], indent=2) if output == "json" else table(results))


if __name__ == "__main__":
    main()
