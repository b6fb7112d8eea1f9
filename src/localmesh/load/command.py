"""What `localmesh load` does: sends a load, shows how far it is, and prints what became of it."""

import asyncio
import json
import sys
from dataclasses import dataclass

from rich.progress import Progress
from rich.table import Table

from localmesh.load.openloop import OpenLoop
from localmesh.load.target import find_load_target
from localmesh.printing import terminal
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.verify.meshes import find_mesh
from meshverify.latency import PERCENTILES


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What a person asks for."""

    source: str
    target: str
    rate: float
    seconds: float


def run(client: Client, folder: StateFolder, plan: LoadPlan, output: str) -> int:
    """Send the load; return the exit code: 1 where a request was lost."""
    mesh = find_mesh(client, folder)
    target = find_load_target(plan.source, plan.target, mesh.view, mesh.manifests, folder)
    loop = OpenLoop(target, plan.rate)
    console = terminal(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(target.name, total=plan.rate * plan.seconds)

        def proceed() -> bool:
            progress.update(task, completed=loop.latencies.count)
            return True

        asyncio.run(loop.run(plan.seconds, proceed))
    if output == "json":
        sys.stdout.write(_json(loop, plan) + "\n")
    else:
        terminal().print(_table(loop, plan))
    return 1 if loop.result.lost else 0


def _json(loop: OpenLoop, plan: LoadPlan) -> str:
    result = loop.result
    found = {
        "target": loop.target.name,
        "rate": plan.rate,
        "seconds": plan.seconds,
        "sent": result.sent,
        "lost": result.lost,
        "broken_off": result.broken_off,
        "failures": dict(result.failures),
        "latency": {str(percentile): seconds for percentile, seconds in loop.latencies.percentiles().items()},
    }
    return json.dumps(found, indent=2)


def _table(loop: OpenLoop, plan: LoadPlan) -> Table:
    result = loop.result
    drawn = Table(box=None, pad_edge=False, show_header=False)
    drawn.add_column(overflow="fold")
    drawn.add_column(justify="right", overflow="fold")
    drawn.add_row("call", loop.target.name)
    drawn.add_row("rate", f"{plan.rate:g} requests/s for {plan.seconds:g} s")
    drawn.add_row("sent", str(result.sent))
    drawn.add_row("lost", str(result.lost))
    drawn.add_row("broken off", str(result.broken_off))
    for word, count in sorted(result.failures.items()):
        drawn.add_row(f"  {word}", str(count))
    for percentile in PERCENTILES:
        name = "longest" if percentile == PERCENTILES[-1] else f"p{percentile:g}"
        drawn.add_row(name, f"{loop.latencies.at(percentile) * 1000:.1f} ms")
    return drawn
