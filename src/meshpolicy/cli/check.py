"""The verb `check`: the verdict of one call, and why."""

import sys

import click

from meshpolicy.analysis.sent import Sent
from meshpolicy.api.check import ask
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, output, width
from meshpolicy.cli.request import request_options
from meshpolicy.decide.transport import find_service_targets
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.json import answer_as_json
from meshpolicy.render.text import answer_as_text


@click.command("check", short_help="May this one call this, and why?")
@click.argument("client", metavar="FROM")
@click.argument("server", metavar="TO")
@request_options
@click.option("--direct", is_flag=True, help="Call the pod's address, not its Service.")
@click.option(
    "--explain/--no-explain", default=None, help="Also explain the rules in brackets, or print the verdict alone."
)
@output("text", "json")
@cluster_options
def command(
    client: str,
    server: str,
    cluster: Cluster,
    output: str,
    *,
    sent: Sent,
    direct: bool,
    explain: bool | None,
) -> None:
    """Say whether one call is allowed, and why, down to file and document.

    FROM is a workload (`pinger`, `namespace/name`), an account that the policies name, an address, or `unmeshed`.
    An address means the pod that has it; an address of no pod may be that of the server's node. `unmeshed` is a client
    without a sidecar, and not the node.
    TO is `[namespace/]workload[:port][/path]`; a port is a number or a name, of the workload or else of its Service.
    Or it is the name or URL of a Service, such as `cart.shop.svc.cluster.local/items` or `http://cart.shop:8080/items`.
    Exits 1 if the call is refused or unknown.
    """
    asked = ask(cluster, client, server, sent, direct=direct, suggest=True)
    what = asked.what
    if what.through is not None:
        echo(f"note: that port is one of {what.through}, which leads to {what.workload.ref}:{what.port}", err=True)
    elif not direct and not find_service_targets(cluster, what.workload, what.port):
        text = f"no Service of these manifests leads to {what.workload.ref}:{what.port}"
        echo(f"note: {text}; this is the answer to a call of the pod's address", err=True)
    echo(answer_as_json(asked) if output == "json" else answer_as_text(asked, width(), explain=explain))
    sys.exit(0 if asked.judged.answer.allowed else 1)
