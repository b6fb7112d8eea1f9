"""Measures what watching costs: `/ping` of the service against a bare FastAPI app, in requests per second.

All servers run at once, and short rounds of load alternate between them, so that the machine's moods hit all alike.
A ratio is taken within a round; the median of the rounds and their quartiles are reported.
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
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, perf_counter, sleep

import click
from sink import Sink

REQUEST = b"GET /ping HTTP/1.1\r\nHost: bench\r\n\r\n"
PONG = b"pong"
START_WITHIN = 30.0
GOALS = {"unsampled": 0.80, "sampled": 0.60, "exported": 0.0}


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of a server in one round."""

    seconds: float
    connections: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one server did over all rounds."""

    name: str
    requests_per_second: float
    ratio: float
    ratio_quartiles: tuple[float, float]
    goal: float


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, until its time is over."""

    def __init__(self, until: float) -> None:
        self.answers = 0
        self.done = asyncio.get_running_loop().create_future()
        self._until = until
        self._transport: asyncio.Transport
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask first."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 # for the type checker
        self._transport = transport
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Count an answer, and ask again."""
        self._tail = (self._tail + data)[-len(PONG) :]
        if self._tail != PONG:
            return
        self._tail = b""
        self.answers += 1
        if perf_counter() < self._until:
            self._transport.write(REQUEST)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end."""
        if perf_counter() < self._until:
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))
        else:
            self.done.set_result(None)


async def round_of(port: int, load: Load) -> float:
    """Return the requests per second that a server answers."""
    loop = asyncio.get_running_loop()
    began = perf_counter()
    made = [
        await loop.create_connection(lambda: Caller(began + load.seconds), "127.0.0.1", port)
        for _ in range(load.connections)
    ]
    callers = [caller for _, caller in made]
    await asyncio.wait_for(asyncio.gather(*(caller.done for caller in callers)), load.seconds + START_WITHIN)
    return sum(caller.answers for caller in callers) / (perf_counter() - began)


@contextmanager
def running(command: list[str], port: int, settings: dict[str, str]) -> Iterator[int]:
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
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def service(stack: ExitStack, **settings: str) -> int:
    """Run the service, and return its port."""
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
            ports = {
                "bare": stack.enter_context(running(command, bare, {})),
                "unsampled": service(stack, trace_ratio="0"),
                "sampled": service(stack, trace_ratio="1"),
                "exported": service(stack, trace_ratio="1", otlp_endpoint=sink.url),
            }
            rates = await alternate(ports, rounds, load)
    return [summary(name, rates[name], rates["bare"]) for name in ports]


async def alternate(ports: dict[str, int], rounds: int, load: Load) -> dict[str, list[float]]:
    """Return each server's rate in each round; every other round goes backwards. The first, a warm-up, is dropped."""
    rates: dict[str, list[float]] = {name: [] for name in ports}
    for number in range(rounds + 1):
        for name in list(ports)[:: 1 if number % 2 else -1]:
            rates[name].append(await round_of(ports[name], load))
    return {name: each[1:] for name, each in rates.items()}


def summary(name: str, rates: list[float], bare: list[float]) -> Result:
    """Return the medians of one server, and how far the middle half of its ratios spreads."""
    ratios = [rate / yardstick for rate, yardstick in zip(rates, bare, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Result(
        name, round(statistics.median(rates)), round(middle, 3), (round(low, 3), round(high, 3)), GOALS.get(name, 0)
    )


def table(results: list[Result]) -> str:
    """Return the results for a person."""
    lines = [f"{'/ping':<12}{'requests/s':>12}{'ratio':>8}  {'middle half':<14}{'goal':>5}"]
    for one in results:
        low, high = one.ratio_quartiles
        goal = f"{one.goal:.2f}" if one.goal else ""
        spread = f"{low:.2f} to {high:.2f}"
        lines.append(f"{one.name:<12}{one.requests_per_second:>12.0f}{one.ratio:>8.2f}  {spread:<14}{goal:>5}".rstrip())
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(2, 1000), default=20, show_default=True, help="Rounds for each server.")
@click.option("--seconds", type=click.FloatRange(0.05, 60), default=0.5, show_default=True, help="Length of a round.")
@click.option("--connections", type=click.IntRange(1, 256), default=8, show_default=True, help="Kept-alive callers.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def main(rounds: int, seconds: float, connections: int, output: str) -> None:
    """Measure and print."""
    results = asyncio.run(measure(rounds, Load(seconds, connections)))
    click.echo(json.dumps([asdict(one) for one in results], indent=2) if output == "json" else table(results))


if __name__ == "__main__":
    main()
