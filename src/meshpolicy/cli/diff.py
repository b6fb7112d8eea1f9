"""The verb `diff`: what a change of manifests opens and closes."""

import sys
from collections.abc import Sequence

import click

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.difference import Comparison
from meshpolicy.analysis.selection import Selection
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, note_empty, output, read_options, selection_options, width
from meshpolicy.cli.progress import progress
from meshpolicy.cli.states import read_states
from meshpolicy.core.errors import InvalidInput
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.render.changes import EMPTY, changes_as_text
from meshpolicy.render.tables import fitted

PARSED = ("json", "github")
"""Forms that programs read: there stderr and the exit code say that nothing was compared."""


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
    """Say which requests a change opens and closes, and which get another route or grant.

    OLD and NEW are files, folders or git revisions; of a revision, --paths (and further PATHs) are read.
    All clients and all requests are compared, not the words of the policies. Exits 1 if the outcome of a request
    changes or may change, or if no workload was read; another route or grant with the same outcome does not count.
    """
    below = (*paths, *more)
    states = read_states(old, new, below, settings, options)
    if wrong := [problem for state in states for problem in state.deciding]:
        raise InvalidInput(tuple(wrong))
    before, after = (state.cluster for state in states)
    note_empty(before, after)
    for source, state in ((old, before), (new, after)) if before.workloads or after.workloads else ():
        if not state.workloads:
            echo(f"note: no workload was read of {source}: no Pod, and nothing that makes Pods", err=True)
    selection = Selection((before, after), servers, clients)
    selection.check()
    comparison = Comparison(before, after)
    pairs = list(comparison.pairs(selection.is_server))
    found = (changed for pair in progress(pairs, "ports", len(pairs)) for changed in comparison.changes(*pair))
    changes = sorted(filter(selection.concerns, found), key=lambda changed: list(Change).index(changed.change))
    compared = bool(before.workloads or after.workloads)
    echo(_shown(changes, after, output, explain=explain) if compared or output in PARSED else f"not compared: {EMPTY}")
    sys.exit(1 if not compared or any(changed.change.changes_requests for changed in changes) else 0)


def _shown(changes: Sequence[Changed], after: Cluster, form: str, *, explain: bool) -> str:
    match form:
        case "json":
            from meshpolicy.render.json import changes_as_json  # here, as it brings much along: a text starts sooner

            return changes_as_json(changes, after)
        case "md":
            from meshpolicy.render.markdown import changes_as_markdown

            return changes_as_markdown(changes, after.settings)
        case "github":
            from meshpolicy.render.github import changes_as_github

            return changes_as_github(changes, after.settings)
        case _:
            lines = changes_as_text(changes, after, explain=explain).splitlines()
            return "\n".join(fitted(line, width()) for line in lines)
