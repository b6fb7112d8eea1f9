"""The verb `diff`: what a change of manifests opens and closes."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from meshpolicy.analysis.difference import Change, Changed, Comparison
from meshpolicy.analysis.selection import Selection
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, note_empty, output, read_options, selection_options, width
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.revisions import holds, is_revision
from meshpolicy.manifests.sources import read
from meshpolicy.render.github import changes_as_github
from meshpolicy.render.markdown import changes_as_markdown
from meshpolicy.render.notes import summed
from meshpolicy.render.tables import fitted
from meshpolicy.render.text import changes_as_text


@click.command("diff", short_help="What does this change open or close?")
@click.argument("old")
@click.argument("new")
@click.option("--paths", multiple=True, help="What to read of a git revision, or below NEW; may be repeated.")
@click.argument("more", nargs=-1, metavar="[PATH]...")
@click.option("--explain", is_flag=True, help="Name the objects that admit each client, and a request to try.")
@selection_options
@output("text", "json", "md", "github")
@read_options
@mesh_options
def command(
    old: str,
    new: str,
    paths: tuple[str, ...],
    more: tuple[str, ...],
    options: ReadOptions,
    settings: MeshSettings,
    output: str,
    servers: tuple[str, ...],
    clients: tuple[str, ...],
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
    before, after = _read(old, below, settings, options), _read(new, below, settings, options)
    note_empty(before, after)
    selection = Selection((before, after), servers, clients)
    selection.check()
    comparison = Comparison(before, after)
    pairs = list(comparison.pairs(selection.is_server))
    found = (changed for pair in progress(pairs, "ports", len(pairs)) for changed in comparison.changes(*pair))
    changes = sorted(filter(selection.concerns, found), key=lambda changed: list(Change).index(changed.change))
    echo(_shown(changes, after, output, explain=explain))
    sys.exit(1 if any(changed.change.changes_requests for changed in changes) else 0)


def _require(old: str, new: str, paths: Sequence[str]) -> None:
    """Raise a usage error where a source is none, or a path is in neither: a misspelt path must not compare less."""
    for source in (old, new):
        if not Path(source).exists() and not is_revision(source):
            raise click.UsageError(f"`{source}` is neither a path nor a git revision")
    lost = [path for path in paths if not _holds(old, path) and not _holds(new, path)]
    if lost:
        raise click.UsageError(f"neither {old} nor {new} holds {' or '.join(lost)}: name files or folders below them")


def _holds(source: str, path: str) -> bool:
    return Path(source, path).exists() if Path(source).exists() else holds(source, path)


def _read(source: str, paths: Sequence[str], settings: MeshSettings, options: ReadOptions) -> Cluster:
    if Path(source).exists():
        inner = [Path(source, path) for path in paths] if Path(source).is_dir() else []
        named = [str(path) for path in inner if path.exists()] if inner else [source]
        reading = read(named, settings, progress=progress, options=options)
    else:
        reading = read(paths or ["."], settings, progress=progress, options=replace(options, revision=source))
    for note in summed(reading.left_out):
        echo(f"note: {note}", err=True)
    if reading.deciding:
        raise InvalidInput(reading.deciding)
    return reading.cluster


def _shown(changes: Sequence[Changed], after: Cluster, form: str, *, explain: bool) -> str:
    match form:
        case "json":
            from meshpolicy.render.json import changes_as_json  # here, as it brings much along: a text starts sooner

            return changes_as_json(changes, after)
        case "md":
            return changes_as_markdown(changes, after.settings)
        case "github":
            return changes_as_github(changes, after.settings)
        case _:
            lines = changes_as_text(changes, after, explain=explain).splitlines()
            return "\n".join(fitted(line, width()) for line in lines)
