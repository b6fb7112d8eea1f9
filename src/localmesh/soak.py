"""Keeps up a load on a mesh of its own, and shows the memory of its processes over time: it must not grow."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression

import click
import psutil

from localmesh.chaos.scratch import scratch_folder, scratch_mesh
from localmesh.chaos.site import Site
from localmesh.load.openloop import OpenLoop
from localmesh.project import project_manifests
from localmesh.supervisor.launch import interruptible
from localmesh.supervisor.leftovers import leftover_processes

MEBIBYTE = 1024 * 1024
SAMPLES = 20
HOUR = 3600
WARM = 0.25
"""The share of the time in which memory may still grow, while caches fill and connections open."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one process, in MiB."""

    name: str
    first: float
    """The memory after the warm-up."""
    last: float
    per_hour: float
    """Growth per hour, from a line through all samples after the warm-up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The resident memory of every process at one time."""

    at: float
    """Seconds since the load began."""
    memory: Mapping[str, float]
    """Memory in MiB, by process name."""


def resident(site: Site) -> dict[str, float]:
    """Return the resident memory of every process by name."""
    found = {}
    for process, name in leftover_processes(site.folder).items():
        try:
            found[name] = process.memory_info().rss / MEBIBYTE
        except psutil.Error:
            continue
    return found


async def soak(site: Site, rate: float, seconds: float) -> tuple[OpenLoop, list[Sample]]:
    """Send a load, and sample the memory at regular intervals."""
    loop = OpenLoop(site.target, rate)
    samples = []
    running = asyncio.create_task(loop.run(seconds))
    for number in range(SAMPLES + 1):
        samples.append(Sample(number * seconds / SAMPLES, resident(site)))
        click.echo(f"{samples[-1].at:.0f} s: {loop.latencies.count} requests, {loop.result.lost} lost", err=True)
        if number < SAMPLES:
            await asyncio.sleep(seconds / SAMPLES)
    await running
    return loop, samples


def grown(samples: Iterable[Sample], seconds: float) -> list[Memory]:
    """Return how the memory of each process that ran all the time grew after the warm-up."""
    warm = [sample for sample in samples if sample.at >= seconds * WARM]
    times = [sample.at for sample in warm]
    names = [name for name in warm[0].memory if all(name in sample.memory for sample in warm)]
    found = []
    for name in sorted(names):
        sizes = [sample.memory[name] for sample in warm]
        found.append(Memory(name, sizes[0], sizes[-1], linear_regression(times, sizes).slope * HOUR))
    return found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rate", default=200.0, show_default=True, help="Requests a second.")
@click.option("--minutes", default=60.0, show_default=True, help="How long.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(rate: float, minutes: float, output: str) -> None:
    """Keep up a load on a mesh of its own, and show the memory of its processes over time: it must not grow."""
    seconds = minutes * 60
    manifests = ":".join(map(str, project_manifests(Path.cwd())))
    with interruptible(), scratch_folder() as folder, scratch_mesh(folder, manifests) as state:
        loop, samples = asyncio.run(soak(Site.find(state, click.echo), rate, seconds))
        memory = grown(samples, seconds)
    result = loop.result
    if output == "json":
        found = {"rate": rate, "seconds": seconds, "sent": result.sent, "lost": result.lost}
        click.echo(json.dumps({**found, "memory": [asdict(one) for one in memory]}, indent=2))
        return
    click.echo(f"{result}, longest {loop.latencies.at(100) * 1000:.0f} ms")
    for one in memory:
        click.echo(f"{one.name:22} {one.first:6.1f} MiB, then {one.last:6.1f} MiB: {one.per_hour:+.1f} MiB an hour")


if __name__ == "__main__":
    main()
