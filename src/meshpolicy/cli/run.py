"""The verb `run`: everything that `meshpolicy.yaml` asks for."""

import sys

import click

from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import note_empty, note_reading, output, width
from meshpolicy.cli.progress import progress
from meshpolicy.project.read import FILE, read_project
from meshpolicy.project.run import run
from meshpolicy.render.project import (
    report_as_github,
    report_as_json,
    report_as_junit,
    report_as_sarif,
    report_as_text,
)
from meshpolicy.render.tables import fitted

FORMS = {"json": report_as_json, "github": report_as_github, "sarif": report_as_sarif, "junit": report_as_junit}


@click.command("run", short_help="Is all of it as meshpolicy.yaml says?")
@click.argument("file", default=FILE, type=click.Path(dir_okay=False))
@output("text", *FORMS)
def command(file: str, output: str) -> None:
    """Read FILE (meshpolicy.yaml), and check all that it asks for.

    These are findings that it does not suppress, sentences to prove, accepted access, and policy cases. Paths in it
    begin at its folder; `meshpolicy init` writes one, with examples of its fields. Exits 1 if anything is wrong.
    """
    report = run(read_project(file), progress)
    note_reading(report.reading)
    note_empty(report.reading.cluster)
    if output in FORMS:
        echo(FORMS[output](report))
    else:
        echo("\n".join(fitted(line, width()) for line in report_as_text(report).splitlines()))
    sys.exit(1 if report.failed else 0)
