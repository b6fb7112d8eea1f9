"""The verb `blast`: what opens if an identity is compromised."""

import json
import sys

import click

from meshpolicy.analysis.access import Access, accesses, account_of, admits
from meshpolicy.analysis.questions import known_account
from meshpolicy.analysis.words import access_words, counted
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, columns, output
from meshpolicy.cli.progress import workloads_of
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.render.listing import places
from meshpolicy.render.rows import granted_by
from meshpolicy.render.tables import plain

HEAD = ("opens", "port", "requests", "as", "granted by")


@click.command("blast", short_help="What opens if this account is compromised?")
@click.argument("account", metavar="NAMESPACE/ACCOUNT")
@click.option("--explain", is_flag=True, help="Name the file and line of each grant.")
@output("text", "json")
@cluster_options
def command(account: str, cluster: Cluster, output: str, *, explain: bool) -> None:
    """Say what opens if this account is compromised, and which workloads hold its identity.

    Exits 1 if something opens that is closed to a stranger, or if that is not known.
    """
    namespace, slash, name = account.partition("/")
    if not slash or not namespace or not name or "/" in name:
        raise click.UsageError(f"`{account}`: write namespace/account")
    holders = [w for w in cluster.workloads if account_of(w) == account and w.injection.sidecar.possible]
    identity = cluster.settings.identity(namespace, name)
    found = [access for access in accesses(cluster, workloads_of(cluster)) if admits(access, identity)]
    unknown = [access for access in found if access.unmeshed and access.unknown]
    named = [access for access in found if not access.unmeshed]
    known_account(cluster, account, named)
    own = [access for access in named if not access.blocked]
    said = [(*access_words(access, cluster.settings), access) for access in own]
    if output == "json":
        shown = {
            "account": account,
            "held_by": [str(w.ref) for w in holders if w.meshed],
            "opens": [_opened(s, p, what, access) for s, p, _, what, access in said],
            "unknown": [
                {"server": one.server.namespaced_name, "port": one.port, "reason": one.unknown} for one in unknown
            ],
        }
        echo(json.dumps(shown, indent=2))
    else:
        echo(f"{account} is held by: {', '.join(map(_holder, holders)) or 'no workload here'}")
        echo(f"whoever may start pods in {namespace} can take it as well")
        rows = [[server, port, what, who, granted_by(access)] for server, port, who, what, access in said]
        nothing = "nothing is known to open" if unknown else "it opens nothing"
        echo(plain(HEAD, rows, columns()) if rows else f"{nothing} that is closed to a stranger")
        for one in unknown:
            echo(f"not known whether it opens {one.server.namespaced_name}:{one.port}: {one.unknown}")
        if len(named) > len(own):
            more = counted(len(named) - len(own), "grant")
            echo(f"{more} besides: NetworkPolicies block its workloads here, see list --denied")
        for line in places(own, columns()) if explain else ():
            echo(line)
    sys.exit(1 if own or unknown else 0)


def _holder(workload: Workload) -> str:
    certain = workload.injection.sidecar is Truth.YES
    return str(workload.ref) if certain else f"{workload.ref}, if it has a sidecar"


def _opened(server: str, port: str, what: str, access: Access) -> dict[str, object]:
    found: dict[str, object] = {"server": server, "port": int(port), "requests": what, "by": str(access.by)}
    return found | ({"unknown": access.unknown} if access.unknown else {})
