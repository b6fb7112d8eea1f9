"""The verb `review`: what a reviewer must know of a change, in the forms that a pull request needs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from meshpolicy.analysis.change import Change
from meshpolicy.api.review import Review, review
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, note_empty, output, read_options, width
from meshpolicy.cli.progress import progress
from meshpolicy.cli.states import read_states
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.project.project import Suppression
from meshpolicy.project.run import expired, this_day
from meshpolicy.project.states import project_of
from meshpolicy.record import replace
from meshpolicy.render.review import (
    review_as_comment,
    review_as_counts,
    review_as_github,
    review_as_markdown,
    review_as_text,
)
from meshpolicy.render.sarif import findings_as_sarif
from meshpolicy.render.tables import fitted
from meshpolicy.render.visible import visible

OPENED, CLOSED, UNKNOWN, FINDINGS, NEVER = "opened", "closed", "unknown", "findings", "never"
FILE = click.Path(dir_okay=False, path_type=Path)


def _file(name: str, said: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, type=FILE, metavar="FILE", help=said)


@click.command("review", short_help="What must a reviewer of this change know?")
@click.argument("old")
@click.argument("new")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_file("--comment", "Write Markdown for a comment, at most 60,000 characters, what opens first.")
@_file("--summary", "Append Markdown for a job's summary, with all findings.")
@_file("--sarif", "Write all findings of NEW as SARIF; not if NEW cannot be read.")
@_file("--counts", "Append NAME=NUMBER lines: opened, closed, unknown, findings …")
@click.option(
    "--project",
    type=FILE,
    metavar="FILE",
    help="A meshpolicy.yaml that says what is read, and how, and which findings are suppressed.",
)
@click.option(
    "--fail-on",
    type=click.Choice([OPENED, CLOSED, UNKNOWN, FINDINGS, NEVER]),
    multiple=True,
    default=(OPENED, CLOSED, UNKNOWN, FINDINGS),
    show_default=True,
    help="What ends with exit code 1; may be repeated.",
)
@output("text", "md", "github")
@read_options
@mesh_options
def command(
    old: str,
    new: str,
    paths: tuple[str, ...],
    options: ReadOptions,
    settings: MeshSettings,
    project: Path | None,
    fail_on: tuple[str, ...],
    output: str,
    **files: Path | None,
) -> None:
    """Say which requests a change opens and closes, and which findings of lint it brings.

    OLD and NEW are files, folders or git revisions, as for `diff`; of a revision, or below a folder, PATHs are read.
    With --project, that file says what is read and how; PATHs and options for reading are ignored. The file of OLD is
    used, because a change must not choose how it is reviewed; what a change of the file does is unknown.
    If OLD cannot be read, all changes are unknown; if NEW cannot be read, the exit code is 2. The files are written
    in any case, so that the pull request shows the reason.
    """
    suppressed: tuple[Suppression, ...] = ()
    doubt = ""
    if project is not None:
        chosen = project_of(project, old, new)
        told, doubt = chosen.project, chosen.doubt
        paths, options, settings, suppressed = told.sources, told.options, told.settings, told.suppressions
    before, after = read_states(old, new, paths, settings, options)
    note_empty(before.cluster, after.cluster)
    found = review(before, after, progress, [one.covers for one in suppressed if not expired(one, this_day())])
    found = replace(found, doubt=doubt)
    _write(found, old, new, **files)
    echo(_shown(found, old, new, output))
    for problem in () if output == "github" else (*found.wrong_before, *found.wrong_after):
        echo(problem, err=True)
    sys.exit(2 if found.wrong_after else int(any(word in fail_on for word in _reasons(found))))


def _write(
    found: Review,
    old: str,
    new: str,
    *,
    comment: Path | None,
    summary: Path | None,
    sarif: Path | None,
    counts: Path | None,
) -> None:
    if comment is not None:
        comment.write_text(review_as_comment(found, old, new), encoding="utf-8")
    if summary is not None:
        _append(summary, review_as_markdown(found, old, new))
    if sarif is not None and not found.wrong_after:
        sarif.write_text(findings_as_sarif(sorted((*found.brought, *found.kept), key=lambda one: one.place)))
    if counts is not None:
        _append(counts, review_as_counts(found))


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(visible(text))


def _reasons(found: Review) -> Iterator[str]:
    """Yield the words of --fail-on that hold."""
    if found.count(Change.OPENED):
        yield OPENED
    if found.count(Change.CLOSED):
        yield CLOSED
    if found.count(Change.UNKNOWN) or not found.compared:
        yield UNKNOWN
    if found.brought:
        yield FINDINGS


def _shown(found: Review, old: str, new: str, form: str) -> str:
    match form:
        case "md":
            return review_as_markdown(found, old, new)
        case "github":
            return review_as_github(found)
        case _:
            return "\n".join(fitted(line, width()) for line in review_as_text(found).splitlines())
