"""The command that shows traces: a list of the latest, or one as a waterfall."""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localmesh.errors import BadInput
from localmesh.printing import say, show

if TYPE_CHECKING:
    from localmesh.supervisor.client import Client
    from localmesh.traces.select import Wanted
    from localmesh.traces.trace import Trace
    from localmesh.traces.view import TracesView

LATEST = "latest"
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Time(click.ParamType[float]):
    """A time with its unit, in seconds."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(us|ms|s|m|h)", str(value))
        if not found:
            self.fail(f"{value}: expected a number with a unit: 500us, 20ms, 1.5s, 5m or 1h", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command()
@click.argument("trace_id", metavar="[ID]", default="")
@click.option("--limit", "-n", type=click.IntRange(1, 5000), default=20, show_default=True, help="How many to list.")
@click.option("--errors", is_flag=True, help="Only those with an error or a refused request.")
@click.option("--service", default="", metavar="NAME", help="Only those with a span of this service or pod.")
@click.option("--name", default="", metavar="TEXT", help="Only those with a span whose name holds this: `/ping`.")
@click.option("--longer", type=Time(), help="Only those that took at least so long: 20ms.")
@click.option("--since", type=Time(), help="Only those that began within this time: 5m.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def traces(
    trace_id: str,
    limit: int,
    errors: bool,
    service: str,
    name: str,
    longer: float | None,
    since: float | None,
    output: str,
) -> None:
    """List the latest traces, or draw the one whose id begins with ID; `latest` is the last one.

    Spans come from apps and sidecars within a second. They are kept in memory, up to some thousands, and a restart of
    the mesh forgets them.

    Exits 2 if there is no trace of this ID, or more than one.
    """
    from localmesh.running import running
    from localmesh.traces.select import Wanted

    begun = datetime.now(UTC).timestamp() - since if since is not None else 0.0
    wanted = Wanted(limit, errors, service, name, longer or 0.0, max(0, int(begun * 1e9)))
    client = running()
    if trace_id:
        _show_one(client, trace_id, wanted, output)
    else:
        _show_list(client.traces(wanted), output, filtered=wanted != Wanted(limit))


def _show_list(found: "TracesView", output: str, *, filtered: bool) -> None:
    from localmesh.traces import draw

    if output == "json":
        click.echo(json.dumps([draw.summary(trace) for trace in found.traces], indent=2))
    elif not found.traces:
        say(draw.nothing(found, filtered=filtered))
    else:
        show(draw.listing(found.traces))
        say(f"\n{draw.kept(found)}\nDraw one: just traces {found.traces[0].trace_id[: draw.SHORT]}")


def _show_one(client: "Client", trace_id: str, wanted: "Wanted", output: str) -> None:
    from localmesh.relative import relative_paths
    from localmesh.settings import paths
    from localmesh.traces import draw

    trace = _find(client, trace_id, wanted)
    roots = paths(client.status().settings["LOCALMESH_MANIFESTS"])

    def shown(text: str) -> str:
        return relative_paths(text, roots, Path.cwd())

    if output == "json":
        click.echo(json.dumps(draw.in_full(trace, shown), indent=2))
    else:
        plain = "utf" not in (sys.stdout.encoding or "").lower()
        show(draw.waterfall(trace, shown, draw.Look(plain=plain)))


def _find(client: "Client", trace_id: str, wanted: "Wanted") -> "Trace":
    """Return the trace that a person means; raises BadInput where there is none, or more than one."""
    from localmesh.traces import draw

    if trace_id == LATEST:
        view = client.traces(wanted)
        if not view.traces:
            raise BadInput(draw.nothing(view, filtered=True))
        return view.traces[0]
    if not re.fullmatch("[0-9a-fA-F]{1,32}", trace_id):
        raise BadInput(f"{trace_id}: expected the id of a trace or its beginning, up to 32 digits from 0 to f")
    view = client.trace(trace_id)
    if not view.traces:
        raise BadInput(
            f"{trace_id}: no trace that is kept begins so. {draw.kept(view)}", hint="`just traces` lists them"
        )
    if len(view.traces) > 1:
        some = ", ".join(trace.trace_id for trace in view.traces[:4])
        raise BadInput(f"{trace_id}: {len(view.traces)} traces begin so: {some}{', ...' if view.traces[4:] else ''}")
    return view.traces[0]
