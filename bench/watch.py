"""Measures what watching costs: requests through the sidecars while nobody watches, and while the page is open.

Both alternate in one run, so what else the machine does falls on both. Printed are medians of all rounds: the latency
of a request at a fixed rate, and the processor time that the supervisor took for each thousand requests.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import click
import httpx
import psutil

from localmesh.page.place import known
from localmesh.settings import PROCESS


@click.command()
@click.option("--rounds", default=8, show_default=True, help="Rounds, each without and with a watcher.")
@click.option("--rate", default=200, show_default=True, help="Requests a second.")
@click.option("--seconds", default=5.0, show_default=True, help="Seconds of a half round.")
def main(rounds: int, rate: int, seconds: float) -> None:
    """Measure the cost of watching."""
    with tempfile.TemporaryDirectory(prefix="lm-") as folder:
        port = free_port()
        environment = os.environ | {
            "LOCALMESH_STATE": f"{folder}/m",
            "LOCALMESH_PORT": str(port),
            "LOCALMESH_HTTPS_PORT": str(free_port()),
        }
        command = [sys.executable, "-m", "localmesh"]
        subprocess.run([*command, "up"], env=environment, check=True, stdout=subprocess.DEVNULL)
        try:
            click.echo(json.dumps(asyncio.run(measure(Path(folder) / "m", port, rounds, rate, seconds)), indent=2))
        finally:
            subprocess.run([*command, "down"], env=environment, check=True)


async def measure(state: Path, port: int, rounds: int, rate: int, seconds: float) -> dict[str, object]:
    """Return the medians."""
    door = known(state / "dashboard")
    assert door is not None  # noqa: S101 the mesh runs
    supervisor = next(found for found in psutil.process_iter() if of(found, state))
    latencies: dict[str, list[float]] = {"unwatched": [], "watched": []}
    busy: dict[str, list[float]] = {"unwatched": [], "watched": []}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for _ in range(rounds):
            for kind in latencies:
                watching = asyncio.create_task(watch(door.port, door.token)) if kind == "watched" else None
                # The reading goes on for a while when the last watcher has left.
                await asyncio.sleep(1 if watching else 16)
                before = sum(supervisor.cpu_times()[:2])
                found = await load(client, f"http://127.0.0.1:{port}/rally", rate, seconds)
                latencies[kind].append(statistics.median(found) * 1000)
                busy[kind].append((sum(supervisor.cpu_times()[:2]) - before) / len(found) * 1e6)
                if watching:
                    watching.cancel()
    return {
        "rate": rate,
        "p50 in ms": {kind: round(statistics.median(found), 2) for kind, found in latencies.items()},
        "supervisor's ms per 1000 requests": {kind: round(statistics.median(found)) for kind, found in busy.items()},
        "ratio of p50": round(statistics.median(w / u for u, w in zip(*latencies.values(), strict=True)), 3),
    }


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def of(process: psutil.Process, state: Path) -> bool:
    """Whether a process is the supervisor of a state folder."""
    try:
        environ = process.environ()
    except (psutil.Error, OSError):
        return False
    return environ.get("LOCALMESH_STATE") == str(state) and environ.get(PROCESS) == "supervisor"


async def watch(port: int, token: str) -> None:
    """Read the page's stream until cancelled."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream(
            "GET", f"http://127.0.0.1:{port}/api/events", headers={"authorization": f"Bearer {token}"}
        ) as answer,
    ):
        async for _ in answer.aiter_bytes():
            pass


async def load(client: httpx.AsyncClient, url: str, rate: int, seconds: float) -> list[float]:
    """Send requests at a fixed rate; return how long each took from when it was due."""

    async def send(due: float) -> float:
        (await client.get(url)).raise_for_status()
        return perf_counter() - due

    start = perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - perf_counter()))
        tasks.append(asyncio.create_task(send(due)))
    return await asyncio.gather(*tasks)


if __name__ == "__main__":
    main()
