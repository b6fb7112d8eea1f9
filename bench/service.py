"""Measures what watching costs: `/ping` of the service against a bare FastAPI app, in requests per second.

All servers run at once, and short rounds of load alternate between them, so that the machine's moods hit all alike.
A ratio is taken within a round; the median of the rounds and their quartiles are reported.
The processor time of a request is told too: it hardly changes when others keep the machine busy.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic, perf_counter, sleep

import click
import psutil
from load import Load, round_of
from sink import Sink

START_WITHIN = 30.0
GOALS = {"unsampled": 0.80, "sampled": 0.60, "exported": 0.0}


@dataclass(frozen=True, slots=True)
class Result:
    """What one server did over all rounds."""

    name: str
    requests_per_second: float
    ratio: float
    ratio_quartiles: tuple[float, float]
    goal: float
    cpu_microseconds: float
    """Processor time for one request."""


@dataclass(slots=True)
class Server:
    """A server that runs, and what it has done."""

    port: int
    process: psutil.Process
    rates: list[float] = field(default_factory=list)
    requests: int = 0
    cpu: float = 0.0

    async def load(self, load: Load) -> None:
        """Ask it for one round, and note what it did."""
        before = self.used()
        began = perf_counter()
        answers = await round_of(self.port, load)
        self.rates.append(answers / (perf_counter() - began))
        self.requests += answers
        self.cpu += self.used() - before

    def used(self) -> float:
        """Return the processor time it has used so far, in seconds."""
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def running(command: list[str], port: int, settings: dict[str, str]) -> Iterator[Server]:
    """Run a server until its port answers, and end it afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("PINGPONG_")}
    process = subprocess.Popen(command, env=kept | settings, stdout=subprocess.DEVNULL)
    try:
        deadline = monotonic() + START_WITHIN
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or monotonic() > deadline:
                raise click.ClickException(f"`{' '.join(command)}` did not start")
            sleep(0.02)
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def service(stack: ExitStack, **settings: str) -> Server:
    """Run the service."""
    port = free_port()
    environment = {
        "PINGPONG_HOST": "127.0.0.1",
        "PINGPONG_PORT": str(port),
        "PINGPONG_METRICS_PORT": str(free_port()),
        "PINGPONG_DRAIN": "0",
        **{f"PINGPONG_{name.upper()}": value for name, value in settings.items()},
    }
    return stack.enter_context(running([sys.executable, "-m", "pingpong"], port, environment))


async def measure(rounds: int, load: Load) -> list[Result]:
    """Run all servers, and return what each did."""
    async with Sink() as sink:
        with ExitStack() as stack:
            bare = free_port()
            command = [sys.executable, str(Path(__file__).with_name("bare.py")), str(bare)]
            servers = {
                "bare": stack.enter_context(running(command, bare, {})),
                "unsampled": service(stack, trace_ratio="0"),
                "sampled": service(stack, trace_ratio="1"),
                "exported": service(stack, trace_ratio="1", otlp_endpoint=sink.url),
            }
            await alternate(list(servers.values()), 1, load)
            for server in servers.values():
                server.rates.clear()  # the first round warms up
            await alternate(list(servers.values()), rounds, load)
    return [summary(name, server, servers["bare"]) for name, server in servers.items()]


async def alternate(servers: list[Server], rounds: int, load: Load) -> None:
    """Load the servers in turn; every other round goes backwards."""
    for number in range(rounds):
        for server in servers[:: 1 if number % 2 else -1]:
            await server.load(load)


def summary(name: str, server: Server, bare: Server) -> Result:
    """Return the medians of one server, and how far the middle half of its ratios spreads."""
    ratios = [rate / yardstick for rate, yardstick in zip(server.rates, bare.rates, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Result(
        name=name,
        requests_per_second=round(statistics.median(server.rates)),
        ratio=round(middle, 3),
        ratio_quartiles=(round(low, 3), round(high, 3)),
        goal=GOALS.get(name, 0.0),
        cpu_microseconds=round(server.cpu / server.requests * 1e6, 1),
    )


def table(results: list[Result]) -> str:
    """Return the results for a person."""
    lines = [f"{'/ping':<12}{'requests/s':>12}{'ratio':>8}  {'middle half':<14}{'goal':>5}{'CPU a request':>16}"]
    for one in results:
        low, high = one.ratio_quartiles
        goal = f"{one.goal:.2f}" if one.goal else ""
        spread = f"{low:.2f} to {high:.2f}"
        cpu = f"{one.cpu_microseconds:.0f} us"
        numbers = f"{one.requests_per_second:>12.0f}{one.ratio:>8.2f}"
        lines.append(f"{one.name:<12}{numbers}  {spread:<14}{goal:>5}{cpu:>16}")
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(2, 1000), default=30, show_default=True, help="Rounds for each server.")
@click.option("--seconds", type=click.FloatRange(0.05, 60), default=0.2, show_default=True, help="Length of a round.")
@click.option("--connections", type=click.IntRange(1, 256), default=8, show_default=True, help="Kept-alive callers.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def main(rounds: int, seconds: float, connections: int, output: str) -> None:
    """Measure and print."""
    results = asyncio.run(measure(rounds, Load(seconds, connections)))
    click.echo(json.dumps([asdict(one) for one in results], indent=2) if output == "json" else table(results))


if __name__ == "__main__":
    main()
