"""Measures how soon a changed policy holds: until the first answer that is another.

pinger pings ponger without a pause, on one kept connection and on new ones, while its grant is taken away and given
back. The time begins when the supervisor has read the manifests, as a cluster's begins when it is sent them.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import click
from mesh import TARGET, Latency, mesh, ports, processes

from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.views import Applied

PROJECT = Path(__file__).parents[1]
PARTS = ("k8s/base", "mesh/policies", "mesh/ingress")
POLICY = "mesh/policies/authorizationpolicies.yaml"
GRANT = "name: ponger-offer"
ALLOWED, REFUSED = 200, 403
WAYS = ("kept", "new")
WHOLE = 10
"""How often the command itself is timed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured, in milliseconds."""

    trials: int
    enforced: dict[str, Latency]
    """From the manifests being read to the first changed answer, by what was done and how it was seen."""
    worst: float
    reading: Latency
    """Of all manifests, by the supervisor, before the time begins."""
    supervisor: Latency
    """From the request to its answer, when every sidecar had taken the change; with the reading."""
    command: Latency
    """`localmesh apply` as a whole, when nothing has changed."""


class Pinger:
    """Asks again and again, and knows when each way sees a status first."""

    def __init__(self, proxy: str) -> None:
        parts = urlsplit(proxy)
        secret = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        head = (f"GET http://{TARGET}/ping HTTP/1.1", f"Host: {TARGET}", f"Proxy-Authorization: Basic {secret}", "", "")
        self._request = "\r\n".join(head).encode()
        self._place = (parts.hostname, parts.port)
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._status = ALLOWED

    async def kept(self) -> None:
        """Ask on one connection."""
        reader, writer = await asyncio.open_connection(*self._place)
        while True:
            self._saw("kept", await self._ask(reader, writer))

    async def new(self) -> None:
        """Ask on a new connection each time."""
        while True:
            reader, writer = await asyncio.open_connection(*self._place)
            self._saw("new", await self._ask(reader, writer))
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split()[1])
        await reader.readexactly(4 if status == ALLOWED else 0)
        await asyncio.sleep(0.001)
        return status

    def _saw(self, way: str, status: int) -> None:
        waiting = self._waiting.get(way)
        if status == self._status and waiting and not waiting.done():
            waiting.set_result(perf_counter())

    def expect(self, status: int) -> dict[str, asyncio.Future[float]]:
        """Return the moments at which each way will see a status first."""
        self._status = status
        self._waiting = {way: asyncio.get_running_loop().create_future() for way in WAYS}
        return self._waiting


async def trial(client: Client, pinger: Pinger, path: Path, text: str, status: int) -> tuple[dict[str, float], Applied]:
    """Change the policy; return the seconds until each way saw it, and what the supervisor says of it."""
    await asyncio.to_thread(path.write_text, text)
    moments = pinger.expect(status)
    began = perf_counter()
    applied = await asyncio.to_thread(client.apply)
    known = began + applied.reading
    return {way: await asyncio.wait_for(moment, 10) - known for way, moment in moments.items()}, applied


async def measure(trials: int, manifests: Path) -> tuple[dict[str, list[float]], list[Applied]]:
    """Take the grant away and give it back so many times; return the seconds of each."""
    pinger = Pinger(processes()["pinger-0/pinger"].environ()["HTTP_PROXY"])
    client = Client(StateFolder(Path(os.environ["LOCALMESH_STATE"])))
    path = manifests / POLICY
    granted = await asyncio.to_thread(path.read_text)
    taken = granted.replace(GRANT, "name: no-such-route", 1)
    asking = [asyncio.create_task(ask()) for ask in (pinger.kept, pinger.new)]
    seen: dict[str, list[float]] = {}
    through: list[Applied] = []
    for number in range(trials):
        away = number % 2 == 0
        text, status = (taken, REFUSED) if away else (granted, ALLOWED)
        times, applied = await trial(client, pinger, path, text, status)
        through.append(applied)
        for way, seconds in times.items():
            seen.setdefault(f"{'taken away' if away else 'given back'}, {way} connections", []).append(seconds)
    for task in asking:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return seen, through


def timed_command() -> float:
    """Return the seconds of the command, when there is nothing to apply."""
    began = perf_counter()
    subprocess.run([sys.executable, "-m", "localmesh", "apply"], check=True, capture_output=True)
    return perf_counter() - began


def figures(trials: int, folder: Path) -> Figures:
    """Measure in a mesh of our own."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, folder / part)
    os.environ |= {
        "LOCALMESH_STATE": f"{folder}/s",
        "LOCALMESH_MANIFESTS": ":".join(str(folder / part) for part in PARTS),
        **ports(),
    }
    with mesh():
        seen, through = asyncio.run(measure(trials, folder))
        commands = [timed_command() for _ in range(WHOLE)]
    every = [seconds for found in seen.values() for seconds in found]
    return Figures(
        trials,
        {name: Latency.of(found) for name, found in sorted({**seen, "all": every}.items())},
        max(every) * 1000,
        Latency.of([applied.reading for applied in through]),
        Latency.of([applied.seconds for applied in through]),
        Latency.of(commands),
    )


def shown(found: Figures) -> str:
    """Return the figures as a person reads them."""
    rows = {
        **found.enforced,
        "reading the manifests before": found.reading,
        "reading, and told every sidecar": found.supervisor,
        "the command, nothing changed": found.command,
    }
    lines = [f"{found.trials} trials, from the manifests being read to the first changed answer, in milliseconds"]
    lines += [f"  {name:<32} p50 {one.p50:6.1f}   p99 {one.p99:6.1f}" for name, one in rows.items()]
    lines += [f"worst {found.worst:.1f}", "goals: p50 as Linkerd's 17 to 25, p99 < 60; the command < 700"]
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--trials", default=200, show_default=True, help="How many changes.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(trials: int, output: str) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory(prefix="pp-") as folder:
        found = figures(trials, Path(folder))
    click.echo(json.dumps(asdict(found), indent=2) if output == "json" else shown(found))


if __name__ == "__main__":
    main()
