"""The verb `diff`: what a change of manifests opens and closes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from meshpolicy.analysis.access import Access, accesses
from meshpolicy.analysis.difference import Change, Changed, compare
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, note_empty, output, width
from meshpolicy.cli.progress import asked, progress
from meshpolicy.core.errors import InvalidInput
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.revisions import holds, is_revision, read_revision
from meshpolicy.manifests.sources import read
from meshpolicy.render.tables import fitted, markdown

MEANS = {Change.OPENED: "", Change.CLOSED: "", Change.REASONED: " (granted before and after, by other objects)"}
SIGNS = {Change.OPENED: "+", Change.CLOSED: "-", Change.REASONED: "~"}


@click.command("diff", short_help="What does this change open or close?")
@click.argument("old")
@click.argument("new")
@click.option("--paths", multiple=True, help="What to read of a git revision, or below NEW; may be repeated.")
@click.argument("more", nargs=-1, metavar="[PATH]...")
@click.option("--explain", is_flag=True, help="Name the objects that grant each access.")
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
    """Say which access a change opens, closes, or grants by other objects.

    OLD and NEW are files, folders or git revisions; of a revision, --paths (and further PATHs) are read.
    Exits 1 if anything changed.
    """
    below = (*paths, *more)
    _require(old, new, below)
    before, after = _read(old, below, settings), _read(new, below, settings)
    note_empty(before, after)
    changes = compare(*(list(accesses(cluster, asked(cluster))) for cluster in (before, after)))
    shown = _show(changes, output, explain=explain)
    echo("\n".join(fitted(line, width()) for line in shown.splitlines()) if output == "text" else shown)
    sys.exit(1 if changes else 0)


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


def _show(changes: Sequence[Changed], form: str, *, explain: bool) -> str:
    if form == "json":
        return json.dumps([_object(changed) for changed in changes], indent=2)
    if form == "md":
        rows = [[f"**{c.change}**", *_cells(c.access), _why(c)] for c in changes]
        table = markdown(["change", "client", "server", "requests", "granted by"], rows)
        return f"{_counted(changes)}.\n\n{table}" if changes else "No access changes."
    if not changes:
        return "no access changes"
    lines: list[str] = []
    for kind in Change:
        found = [changed for changed in changes if changed.change is kind]
        if found:
            lines.append(f"{kind}{MEANS[kind]}: {len(found)}")
        for changed in found:
            client, server, what = _cells(changed.access)
            why = f"  ({_why(changed)})" if explain or kind is Change.REASONED else ""
            lines.append(f"  {SIGNS[kind]} {client} -> {server}  {what}{why}")
    return "\n".join(lines)


def _counted(changes: Sequence[Changed]) -> str:
    """Return how many accesses change in which way, as a sentence without its end."""
    counts = ((kind, sum(changed.change is kind for changed in changes)) for kind in Change)
    return "Access " + ", ".join(f"{kind}: {count}" for kind, count in counts if count)


def _cells(access: Access) -> tuple[str, str, str]:
    return access.client, f"{access.server}:{access.port}", access.what


def _why(changed: Changed) -> str:
    before, after = ", ".join(changed.before), ", ".join(changed.after)
    return f"{before} -> {after}" if before and after else before or after


def _object(changed: Changed) -> dict[str, object]:
    return {
        "change": str(changed.change),
        "client": changed.access.client,
        "server": changed.access.server,
        "port": changed.access.port,
        "requests": changed.access.what,
        "before": list(changed.before),
        "after": list(changed.after),
    }
