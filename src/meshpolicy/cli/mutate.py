"""The verb `mutate`: which rules could go without any case noticing."""

import sys

import click

from meshpolicy.cases.mutants import Survivor, effect, failing, survivors
from meshpolicy.cli.cases import named_cases
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import output
from meshpolicy.cli.progress import progress
from meshpolicy.render.json import survivors_as_json
from meshpolicy.render.text import survivors_as_text


@click.command("mutate", short_help="Which changes of the policies would no case notice?")
@click.argument("cases", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--explain", is_flag=True, help="Show all that each change opens or closes, with a request to try.")
@output("text", "json")
def command(cases: tuple[str, ...], output: str, *, explain: bool) -> None:
    """Drop or weaken each policy object in turn, and list those whose loss no case notices.

    For each it shows which requests the change opens or closes that no case asks for. A case that fails already notices
    nothing. Exits 1 if there are any.
    """
    found = named_cases(cases)
    for case in failing(found):
        echo(f"note: {case.place.file} fails as it is, so it notices no change: see meshpolicy test", err=True)
    tried, survived = 0, list[Survivor]()
    for count, unnoticed in progress(survivors(found), "cases", len(found)):
        tried += count
        survived += unnoticed
    told = [(one, effect(one)) for one in progress(survived, "changes compared", len(survived))]
    echo(survivors_as_json(tried, told) if output == "json" else survivors_as_text(tried, told, explain=explain))
    sys.exit(1 if survived else 0)
