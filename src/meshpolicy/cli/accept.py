"""The verb `accept`: write down the access that is granted now, so that more of it fails."""

import sys
from datetime import UTC, datetime

import click

from meshpolicy.analysis.access import accesses, unlisted
from meshpolicy.cases.accepted import write_accepted
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options
from meshpolicy.cli.progress import workloads_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.listing import unlisted_as_notes


def _not_blank(context: click.Context, parameter: click.Parameter, value: str) -> str:
    del context
    if not value.strip():
        raise click.BadParameter("is empty: an entry says who answers for it, and why it is needed", param=parameter)
    return value


def _in_future(context: click.Context, parameter: click.Parameter, value: datetime | None) -> str:
    """Return a day that has not passed as an entry has it, or nothing."""
    del context
    if value is None:
        return ""
    if value.date() < datetime.now(UTC).date():
        raise click.BadParameter(f"{value.date()} has passed: the new entries would fail at once", param=parameter)
    return str(value.date())


@click.command("accept", short_help="Which access is granted now, as a file to compare with?")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--owner", required=True, callback=_not_blank, help="Who answers for the new entries.")
@click.option("--reason", required=True, callback=_not_blank, help="Why the new entries are needed.")
@click.option(
    "--expires",
    metavar="YYYY-MM-DD",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_in_future,
    help="The day after which the new entries fail.",
)
@click.option("--explain", is_flag=True, help="Name the new entries on stderr.")
@cluster_options
def command(file: str, cluster: Cluster, owner: str, reason: str, expires: str, *, explain: bool) -> None:
    """Write all granted access into FILE; entries that are there keep their owner, reason and expiry.

    `meshpolicy list --accepted FILE` then fails on access that is not in it, and on entries that expired.
    """
    if not cluster.workloads:
        echo(f"nothing to accept: no workload was read; {file} is not written", err=True)
        sys.exit(1)
    granted = [access for access in accesses(cluster, workloads_of(cluster)) if not access.blocked]
    for note in unlisted_as_notes(unlisted(cluster, cluster.workloads), cluster.settings):
        echo(note, err=True)
    for one in (access for access in granted if access.unknown):
        where = f"{one.server.namespaced_name}:{one.port}"
        echo(f"note: {where}: all that may be granted is accepted, for that is not known: {one.unknown}", err=True)
    written = write_accepted(file, cluster, granted, owner, reason, expires)
    for entry in written.new if explain else ():
        echo(f"accepted: {entry}", err=True)
    for entry in written.gone:
        echo(f"gone: {entry} ({entry.owner}: {entry.reason})", err=True)
    for text in written.unsure:
        echo(f"accepted, though it is not known whether NetworkPolicies let these pods through to {text}", err=True)
    for text in written.left_out:
        echo(f"not written, as it is not known which calls it means: {text}", err=True)
    echo(f"{file}: {len(written.new)} new, {len(written.gone)} gone", err=True)
