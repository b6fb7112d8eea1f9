"""The verb `check`: the verdict of one call, and why."""

import json
import sys
from collections.abc import Sequence

import click
import yaml

from meshpolicy.cli.options import cluster_options, output
from meshpolicy.client import Traffic
from meshpolicy.cluster import Cluster
from meshpolicy.decide import Verdict
from meshpolicy.judge import Answer, judge
from meshpolicy.questions import Caller, Target, caller, target
from meshpolicy.routing import Request
from meshpolicy.suggest import Change, suggestion
from meshpolicy.transport import Call, door_to


@click.command("check", short_help="May this one call this, and why?")
@click.argument("client", metavar="FROM")
@click.argument("server", metavar="TO")
@cluster_options
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@click.option("--path", default="", help="The request's path, with its query; TO may hold it, too.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="A request header; may be repeated.")
@click.option("--host", default="", help="The Host that is asked for, if it is not the Service's.")
@click.option("--protocol", type=click.Choice([str(t) for t in Traffic]), default="http", show_default=True)
@click.option("--direct", is_flag=True, help="Call the pod's address, not its Service.")
@click.option("--explain/--no-explain", default=True, help="Show the reasons and, if refused, what would allow it.")
@output("text", "json")
def command(  # one parameter an option
    client: str, server: str, cluster: Cluster, output: str, *, explain: bool, direct: bool, **asked: str
) -> None:
    """Say whether one call is allowed, and why, down to file and document.

    FROM is a workload (`pinger`, `namespace/name`), an account that the policies name, an address, or `unmeshed`.
    TO is `[namespace/]workload[:port][/path]`; a port is a number or a name. Exits 1 if the call is refused.
    """
    who, what = caller(cluster, client), target(cluster, server)
    call = _call(cluster, who, what, direct=direct, asked=asked)
    answer = judge(cluster, call)
    change = suggestion(cluster, call, answer)
    if output == "json":
        click.echo(json.dumps(_object(answer, change), indent=2))
    else:
        click.echo("\n".join(_text(call, who, answer, change, explain=explain)))
    sys.exit(0 if answer.allowed else 1)


def _call(cluster: Cluster, who: Caller, what: Target, *, direct: bool, asked: dict[str, str]) -> Call:
    traffic = Traffic(asked["protocol"])
    door = None if direct else door_to(cluster, what.workload, what.port)
    host = asked["host"] or (f"{door.service.ref.name}.{door.service.ref.namespace}.svc.cluster.local" if door else "")
    pairs: Sequence[str] = asked["headers"]
    headers = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--header {pair}: write NAME=VALUE")
        headers[name.lower()] = value
    method = "POST" if traffic is Traffic.GRPC else asked["method"].upper()
    path = asked["path"] or what.path or "/"
    if not path.startswith("/"):
        raise click.UsageError(f"--path {path}: a path begins with /")
    request = Request(method, path, {"host": host, **headers}, headers.get("host", host))
    return Call(what.workload, what.port, who.workload, who.address, door, request, traffic)


def _text(call: Call, who: Caller, answer: Answer, change: Change | None, *, explain: bool) -> list[str]:
    sent = f"{call.request.method} {call.request.path}" if call.traffic.is_http else f"a {call.traffic} connection"
    head = "ALLOWED" if answer.allowed else "UNKNOWN" if answer.verdict is Verdict.UNKNOWN else "REFUSED"
    shown = "" if answer.outcome in ("allow", "unknown") else f" ({answer.verdict}, seen as {answer.outcome})"
    lines = [f"{head}{shown}: {who.name} -> {call.server.ref}:{call.port}, {sent}"]
    if not explain:
        return lines
    if answer.layer != "nobody":
        lines.append(f"  decided by {answer.layer}")
    lines += [f"  - {reason}" for reason in answer.reasons]
    if call.traffic is Traffic.HTTP:
        lines += ["", "see it yourself:", f"  {curl(call)}"]
    if change is not None and not answer.allowed:
        lines += ["", f"to allow this: {change.text}"]
        if change.manifests:
            lines += ["", yaml.safe_dump_all(change.manifests, sort_keys=False).rstrip()]
    return lines


def curl(call: Call) -> str:
    """Return the command that makes the call."""
    words = ["curl -i"]
    words += [f"-X {call.request.method}"] if call.request.method != "GET" else []
    words += [f"-H '{name}: {value}'" for name, value in call.request.headers.items() if name != "host"]
    if call.door is not None:
        number = call.door.port.number
        port = "" if number == 80 else f":{number}"
        host = f"{call.door.service.ref.name}.{call.door.service.ref.namespace}{port}"
    else:
        host = f"{next(iter(call.server.addresses), 'POD-ADDRESS')}:{call.port}"
    words.append(f"'http://{host}{call.request.path}'")
    if call.client is None or call.client.ref.kind == "ServiceAccount":
        return " ".join(words)
    kind = "" if call.client.ref.kind == "Pod" else f"{call.client.ref.kind.lower()}/"
    return f"kubectl exec -n {call.client.ref.namespace} {kind}{call.client.ref.name} -- {' '.join(words)}"


def _object(answer: Answer, change: Change | None) -> dict[str, object]:
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
        "change": None if change is None or answer.allowed else {"text": change.text, "manifests": change.manifests},
    }
