"""The verb `check`: the verdict of one call, and why."""

import json
import sys
from collections.abc import Callable

import click
import yaml

from meshpolicy.analysis.questions import Caller, caller, target
from meshpolicy.analysis.suggest import Change, suggestion
from meshpolicy.analysis.ways import Judged, judge_name
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import cluster_options, output, width
from meshpolicy.cli.request import curl, request_options
from meshpolicy.core.client import Traffic
from meshpolicy.decide.decide import Verdict
from meshpolicy.decide.routing import Request
from meshpolicy.decide.transport import Call, ServiceTarget, find_service_targets
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.render.tables import fitted
from meshpolicy.semantics.rules import sentences

SEEN = {"closed": ": the connection is cut", "blocked": ": no connection is made"}
"""What a client sees where no proxy answers it; otherwise it is a status."""


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
    change = suggestion(cluster, judged.call, judged.answer)
    if output == "json":
        echo(json.dumps(_object(judged, change), indent=2))
    else:
        echo("\n".join(_text(judged, who, change, explain=explain)))
    sys.exit(0 if judged.answer.allowed else 1)


def _text(judged: Judged, who: Caller, change: Change | None, *, explain: bool | None) -> list[str]:
    call, answer = judged.call, judged.answer
    sent = f"{call.request.method} {call.request.path}" if call.traffic.is_http else f"a {call.traffic} connection"
    head = "ALLOWED" if answer.allowed else "UNKNOWN" if answer.verdict is Verdict.UNKNOWN else "REFUSED"
    seen = SEEN.get(answer.outcome, f", seen as {answer.outcome}")
    shown = "" if answer.outcome in ("allow", "unknown") else f" ({answer.verdict}{seen})"
    lines = [fitted(f"{head}{shown}: {who.name} -> {call.server.ref}:{call.port}, {sent}", width())]
    if explain is False:
        return lines
    if answer.layer != "nobody":
        lines.append(f"  decided by {answer.layer}")
    told = [f"  - {reason}" for reason in answer.reasons]
    if explain:
        told += ["", *(f"  {sentence}" for sentence in sentences(reason.rule for reason in answer.reasons))]
    told += [f"  - {way.name}: {way.answer.outcome}" for way in judged.others]
    lines += [fitted(line, width()) for line in told]
    if call.traffic is Traffic.HTTP:
        lines += ["", "see it yourself:", f"  {curl(call)}"]
    if change is not None and not answer.allowed:
        lines += ["", fitted(f"to allow this: {change.text}", width())]
        if change.manifests:
            lines += ["", yaml.safe_dump_all(change.manifests, sort_keys=False).rstrip()]
    return lines


def _object(judged: Judged, change: Change | None) -> dict[str, object]:
    call, answer = judged.call, judged.answer
    return {
        "verdict": str(answer.verdict),
        "outcome": answer.outcome,
        "layer": answer.layer,
        "reasons": [
            {
                "text": reason.text,
                "rule": reason.rule,
                "place": str(reason.ref.place) if reason.ref is not None and reason.ref.place else "",
            }
            for reason in answer.reasons
        ],
        "otherwise": [{"way": way.name, "outcome": way.answer.outcome} for way in judged.others],
        "curl": curl(call) if call.traffic is Traffic.HTTP else None,
        "change": None if change is None or answer.allowed else {"text": change.text, "manifests": change.manifests},
    }
