"""The verb `lint`: mistakes in the manifests."""

import sys

import click

from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, note_empty, note_reading, output, require, sources, width
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.registry import lint, without
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.sources import read
from meshpolicy.render.github import findings_as_github
from meshpolicy.render.gitlab import findings_as_gitlab
from meshpolicy.render.json import findings_as_json
from meshpolicy.render.junit import findings_as_junit
from meshpolicy.render.sarif import findings_as_sarif
from meshpolicy.render.tables import fitted
from meshpolicy.render.text import findings_as_text

FORMS = {
    "json": findings_as_json,
    "github": findings_as_github,
    "gitlab": findings_as_gitlab,
    "sarif": findings_as_sarif,
    "junit": findings_as_junit,
}


def _fitted(text: str) -> str:
    return "\n".join(fitted(line, width()) for line in text.splitlines())


@click.command("lint", short_help="What is wrong in these manifests?")
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave out a code (MP035); may be repeated.")
@click.option("--notes/--no-notes", default=False, help="Also show notes, which are worth knowing but are no mistakes.")
@click.option("--explain", is_flag=True, help="Also say why each finding matters, and which rules are behind it.")
@output("text", *FORMS)
@sources
@mesh_options
def command(
    sources: tuple[str, ...],
    context: str,
    options: ReadOptions,
    settings: MeshSettings,
    ignore: tuple[str, ...],
    output: str,
    *,
    notes: bool,
    explain: bool,
) -> None:
    """Find mistakes: ports closed or open by accident, rules without effect, probes shut out.

    Each finding has a stable code, its place, and a fix; --explain says why each matters.
    Exits 1 if there is an error or a warning.
    """
    require(sources, context)
    reading = read(sources, settings, context, progress, options)
    note_reading(reading)
    if reading.unusable:
        raise InvalidInput(reading.wrong)
    note_empty(reading.cluster)
    found = without(lint(reading.linted, reading.refused, progress), ignore, notes=notes)
    echo(FORMS[output](found) if output in FORMS else _fitted(findings_as_text(found, explain=explain)))
    sys.exit(1 if any(finding.code.severity is not Severity.NOTE for finding in found) else 0)
