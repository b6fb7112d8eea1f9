"""The verb `test`: policy cases with expected outcomes."""

import sys
from collections.abc import Sequence

import click

from meshpolicy.cases.case import Case
from meshpolicy.cases.read import read_cases
from meshpolicy.cases.verify import verify
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import output
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput
from meshpolicy.render.json import results_as_json
from meshpolicy.render.junit import results_as_junit
from meshpolicy.render.text import results_as_text


@click.command("test", short_help="Do these policy cases still hold?")
@click.argument("cases", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--explain", is_flag=True, help="Name the cases that agree, too, and what becomes of new pods.")
@output("text", "json", "junit")
def command(cases: tuple[str, ...], output: str, *, explain: bool) -> None:
    """Check policy cases against the rules: expected, actual, and why.

    CASES are case files or folders of them. A case is YAML: a `description`, `manifests` (or a `base` file with them),
    `policies`, and `requests`, each with `from: NAMESPACE/POD`, `to: NAMESPACE/POD:PORT`, a `path`, and `expect`, such
    as `allow` or `403`.
    """
    found = named_cases(cases)
    for case in found:
        for problem in case.unknown:
            echo(f"note: {problem}", err=True)
    results = [verify(case) for case in progress(found, "cases", len(found))]
    if output == "json":
        echo(results_as_json(results))
    elif output == "junit":
        echo(results_as_junit(results))
    else:
        echo(results_as_text(results, explain=explain))
    sys.exit(1 if any(result.differences for result in results) else 0)


def named_cases(paths: Sequence[str]) -> tuple[Case, ...]:
    """Return the cases of files and folders, or raise what is wrong with them; none is wrong, too."""
    found, problems = read_cases(paths, progress)
    if problems:
        raise InvalidInput(problems)
    if not found:
        raise click.UsageError("no case found; a case is a YAML file with `requests` or `rejected`")
    return found
