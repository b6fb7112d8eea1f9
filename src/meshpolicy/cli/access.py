"""The verb `list`: who may call whom."""

import sys
from collections.abc import Iterable, Sequence

import click

from meshpolicy.analysis.access import Access, accesses, unlisted
from meshpolicy.analysis.refusals import Denied, denied
from meshpolicy.analysis.selection import Selection
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, columns, output, selection_options
from meshpolicy.cli.progress import progress
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.render.listing import NOBODY, accesses_as_text, refusals_as_text, unlisted_as_notes

DRAWN = ("dot", "svg", "html")


@click.command("list", short_help="Who may call whom?")
@click.option("--denied", "show_denied", is_flag=True, help="List what is refused between two workloads instead.")
@click.option("--unmeshed", is_flag=True, help="Only what is open to clients without mesh identity.")
@click.option("--explain", is_flag=True, help="Name the object that grants each access, with its file and line.")
@click.option(
    "--accepted", type=click.Path(exists=True, dir_okay=False), help="Fail on access that FILE does not list."
)
@selection_options
@output("text", "json", "csv", "md", "dot", "svg", "html")
@cluster_options
def command(
    cluster: Cluster,
    output: str,
    accepted: str | None,
    servers: tuple[str, ...],
    clients: tuple[str, ...],
    *,
    show_denied: bool,
    unmeshed: bool,
    explain: bool,
) -> None:
    """List every granted access: to which port, to whom, for which requests.

    A client is an account (`namespace/account`), `any meshed client`, or `anyone`: one without mesh identity.
    The proxy's own port 4191 is listed where a Server names it. Otherwise a note says what is granted there, except
    GET /live and GET /ready, which every proxy grants to the kubelet.

    --denied lists connections that NetworkPolicies block, and requests that a route or a port offers and does not grant
    to the client. Requests that no route matches (404) are not listed, nor are calls among the pods of one workload.
    """
    selection = Selection((cluster,), servers, clients)
    selection.check()
    workloads = progress(selection.workloads, "workloads asked", len(selection.workloads))
    if accepted and (servers or clients):
        raise click.UsageError("--accepted compares all access: it goes with neither --server nor --client")
    if show_denied and (accepted or unmeshed):
        raise click.UsageError("--denied lists refusals: it goes with neither --accepted nor --unmeshed")
    if show_denied and output in DRAWN:
        raise click.UsageError(f"--denied is not drawn: choose another --output than {output}")
    if show_denied:
        refused = [one for one in denied(cluster, workloads) if one.unknown or selection.is_client(one.client)]
        echo(_refusals(cluster, refused, output))
        _note_stopped(selection.workloads)
        return
    found = [
        access
        for access in accesses(cluster, workloads)
        if (access.unmeshed or not unmeshed) and selection.admits(access)
    ]
    echo(_shown(cluster, [access for access in found if not access.blocked], output, explain=explain))
    if output == "text":
        beside = [one for one in unlisted(cluster, selection.workloads) if one.unmeshed or not unmeshed]
        for note in unlisted_as_notes(filter(selection.admits, beside), cluster.settings):
            echo(note, err=True)
        _note(found, selection.workloads)
    if accepted:
        sys.exit(1 if _violations(cluster, accepted) else 0)


def _note(found: Sequence[Access], workloads: Sequence[Workload]) -> None:
    """Say on stderr what the table does not show."""
    if blocked := sum(bool(access.blocked) for access in found):
        echo(f"{blocked} more would be granted, and NetworkPolicies block them: see --denied", err=True)
    _note_stopped(workloads)


def _note_stopped(workloads: Iterable[Workload]) -> None:
    """Say on stderr which of the workloads have no pods now."""
    for workload in workloads:
        if workload.stopped:
            echo(f"note: {workload.stopped}", err=True)


def _violations(cluster: Cluster, accepted: str) -> int:
    """Say on stderr which access a file does not list; return how many."""
    from meshpolicy.cases.accepted import read_accepted, violations

    found = violations(cluster, read_accepted(accepted, cluster.settings))
    for violation in found:
        echo(violation, err=True)
    return len(found)


def _shown(cluster: Cluster, found: Sequence[Access], form: str, *, explain: bool) -> str:
    """Return the accesses in one of the forms."""
    match form:
        case "json":
            from meshpolicy.render.json import accesses_as_json  # here, as it brings much along: a text starts sooner

            return accesses_as_json(found, cluster.settings)
        case "csv":
            from meshpolicy.render.csv import accesses_as_csv

            return accesses_as_csv(found, cluster.settings, explain=explain)
        case "md":
            from meshpolicy.render.markdown import accesses_as_markdown

            return accesses_as_markdown(found, cluster.settings, explain=explain)
        case "dot":
            from meshpolicy.render.dot import dot

            return dot(cluster, found)
        case "svg":
            from meshpolicy.render.svg import svg

            return svg(cluster, found)
        case "html":
            from meshpolicy.render.html import html

            return html(cluster, found)
        case _ if not cluster.workloads:
            return NOBODY
        case _:
            return accesses_as_text(found, cluster.settings, columns(), explain=explain)


def _refusals(cluster: Cluster, found: Sequence[Denied], form: str) -> str:
    match form:
        case "json":
            from meshpolicy.render.json import refusals_as_json

            return refusals_as_json(found)
        case "csv":
            from meshpolicy.render.csv import refusals_as_csv

            return refusals_as_csv(found)
        case "md":
            from meshpolicy.render.markdown import refusals_as_markdown

            return refusals_as_markdown(found)
        case _ if not cluster.workloads:
            return NOBODY
        case _:
            return refusals_as_text(found, columns())
