"""Measures what the local mesh costs: a ping through both sidecars against a direct one, memory, and the start.

Direct pings, pings through two bare Envoys that only forward, and meshed pings alternate in one run, each on a
kept-alive connection, at a fixed rate. Direct means the app's own Unix socket, without any proxy.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import click
import psutil
from forward import forwarding

MEBIBYTE = 1024 * 1024
TARGET = "ponger.pingpong.svc.cluster.local"


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one way, in milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Latency":
        """Return the percentiles of measured times."""
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(cuts[49] * 1000, cuts[98] * 1000)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured."""

    rate: float
    requests: int
    direct: Latency
    bare: Latency
    """Through two Envoys that only forward."""
    meshed: Latency
    added_p50: float
    added_p99: float
    times_bare: float
    """What both sidecars add at the median, as a multiple of what two bare Envoys add."""
    up_seconds: tuple[float, ...]
    down_seconds: tuple[float, ...]
    memory: dict[str, float]
    """Resident MiB by process."""


class Line:
    """One kept-alive connection that a request is sent on again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        self._reader, self._writer, self._request = reader, writer, request

    async def ask(self) -> float:
        """Send the request; return the seconds to the last byte of a `200 pong`."""
        began = perf_counter()
        self._writer.write(self._request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        body = await self._reader.readexactly(4)
        took = perf_counter() - began
        if not head.startswith(b"HTTP/1.1 200") or body != b"pong":
            raise click.ClickException(f"a ping was answered with {head.splitlines()[0].decode()}")
        return took


def ports() -> dict[str, str]:
    """Return two free ports for the ingress, as they are set in the environment."""
    with socket.socket() as one, socket.socket() as other:
        for found in (one, other):
            found.bind(("127.0.0.1", 0))
        names = ("LOCALMESH_PORT", "LOCALMESH_HTTPS_PORT")
        return {name: str(found.getsockname()[1]) for name, found in zip(names, (one, other), strict=True)}


def command(*words: str) -> str:
    """Run the local mesh's command line; return what it prints."""
    done = subprocess.run([sys.executable, "-m", "localmesh", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"localmesh {words[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def mesh() -> Iterator[float]:
    """Bring a mesh up; yield the seconds until its first verified answer, and take it down."""
    began = perf_counter()
    try:
        command("up")
        yield perf_counter() - began
    finally:
        command("down")


def processes() -> dict[str, psutil.Process]:
    """Return the processes of this mesh, by the name that localmesh gave them."""
    found: dict[str, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        name = environment.get("LOCALMESH_PROCESS", "")
        if name and environment.get("LOCALMESH_STATE") == os.environ["LOCALMESH_STATE"]:
            found.setdefault(name, process)
    return found


Times = tuple[list[float], list[float], list[float]]
"""Seconds of the direct pings, of those through bare Envoys, and of the meshed ones."""


async def opened(path: Path, request: str) -> Line:
    """Return a connection to a Unix socket that may not listen yet."""
    while True:
        try:
            return Line(*await asyncio.open_unix_connection(str(path)), request.encode())
        except OSError:
            await asyncio.sleep(0.05)


async def measure(rate: float, seconds: float, running: dict[str, psutil.Process], app: Path, first: Path) -> Times:
    """Send one ping each way a tick; return the seconds of each."""
    proxy = urlsplit(running["pinger-0/pinger"].environ()["HTTP_PROXY"])
    secret = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    straight = f"GET /ping HTTP/1.1\r\nHost: {TARGET}\r\n\r\n"
    through = f"GET http://{TARGET}/ping HTTP/1.1\r\nHost: {TARGET}\r\nProxy-Authorization: Basic {secret}\r\n\r\n"
    direct, bare = await opened(app, straight), await opened(first, straight)
    meshed = Line(*await asyncio.open_connection(proxy.hostname, proxy.port), through.encode())
    for _ in range(50):  # the first ones open connections behind the proxies
        for line in (direct, bare, meshed):
            await line.ask()
    times: Times = ([], [], [])
    loop = asyncio.get_running_loop()
    began = loop.time()
    for tick in range(int(rate * seconds)):
        await asyncio.sleep(max(0, began + tick / rate - loop.time()))
        for line, taken in zip((direct, bare, meshed), times, strict=True):
            taken.append(await line.ask())
    return times


def figures(rate: float, seconds: float, starts: int) -> Figures:
    """Measure everything in meshes of our own."""
    ups: list[float] = []
    downs: list[float] = []
    for _ in range(starts):
        with mesh() as up:
            ups.append(up)
            running = processes()
            if len(ups) == starts:
                memory = {name: p.memory_info().rss / MEBIBYTE for name, p in sorted(running.items())}
                state = Path(os.environ["LOCALMESH_STATE"])
                app = state / "pods" / "ponger-0" / "app" / "http.sock"
                with forwarding(state.parent, app) as first:
                    direct, bare, meshed = asyncio.run(measure(rate, seconds, running, app, first))
            began = perf_counter()
        downs.append(perf_counter() - began)
    near, between, far = Latency.of(direct), Latency.of(bare), Latency.of(meshed)
    added = (far.p50 - near.p50, far.p99 - near.p99)
    times_bare = added[0] / (between.p50 - near.p50)
    return Figures(rate, len(direct), near, between, far, *added, times_bare, tuple(ups), tuple(downs), memory)


def shown(found: Figures) -> str:
    """Return the figures as a person reads them."""
    lines = [
        f"{found.requests} pings each way at {found.rate:g} requests/s, in milliseconds",
        f"  direct              p50 {found.direct.p50:6.2f}   p99 {found.direct.p99:6.2f}",
        f"  through 2 bare Envoys p50 {found.bare.p50:5.2f}   p99 {found.bare.p99:6.2f}",
        f"  through 2 sidecars  p50 {found.meshed.p50:6.2f}   p99 {found.meshed.p99:6.2f}",
        f"  added               p50 {found.added_p50:6.2f}   p99 {found.added_p99:6.2f}   (goal: < 0.50 and < 2.00)",
        f"  added, as a multiple of what 2 bare Envoys add: {found.times_bare:.2f}   (goal: <= 1.25)",
        "from command to first verified answer, in seconds (goal: < 5)",
        "  " + "  ".join(f"{value:.2f}" for value in found.up_seconds),
        "down, in seconds (goal: < 2)",
        "  " + "  ".join(f"{value:.2f}" for value in found.down_seconds),
        "resident memory, in MiB",
        *(f"  {name:<20} {size:6.1f}" for name, size in found.memory.items()),
    ]
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--rate", default=200.0, show_default=True, help="Requests per second, each way.")
@click.option("--seconds", default=15.0, show_default=True, help="How long to ping.")
@click.option("--starts", default=3, show_default=True, help="How often to bring the mesh up.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(rate: float, seconds: float, starts: int, output: str) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory(prefix="pp-") as folder:
        os.environ |= {"LOCALMESH_STATE": f"{folder}/m", **ports()}
        found = figures(rate, seconds, starts)
    click.echo(json.dumps(asdict(found), indent=2) if output == "json" else shown(found))


if __name__ == "__main__":
    main()
