"""The verb `init`: a first meshpolicy.yaml."""

import json
from pathlib import Path

import click

from meshpolicy.cli.echo import echo
from meshpolicy.core.errors import InvalidInput, InvalidQuestion, Place, Problem
from meshpolicy.project.first import first_project, found_in
from meshpolicy.project.read import FILE, read_project
from meshpolicy.project.schema import FILE as SCHEMA
from meshpolicy.project.schema import schema


@click.command("init", short_help="How do I begin with a meshpolicy.yaml?")
@click.option("--print", "shown", is_flag=True, help="Print the file, and write none.")
def command(*, shown: bool) -> None:
    """Write a first meshpolicy.yaml into the current folder, of what lies in it, and the schema that editors read.

    It overwrites nothing: a meshpolicy.yaml that is there is an error. The schema is written anew.
    """
    found = found_in(Path())
    if not found.sources:
        aside = f" but in {', '.join(found.aside)}" if found.aside else ""
        raise InvalidQuestion(f"no manifest lies in this folder{aside}: begin where your manifests are")
    text = first_project(found)
    if shown:
        echo(text.rstrip())
        return
    try:
        with Path(FILE).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InvalidInput((Problem(Place(FILE), "is there already, and is not overwritten"),)) from None
    Path(SCHEMA).write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
    read_project(FILE)
    echo(f"{FILE} reads {', '.join(found.sources)}; `meshpolicy run` checks what it asks for")
    echo(f"{SCHEMA} is for your editor: commit both")
