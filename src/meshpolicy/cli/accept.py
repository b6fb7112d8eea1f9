"""The verb `accept`: write down the access that is granted now, so that more of it fails."""

import click

from meshpolicy.accepted import write_accepted
from meshpolicy.access import accesses
from meshpolicy.cli.options import cluster_options
from meshpolicy.cli.progress import asked
from meshpolicy.cluster import Cluster


@click.command("accept", short_help="What have we agreed to?")
@click.argument("file", type=click.Path(dir_okay=False))
@cluster_options
@click.option("--owner", required=True, help="Who answers for the new entries.")
@click.option("--reason", required=True, help="Why the new entries are needed.")
@click.option("--expires", metavar="YYYY-MM-DD", default="", help="The day after which the new entries fail.")
def command(file: str, cluster: Cluster, owner: str, reason: str, expires: str) -> None:
    """Write all granted access into FILE; entries that are there keep their owner, reason and expiry.

    `meshpolicy list --accepted FILE` then fails on access that is not in it, and on entries that expired.
    """
    new = write_accepted(file, (a for a in accesses(cluster, asked(cluster)) if not a.blocked), owner, reason, expires)
    click.echo(f"{file}: {new} new entries", err=True)
