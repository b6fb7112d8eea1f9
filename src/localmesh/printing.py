"""What the commands print: results on standard output, what went wrong beside it."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDEST = 400


def fail(reasons: tuple[str, ...], hint: str, output: str) -> None:
    """Print the reasons of a failure, what a program printed, and what to do next."""
    for reason in reasons:
        click.echo(f"error: {reason}", err=True)
    if output:
        click.echo("\n".join(f"  | {line}" for line in output.splitlines()), err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def show(text: "RenderableType") -> None:
    """Print to standard output, in the width that the text needs, whatever the terminal's."""
    from rich.console import Console

    console = Console(highlight=False, width=WIDEST)
    with console.capture() as printed:
        console.print(text)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))
