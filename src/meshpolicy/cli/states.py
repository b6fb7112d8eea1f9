"""Two states of manifests that a verb compares: files, folders or git revisions."""

from collections.abc import Sequence
from pathlib import Path

import click

from meshpolicy.cli.echo import echo
from meshpolicy.cli.progress import progress
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.folder import holds_files, manifests_in
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.revisions import has_manifests, holds, is_revision
from meshpolicy.manifests.sources import read
from meshpolicy.record import replace
from meshpolicy.render.notes import summed


def read_states(
    old: str, new: str, paths: Sequence[str], settings: MeshSettings, options: ReadOptions
) -> tuple[Manifests, Manifests]:
    """Return what two states hold below the paths, each with every problem in it.

    One of them may have no manifest yet, or none any more. Raises a usage error where a source is none, or a path is
    in neither: a misspelt path must not compare less.
    """
    for source in (old, new):
        if not Path(source).exists() and not is_revision(source):
            raise click.UsageError(f"`{source}` is neither a path nor a git revision")
    lost = [path for path in paths if not _holds(old, path) and not _holds(new, path)]
    if lost:
        raise click.UsageError(f"neither {old} nor {new} holds {' or '.join(lost)}: name files or folders below them")
    for source, other in ((old, new), (new, old)):
        for path in (one for one in paths if _holds(other, one) and not _holds(source, one)):
            echo(f"note: {source} does not hold {path}: if it was moved, name its other place as well", err=True)
    empty = [_is_empty(source) for source in (old, new)]
    if all(empty):
        raise click.UsageError(f"neither {old} nor {new} holds a manifest (*.yaml, *.yml or *.json)")
    before, after = (
        parse_documents((), settings) if nothing else _read(source, other, paths, settings, options)
        for source, other, nothing in zip((old, new), (new, old), empty, strict=True)
    )
    for note in (note for state in (before, after) for note in summed(state.left_out)):
        echo(f"note: {note}", err=True)
    return before, after


def _holds(source: str, path: str) -> bool:
    return Path(source, path).exists() if Path(source).exists() else holds(source, path)


def _is_empty(source: str) -> bool:
    """Whether a folder or a revision has no manifest at all."""
    if not Path(source).exists():
        return not has_manifests(source)
    if not Path(source).is_dir() or holds_files(Path(source)):
        return False
    folder = manifests_in(Path(source))
    return not (folder.files or folder.unreadable or folder.rendered or folder.left_out)


def _read(source: str, other: str, paths: Sequence[str], settings: MeshSettings, options: ReadOptions) -> Manifests:
    if not Path(source).exists():
        return read(paths or ["."], settings, progress=progress, options=replace(options, revision=source))
    if not Path(source).is_dir():
        return read([source], settings, progress=progress, options=options)
    named = [str(path) for path in (Path(source, path) for path in paths) if path.exists()] if paths else [source]
    return read(named, settings, progress=progress, options=_below(source, other, options))


def _below(source: str, other: str, options: ReadOptions) -> ReadOptions:
    """Return how a folder is read: overlays and charts are those of this state, not those of the current folder."""
    overlays = []
    for overlay in options.overlays:
        if Path(source, overlay).exists():
            overlays.append(str(Path(source, overlay)))
        elif _is_in(overlay, source) or not _is_in(overlay, other):
            overlays.append(overlay)
    charts = tuple(
        replace(one, path=str(Path(source, one.path)), values=tuple(str(Path(source, file)) for file in one.values))
        for one in options.charts
    )
    return replace(options, overlays=tuple(overlays), charts=charts)


def _is_in(path: str, folder: str) -> bool:
    return Path(path).resolve().is_relative_to(Path(folder).resolve())
