"""The verb `diff`: what a change of manifests opens and closes."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from meshpolicy.analysis.calls import Port
from meshpolicy.analysis.difference import Change, Changed, Comparison
from meshpolicy.analysis.words import (
    EVERYTHING,
    asked_words,
    clients_words,
    pods_words,
    witness_object,
    witness_words,
)
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, note_empty, output, width
from meshpolicy.cli.progress import progress
from meshpolicy.cli.request import curl
from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import InvalidInput
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.revisions import holds, is_revision, read_revision
from meshpolicy.manifests.sources import read
from meshpolicy.render.tables import fitted, markdown

MEANS = {
    Change.OPENED: "",
    Change.CLOSED: "",
    Change.UNKNOWN: " (it may be opened or closed)",
    Change.REROUTED: " (allowed before and after, through another route)",
    Change.REGRANTED: " (allowed before and after, by other grants)",
}
SIGNS = {Change.OPENED: "+", Change.CLOSED: "-", Change.UNKNOWN: "?", Change.REROUTED: "~", Change.REGRANTED: "~"}
NOTHING = "no request changes"


@click.command("diff", short_help="What does this change open or close?")
@click.argument("old")
@click.argument("new")
@click.option("--paths", multiple=True, help="What to read of a git revision, or below NEW; may be repeated.")
@click.argument("more", nargs=-1, metavar="[PATH]...")
@click.option("--explain", is_flag=True, help="Name the objects that admit each client, and a request to try.")
@output("text", "json", "md")
@mesh_options
def command(
    old: str,
    new: str,
    paths: tuple[str, ...],
    more: tuple[str, ...],
    settings: MeshSettings,
    output: str,
    *,
    explain: bool,
) -> None:
    """Say which requests a change opens and closes, and which others admit now.

    OLD and NEW are files, folders or git revisions; of a revision, --paths (and further PATHs) are read.
    All clients and all requests are compared, whatever the words of the policies. Exits 1 if the outcome of some
    request changes, or may change; a request that is admitted by another route or grant does not count.
    """
    below = (*paths, *more)
    _require(old, new, below)
    before, after = _read(old, below, settings), _read(new, below, settings)
    note_empty(before, after)
    comparison = Comparison(before, after)
    pairs = list(comparison.pairs())
    found = (changed for pair in progress(pairs, "ports", len(pairs)) for changed in comparison.changes(*pair))
    changes = sorted(found, key=lambda changed: list(Change).index(changed.change))
    shown = _show(changes, after, output, explain=explain)
    echo("\n".join(fitted(line, width()) for line in shown.splitlines()) if output == "text" else shown)
    sys.exit(1 if any(changed.change.changes_requests for changed in changes) else 0)


def _require(old: str, new: str, paths: Sequence[str]) -> None:
    """Raise a usage error where a source is none, or a path is in neither: a slip of the pen must not compare less."""
    for source in (old, new):
        if not Path(source).exists() and not is_revision(source):
            raise click.UsageError(f"`{source}` is neither a path nor a git revision")
    lost = [path for path in paths if not _holds(old, path) and not _holds(new, path)]
    if lost:
        raise click.UsageError(f"neither {old} nor {new} holds {' or '.join(lost)}: name files or folders below them")


def _holds(source: str, path: str) -> bool:
    return Path(source, path).exists() if Path(source).exists() else holds(source, path)


def _read(source: str, paths: Sequence[str], settings: MeshSettings) -> Cluster:
    if Path(source).exists():
        inner = [Path(source, path) for path in paths] if Path(source).is_dir() else []
        named = [str(path) for path in inner if path.exists()] if inner else [source]
        reading = read(named, settings, progress=progress)
    else:
        documents, problems = read_revision(source, paths or ["."], progress)
        reading = parse_documents(documents, settings, problems, progress)
    if reading.wrong:
        raise InvalidInput(reading.wrong)
    return reading.cluster


def _show(changes: Sequence[Changed], after: Cluster, form: str, *, explain: bool) -> str:
    if form == "json":
        return json.dumps([_object(changed, after) for changed in changes], indent=2)
    if form == "md":
        rows = [[f"**{c.change}**", *_cells(c, after.settings), _why(c)] for c in changes]
        table = markdown(["change", "client", "server", "requests", "granted by"], rows)
        return f"{_counted(changes)}.\n\n{table}" if changes else f"{NOTHING.capitalize()}."
    lines = [] if any(changed.change.changes_requests for changed in changes) else [NOTHING]
    for kind in Change:
        found = [changed for changed in changes if changed.change is kind]
        if found:
            lines.append(f"{kind}{MEANS[kind]}: {len(found)}")
        for changed in found:
            lines += _lines(changed, after, explain=explain)
    return "\n".join(lines)


def _lines(changed: Changed, after: Cluster, *, explain: bool) -> Iterator[str]:
    client, server, what = _cells(changed, after.settings)
    redecided = changed.change in (Change.REROUTED, Change.REGRANTED)
    why = f"  ({_why(changed)})" if explain or redecided or changed.reasons else ""
    yield f"  {SIGNS[changed.change]} {client} -> {server}  {what}{why}"
    if explain and changed.region is not None and changed.change.changes_requests:
        yield f"      for example {witness_words(changed.region.witness, after.settings)}"
        if shown := _curl(changed, after):
            yield f"      {shown}"


def _counted(changes: Sequence[Changed]) -> str:
    """Return how many regions change in which way, as a sentence without its end."""
    counts = ((kind, sum(changed.change is kind for changed in changes)) for kind in Change)
    return "Requests " + ", ".join(f"{kind}: {count}" for kind, count in counts if count)


def _cells(changed: Changed, settings: MeshSettings) -> tuple[str, str, str]:
    server = f"{changed.server.namespace}/{changed.server.name}:{changed.port}"
    if changed.region is None:
        return "anyone", server, EVERYTHING
    region = changed.region
    pods = f" (from {pods_words(region.pods)})" if region.pods else ""
    return clients_words(region.clients, settings) + pods, server, asked_words(region.asked)


def _why(changed: Changed) -> str:
    if changed.reasons:
        return "; ".join(changed.reasons)
    before, after = ", ".join(map(str, changed.before)), ", ".join(map(str, changed.after))
    return f"{before} -> {after}" if before and after else before or after


def _curl(changed: Changed, after: Cluster) -> str:
    """Return the command that makes one of the calls, where that is possible with HTTP/1."""
    workload = next((one for one in after.workloads if one.ref == changed.server), None)
    if changed.region is None or workload is None or changed.region.witness.traffic is not Traffic.HTTP:
        return ""
    return curl(changed.region.witness.made_by(Port(after, workload, changed.port)))


def _object(changed: Changed, after: Cluster) -> dict[str, object]:
    client, _, what = _cells(changed, after.settings)
    witness = None if changed.region is None else changed.region.witness
    return {
        "change": str(changed.change),
        "client": client,
        "server": f"{changed.server.namespace}/{changed.server.name}",
        "port": changed.port,
        "requests": what,
        "before": [str(ref) for ref in changed.before],
        "after": [str(ref) for ref in changed.after],
        "reasons": list(changed.reasons),
        "witness": None if witness is None else {**witness_object(witness), "curl": _curl(changed, after) or None},
    }
