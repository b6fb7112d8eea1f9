"""The verb `check`: the verdict of one call, and why."""

import sys
from collections.abc import Callable, Iterable, Sequence

import click

from meshpolicy.analysis.advice import advice
from meshpolicy.analysis.questions import caller, target
from meshpolicy.analysis.suggest import Manifest
from meshpolicy.analysis.ways import judge_name
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, output, width
from meshpolicy.cli.request import request_options
from meshpolicy.core.client import Traffic
from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.decide.routing import Request
from meshpolicy.decide.transport import Call, ServiceTarget, find_service_targets
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import assemble, parse_documents
from meshpolicy.render.json import answer_as_json
from meshpolicy.render.text import answer_as_text


@click.command("check", short_help="May this one call this, and why?")
@click.argument("client", metavar="FROM")
@click.argument("server", metavar="TO")
@request_options
@click.option("--direct", is_flag=True, help="Call the pod's address, not its Service.")
@click.option(
    "--explain/--no-explain", default=None, help="Say what the rules in brackets are, too; or the verdict alone."
)
@output("text", "json")
@cluster_options
def command(
    client: str,
    server: str,
    cluster: Cluster,
    output: str,
    *,
    request: Callable[[str, ServiceTarget | None], Request],
    traffic: Traffic,
    direct: bool,
    explain: bool | None,
) -> None:
    """Say whether one call is allowed, and why, down to file and document.

    FROM is a workload (`pinger`, `namespace/name`), an account that the policies name, an address, or `unmeshed`.
    TO is `[namespace/]workload[:port][/path]`; a port is a number or a name. Exits 1 if the call is refused.
    """
    who, what = caller(cluster, client), target(cluster, server)

    def make(workload: Workload, port: int, service_target: ServiceTarget | None) -> Call:
        sent = request(what.path, service_target)
        return Call(workload, port, who.workload, who.address, service_target, sent, traffic)

    judged = judge_name(cluster, what, make, direct=direct)
    if not direct and not find_service_targets(cluster, what.workload, what.port):
        text = f"no Service of these manifests leads to {what.workload.ref}:{what.port}"
        echo(f"note: {text}; this is the answer to a call of the pod's address", err=True)

    def rebuilt(objects: Iterable[Object]) -> Cluster:
        return assemble(objects, cluster.settings)

    def objects_of(manifests: Sequence[Manifest]) -> Sequence[Object]:
        documents = [Document(Place("the suggestion", number), one) for number, one in enumerate(manifests, 1)]
        return parse_documents(documents, cluster.settings).cluster.objects

    change = advice(cluster, judged.call, judged.answer, rebuilt, objects_of)
    if output == "json":
        echo(answer_as_json(judged, change, cluster))
    else:
        echo(answer_as_text(judged, who, change, cluster, width(), explain=explain))
    sys.exit(0 if judged.answer.allowed else 1)
