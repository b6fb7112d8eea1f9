"""The commands that watch: `stat`, `edges` and `tap`, with the words of `linkerd viz`."""

import json
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from localmesh.errors import LocalMeshError
from localmesh.printing import show
from localmesh.running import running
from meshpolicy.render.visible import visible

if TYPE_CHECKING:
    from localmesh.observe.views import StatView

LONGEST_WINDOW = 60

output_option = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
window_option = click.option(
    "--time-window",
    "-t",
    "window",
    type=click.IntRange(1, LONGEST_WINDOW),
    default=LONGEST_WINDOW,
    show_default=True,
    help="Seconds to look back.",
)
pods_option = click.option("--pods", is_flag=True, help="One line for each pod, not for each workload.")


def _stat(window: int, *, pods: bool) -> "StatView":
    return running().stat(window, by_pod=pods)


def _print_json(found: "StatView") -> None:
    edges = [{**asdict(edge), "secured": edge.secured} for edge in found.edges]
    click.echo(json.dumps({"window": found.window, "edges": edges}, indent=2))


@click.command()
@window_option
@pods_option
@output_option
def stat(window: int, pods: bool, output: str) -> None:
    """Show requests per second, success and latency of every edge, as the servers' sidecars saw them.

    SUCCESS is the share of the admitted requests that was not answered with 5xx. UNAUTHORIZED are the requests per
    second that the server's sidecar refused: no policy authorizes them, or no route matches. They count in no other
    column.
    """
    from localmesh.render_watch import stat as table

    found = _stat(window, pods=pods)
    if output == "json":
        _print_json(found)
    else:
        show(table(found))


@click.command()
@window_option
@pods_option
@output_option
def edges(window: int, pods: bool, output: str) -> None:
    """Show who has called whom: the identity of both ends, and whether mutual TLS was between them."""
    from localmesh.render_watch import edges as table

    found = _stat(window, pods=pods)
    if output == "json":
        _print_json(found)
    else:
        show(table(found))


@click.command(no_args_is_help=True)
@click.argument("name")
@click.option("--count", type=click.IntRange(1), metavar="N", help="Stop after N requests.")
@output_option
def tap(name: str, count: int | None, output: str) -> None:
    """Print the requests that a pod, or the pods of a workload, get and send from now on, each with its verdict.

    NAME is a pod or a workload. With `--output json`, one JSON object a line.
    """
    from localmesh.observe.views import Dropped
    from localmesh.render_watch import tapped

    told = (view for view in running().tap(name) if view is not None)
    for view in islice(told, count):
        if output == "json":
            click.echo(json.dumps(asdict(view)))
        elif isinstance(view, Dropped):
            click.echo(f"({view.dropped} requests came too fast to be shown)", err=True)
        else:
            click.echo(visible(tapped(view)))


@click.command()
def metrics() -> None:
    """Print the address of the Prometheus beside the mesh: metrics, rules, alerts.

    It is started by `up` where a program `prometheus` is on the PATH.
    """
    page = running().prometheus()
    if not page:
        raise LocalMeshError(
            "no Prometheus runs beside the mesh: put `prometheus` on the PATH, then `just down` and `just up`"
        )
    click.echo(page)


@click.command()
def dashboard() -> None:
    """Print the address of the page that shows the mesh live.

    It shows topology, refusals, traces, access and certificates.

    The address holds a token; whoever has it may look, and nobody can change anything there.
    """
    # No browser is started: every user of the machine can read the token on a command line.
    click.echo(running().dashboard())
