"""The verb `blast`: what opens if an identity is compromised."""

import json
import sys

import click

from meshpolicy.analysis.access import accesses, account_of, admits
from meshpolicy.analysis.questions import known_account
from meshpolicy.analysis.words import access_words
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, columns, output
from meshpolicy.cli.progress import workloads_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.rows import granted_by
from meshpolicy.render.tables import plain


@click.command("blast", short_help="What opens if this account is compromised?")
@click.argument("account", metavar="NAMESPACE/ACCOUNT")
@click.option("--explain", is_flag=True, help="Name where each grant stands.")
@output("text", "json")
@cluster_options
def command(account: str, cluster: Cluster, output: str, *, explain: bool) -> None:
    """Say what opens if this account is compromised, and which workloads hold its identity.

    Exits 1 if something opens that is closed to a stranger.
    """
    namespace, slash, name = account.partition("/")
    if not slash or not namespace or not name or "/" in name:
        raise click.UsageError(f"`{account}`: write namespace/account")
    holders = [w for w in cluster.workloads if account_of(w) == account and w.meshed]
    identity = cluster.settings.identity(namespace, name)
    found = [access for access in accesses(cluster, workloads_of(cluster)) if admits(access, identity)]
    own = [access for access in found if not access.unmeshed]
    known_account(cluster, account, own)
    said = [(*access_words(access, cluster.settings), access) for access in own]
    if output == "json":
        shown = [{"server": s, "port": int(p), "requests": what, "by": str(a.by)} for s, p, _, what, a in said]
        echo(json.dumps({"account": account, "held_by": [str(w.ref) for w in holders], "opens": shown}, indent=2))
    else:
        echo(f"{account} is held by: {', '.join(str(w.ref) for w in holders) or 'no workload here'}")
        echo(f"whoever may start pods in {namespace} can take it as well")
        rows = [[server, port, what, who, granted_by(access)] for server, port, who, what, access in said]
        head: tuple[str, ...] = ("opens", "port", "requests", "as", "granted by")
        if explain:
            head = (*head, "place")
            rows = [[*row, str(access.by.place or "")] for row, access in zip(rows, own, strict=True)]
        echo(plain(head, rows, columns()) if rows else "it opens nothing that is closed to a stranger")
    sys.exit(1 if own else 0)
