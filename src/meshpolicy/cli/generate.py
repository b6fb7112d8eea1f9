"""The verb `generate`: policies made from observed calls."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from meshpolicy.api.generate import ask_generate
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, output, read_manifests, sources_and_namespaces, width
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.generate import Generated, Wishes
from meshpolicy.generate.plan import LEAST
from meshpolicy.kinds.assembly import rebuilt
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.folder import SUFFIXES
from meshpolicy.manifests.foreign import may_be_manifest
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.render.generated import (
    CHOOSE,
    MARK,
    generated_as_json,
    generated_as_text,
    manifests_as_yaml,
    manifests_by_file,
)
from meshpolicy.render.notes import notes
from meshpolicy.render.tables import fitted
from meshpolicy.traffic.read import Observed, read

LOGS = """\
To get the calls, annotate the pods `config.linkerd.io/access-log: json`, let their clients call for a while, and write
`kubectl logs --prefix -c linkerd-proxy -n NAMESPACE deployment/NAME` of each into a folder; or take series of
Prometheus, as an answer of /api/v1/query for inbound_http_authz_allow_total and inbound_tcp_authz_allow_total."""
PATTERN = "[CLIENT may ][METHOD ]PATH[ on SERVER]"


def _accounts(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return accounts as NAMESPACE/NAME."""
    del context, parameter
    for value in values:
        if value.count("/") != 1 or not all(value.split("/")):
            raise click.BadParameter(f"`{value}` is not NAMESPACE/ACCOUNT")
    return values


@click.command("generate", short_help="Which policies allow what runs, and no more?")
@click.option(
    "--traffic",
    multiple=True,
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Observed calls: a file, a folder of them, or -; needed, and may be repeated.",
)
@click.option("-o", "--out", default="", metavar="DIR|-", help="Write the policies into this folder, or to stdout.")
@click.option(
    "--min-count",
    type=click.IntRange(1),
    default=LEAST,
    show_default=True,
    metavar="N",
    help="Grant what a client was seen to ask for at least N times.",
)
@click.option("--once", is_flag=True, help="Grant what was seen once, too: --min-count 1.")
@click.option("--accept", multiple=True, metavar="PATTERN", help=f"Grant these: {PATTERN}; `*` is anything.")
@click.option("--narrow", multiple=True, metavar="PATTERN", help="Of these, grant only the observed paths.")
@click.option("--forbid", multiple=True, metavar="PATTERN", help="Grant none of these.")
@click.option(
    "--scraper",
    multiple=True,
    metavar="NAMESPACE/ACCOUNT",
    callback=_accounts,
    help="Who scrapes the sidecars' metrics.  [default: the Prometheus of linkerd-viz in SOURCES]",
)
@click.option(
    "--network-policies",
    is_flag=True,
    help="Make NetworkPolicies, too, which let in who was seen to call; of pods that nobody was seen to call, none.",
)
@output("text", "json")
@sources_and_namespaces
@mesh_options
def command(
    sources: tuple[str, ...],
    context: str,
    options: ReadOptions,
    namespaces: tuple[str, ...],
    settings: MeshSettings,
    traffic: tuple[str, ...],
    out: str,
    min_count: int,
    accept: tuple[str, ...],
    narrow: tuple[str, ...],
    forbid: tuple[str, ...],
    scraper: tuple[str, ...],
    output: str,
    *,
    once: bool,
    network_policies: bool,
) -> None:
    """Make the least policies that allow the observed calls, and prove that they do that and no more.

    FILE holds lines of Linkerd's access log (config.linkerd.io/access-log: json or apache, best as `kubectl logs
    --prefix` writes it), series of Prometheus (text, or an answer of /api/v1/query), or what the local mesh of
    PingPong's repository records.

    Each port of the namespaces that were called gets a Server, which closes it. What clients with an identity were
    seen to ask for is granted by routes; paths that differ in an identifier are one pattern, which is told: accept,
    narrow or forbid it. Calls without an identity, to an address, once only, with 4xx or 5xx, or to an unknown server
    are told, too, and not granted; some of them can be accepted. So are calls that the manifests declare and the
    policies would refuse, and ports of which the traffic would not show who connects.

    Exits 0 if all is proved and decided, 1 if something is left to decide or to prove, 2 for bad input.
    """
    if not traffic:
        raise click.UsageError(f"Missing option '--traffic'.\n{LOGS}")
    if out and out != "-":
        _refuse_foreign(Path(out))
    seen = _observed(traffic)
    reading = read_manifests(sources, context, settings, options)
    before = _without(reading.cluster, out)
    choices = Choices.of(accept, narrow, forbid)
    wishes = Wishes(choices, 1 if once else min_count, namespaces, scraper, network_policies)
    found = ask_generate(before, reading.documents, seen.calls, wishes, options.namespace)
    told = (
        generated_as_json(found, seen, before, tuple(notes(reading)))
        if output == "json"
        else _shown(found, seen, before)
    )
    _put(found, told, out)
    sys.exit(0 if found.settled else 1)


def _observed(traffic: tuple[str, ...]) -> Observed:
    """Return the observed calls; report other lines on stderr. Raises InvalidInput for unreadable files."""
    seen = read(traffic)
    if seen.unusable:
        raise InvalidInput(seen.problems)
    for problem in seen.problems:
        echo(f"note: {problem}", err=True)
    return seen


def _put(found: Generated, told: str, out: str) -> None:
    """Write the policies to the folder or stdout, if one is chosen, and the report to the other stream."""
    files = manifests_by_file(found.made)
    if out == "-":
        click.echo(manifests_as_yaml(found.made), nl=False)
    elif out:
        _write(Path(out), files)
    echo(told, err=out == "-")
    if out and out != "-":
        echo(f"{out}: wrote {', '.join(files)}", err=True)


def _shown(found: Generated, seen: Observed, cluster: Cluster) -> str:
    """Return the report, wrapped to the terminal's width except options to copy."""
    lines = generated_as_text(found, seen, cluster).splitlines()
    return "\n".join(line if line.startswith(CHOOSE) else fitted(line, width()) for line in lines)


def _without(cluster: Cluster, out: str) -> Cluster:
    """Return a cluster without the objects of an earlier run, which are generated again."""
    if not out or out == "-":
        return cluster
    ours = {str(file.resolve()) for file in Path(out).glob("*.yaml") if _ours(file)}
    kept = [
        item
        for item in cluster.objects
        if item.ref.place is None or str(Path(item.ref.place.file).resolve()) not in ours
    ]
    return rebuilt(cluster, kept)


def _refuse_foreign(folder: Path) -> None:
    """Raise InvalidInput if a folder contains other manifests, which the new kustomization would not list."""
    foreign = tuple(
        Problem(Place(str(file)), f"is a manifest {why}: choose another folder for -o")
        for file in sorted(folder.rglob("*"))
        if file.name.endswith(SUFFIXES) and file.is_file() and (why := _why_foreign(file, folder))
        if may_be_manifest(file.read_text(errors="replace"))
    )
    if foreign:
        raise InvalidInput(foreign)


def _why_foreign(file: Path, folder: Path) -> str:
    """Return why a file is not from an earlier run into this folder; empty if it is, or if it is in a hidden folder."""
    parts = file.relative_to(folder).parts
    if any(part.startswith(".") for part in parts[:-1]):
        return ""
    if not _ours(file):
        return "that was not written by `meshpolicy generate`"
    return f"below {folder}, where an earlier run put it" if len(parts) > 1 else ""


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files; raises InvalidInput if one exists that this verb did not write."""
    foreign = [
        Problem(
            Place(str(folder / name)), "is there, and was not written by `meshpolicy generate`: choose another folder"
        )
        for name in files
        if (folder / name).exists() and not _ours(folder / name)
    ]
    if foreign:
        raise InvalidInput(tuple(foreign))
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.yaml"):
        if stale.name not in files and _ours(stale):
            stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text)


def _ours(file: Path) -> bool:
    return file.is_file() and file.read_text(errors="replace").startswith(MARK)
