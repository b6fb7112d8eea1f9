"""The verb `ready`: what breaks if deny is the default."""

import sys

import click

from meshpolicy.api.ready import ask_ready
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import columns, mesh_options, networks, output, read_manifests, sources_and_namespaces
from meshpolicy.core.errors import InvalidInput
from meshpolicy.core.networks import parse_network
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.ready.need import Party
from meshpolicy.ready.report import Report
from meshpolicy.render.notes import notes
from meshpolicy.render.ready import exit_code, report_as_json, report_as_junit, report_as_text, report_as_yaml
from meshpolicy.traffic.read import Observed
from meshpolicy.traffic.read import read as read_traffic

WHO = "Who {} is: a workload, an account `namespace/account`, or `unmeshed`.  [default: by its image]"


@click.command("ready", short_help="What breaks if I deny by default?")
@click.option("--ingress", default="", metavar="CLIENT", help=WHO.format("the ingress controller"))
@click.option("--prometheus", default="", metavar="CLIENT", help=WHO.format("Prometheus"))
@click.option(
    "--traffic",
    "logs",
    multiple=True,
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Observed calls, too: lines of Linkerd's access log, series of Prometheus, or what the local mesh of "
    "PingPong's repository records; may be repeated.",
)
@click.option(
    "--nodes",
    default=None,
    metavar="LIST",
    callback=networks,
    help="The networks of the nodes' addresses, from which the kubelet probes.  [default: any]",
)
@click.option("--accept-unknown", is_flag=True, help="Exit 0 where nothing is refused, though not all can be seen.")
@click.option("--explain", is_flag=True, help="Also say why each need is allowed.")
@output("text", "json", "junit", "yaml")
@sources_and_namespaces
@mesh_options
def command(
    sources: tuple[str, ...],
    context: str,
    options: ReadOptions,
    namespaces: tuple[str, ...],
    settings: MeshSettings,
    output: str,
    ingress: str,
    prometheus: str,
    logs: tuple[str, ...],
    nodes: tuple[str, ...] | None,
    *,
    accept_unknown: bool,
    explain: bool,
) -> None:
    """Say what breaks if `config.linkerd.io/default-inbound-policy: deny` is set.

    What workloads need is read from their variables, arguments and mounted files, from Ingresses and routes of
    Gateways, probes, hooks, scrapes, webhooks and StatefulSets. Each need is held against the policies as they would
    be with deny, and against sidecars, ports and NetworkPolicies. Exits 0 if deny can be set, 1 if a need is refused or
    not known.
    """
    reading = read_manifests(sources, context, settings, options)
    told = {Party.INGRESS: ingress, Party.PROMETHEUS: prometheus}
    known = tuple(one for text in nodes or () if (one := parse_network(text)) is not None)
    seen = _observed(logs)
    found = ask_ready(reading, namespaces, options.namespace, told, known, seen)
    if output == "json":
        echo(report_as_json(found, reading.cluster.settings, tuple(notes(reading))))
    else:
        settings, seen_some = reading.cluster.settings, bool(logs)
        echo(_shown(found, settings, output, accept_unknown=accept_unknown, explain=explain, observed=seen_some))
    sys.exit(exit_code(found, accept_unknown=accept_unknown))


def _observed(logs: tuple[str, ...]) -> Observed:
    """Return what logs tell, with a note on stderr for what was left out. Raises InvalidInput."""
    found = read_traffic(logs)
    if found.unusable:
        raise InvalidInput(found.unusable)
    for problem in found.problems:
        echo(f"note: {problem}", err=True)
    return found


def _shown(
    found: Report, settings: MeshSettings, form: str, *, accept_unknown: bool, explain: bool, observed: bool
) -> str:
    match form:
        case "junit":
            return report_as_junit(found, accept_unknown=accept_unknown)
        case "yaml":
            return report_as_yaml(found)
        case _:
            return report_as_text(found, settings, columns(), explain=explain, observed=observed)
