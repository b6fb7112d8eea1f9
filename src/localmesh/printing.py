"""What the commands print: results on standard output, what went wrong beside it; hidden characters in letters."""

import sys
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from meshpolicy.render.visible import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDEST = 400


def columns() -> int:
    """Return how wide a table may be: the terminal, or COLUMNS, or else 80."""
    return get_terminal_size().columns


def width() -> int | None:
    """Return the columns of the terminal that shows standard output; None where it goes elsewhere."""
    return columns() if sys.stdout.isatty() else None


def say(text: object) -> None:
    """Print a line beside the results."""
    click.echo(visible(text), err=True)


def fail(reasons: Iterable[str], hint: str = "", output: str = "") -> None:
    """Print the reasons of a failure, what a program printed, and what to do next."""
    for reason in reasons:
        say(f"error: {reason}")
    if output:
        say("\n".join(f"  | {line}" for line in output.splitlines()))
    if hint:
        say(f"hint: {hint}")


def terminal(*, stderr: bool = False, width: int | None = None) -> "Console":
    """Return a console for which a text is only text: no markup, no names of pictures, no control characters."""
    from rich.console import Console

    from localmesh.plain import AsText

    console = Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)
    console.push_render_hook(AsText())
    return console


def show(text: "RenderableType") -> None:
    """Print to standard output, in the width that the text needs, whatever the terminal's."""
    console = terminal(width=WIDEST)
    with console.capture() as printed:
        console.print(text)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))
