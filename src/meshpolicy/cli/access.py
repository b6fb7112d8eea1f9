"""The verb `list`: who may call whom."""

import json
import sys
from collections.abc import Sequence

import click

from meshpolicy.analysis.accepted import judged, read_accepted
from meshpolicy.analysis.access import Access, accesses
from meshpolicy.analysis.refusals import Denied, denied
from meshpolicy.analysis.words import access_words
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, output, width
from meshpolicy.cli.progress import asked
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.drawing import dot, html, svg
from meshpolicy.render.tables import comma_separated, markdown, plain

HEAD = ("server", "port", "client", "requests", "granted by")
DRAWN = ("dot", "svg", "html")
DENIED = ("server", "port", "client", "requests", "refused by")


@click.command("list", short_help="Who may call whom?")
@click.option("--denied", "show_denied", is_flag=True, help="List what is refused between the workloads instead.")
@click.option("--unmeshed", is_flag=True, help="Only what is open to clients without mesh identity.")
@click.option("--explain", is_flag=True, help="Name the object that grants each access, and where it stands.")
@click.option(
    "--accepted", type=click.Path(exists=True, dir_okay=False), help="Fail on access that FILE does not list."
)
@output("text", "json", "csv", "md", "dot", "svg", "html")
@cluster_options
def command(
    cluster: Cluster, output: str, accepted: str | None, *, show_denied: bool, unmeshed: bool, explain: bool
) -> None:
    """List every access that is granted: to which port, to whom, for which requests.

    A client is an account (`namespace/account`), `any meshed client`, or `anyone`: one without mesh identity.
    """
    workloads = asked(cluster)
    if show_denied and (accepted or unmeshed):
        raise click.UsageError("--denied lists refusals: it goes with neither --accepted nor --unmeshed")
    if show_denied and output in DRAWN:
        raise click.UsageError(f"--denied is not drawn: choose another --output than {output}")
    if show_denied:
        echo(_denied(list(denied(cluster, workloads)), output))
        return
    found = [access for access in accesses(cluster, workloads) if access.unmeshed or not unmeshed]
    allowed = [access for access in found if not access.blocked]
    echo(show(cluster, allowed, output, explain=explain))
    blocked = sum(bool(access.blocked) for access in found)
    if blocked and output == "text":
        echo(f"{blocked} more would be granted, and NetworkPolicies block them: see --denied", err=True)
    if accepted:
        faults = judged(cluster, read_accepted(accepted, cluster.settings))
        for fault in faults:
            echo(fault, err=True)
        sys.exit(1 if faults else 0)


def show(cluster: Cluster, found: Sequence[Access], form: str, *, explain: bool) -> str:
    """Return the accesses in one of the forms."""
    head, settings = (*HEAD, "place") if explain else HEAD, cluster.settings
    rows = [_row(access, settings, explain=explain) for access in found]
    match form:
        case "json":
            return json.dumps([_object(access, settings) for access in found], indent=2)
        case "csv":
            return comma_separated(head, rows)
        case "md":
            return markdown(head, rows)
        case "dot":
            return dot(cluster, found)
        case "svg":
            return svg(cluster, found)
        case "html":
            return html(cluster, found)
        case _:
            return plain(head, rows, width()) if rows else "nothing is granted"


def _row(access: Access, settings: MeshSettings, *, explain: bool) -> list[str]:
    row = [*access_words(access, settings), by_words(access)]
    return [*row, str(access.by.place or "")] if explain else row


def by_words(access: Access) -> str:
    """Return the object that grants an access, in words."""
    if access.unknown:
        return f"unknown: {access.unknown}"
    return f"{access.by.kind} {access.by.name}" if access.by.is_object else str(access.by)


def _object(access: Access, settings: MeshSettings) -> dict[str, object]:
    server, port, client, requests = access_words(access, settings)
    routes = [str(route) for route in access.routes if route.is_object]
    return {
        "server": server,
        "port": int(port),
        "client": client,
        "requests": requests,
        "by": str(access.by),
        "place": str(access.by.place or ""),
        "route": routes[0] if routes else None,
        "routes": routes,
        "unknown": access.unknown or None,
    }


def _denied(found: Sequence[Denied], form: str) -> str:
    if form == "json":
        names = ("server", "port", "client", "what", "layer", "why")
        return json.dumps([{name: getattr(d, name) for name in names} for d in found], indent=2)
    rows = ((d.server, str(d.port), d.client, d.what, f"{d.layer}: {d.why}") for d in found)
    if form == "csv":
        return comma_separated(DENIED, rows)
    if not found:
        return "nothing is refused between these workloads"
    return markdown(DENIED, rows) if form == "md" else plain(DENIED, list(rows), width())
