"""The verb `mutate`: which rules could go without any case noticing."""

import sys

import click

from meshpolicy.cases.mutants import Survivor, survivors
from meshpolicy.cli.cases import named_cases
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import output
from meshpolicy.cli.progress import progress
from meshpolicy.render.json import survivors_as_json
from meshpolicy.render.text import survivors_as_text


@click.command("mutate", short_help="Which rules does no case notice?")
@click.argument("cases", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--explain", is_flag=True, help="Say what each change would have let pass.")
@output("text", "json")
def command(cases: tuple[str, ...], output: str, *, explain: bool) -> None:
    """Drop or weaken each policy object in turn, and list those whose loss no case notices.

    Exits 1 if there are any: such a rule does nothing, or nothing tests it.
    """
    found = named_cases(cases)
    tried, survived = 0, list[Survivor]()
    for count, unnoticed in progress(survivors(found), "cases", len(found)):
        tried += count
        survived += unnoticed
    if output == "json":
        echo(survivors_as_json(tried, survived))
    else:
        echo(survivors_as_text(tried, survived, explain=explain))
    sys.exit(1 if survived else 0)
