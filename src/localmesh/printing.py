"""Prints results on standard output and problems on standard error, with hidden characters escaped."""

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
    """Return the width of tables: that of the terminal, or COLUMNS, or 80."""
    return get_terminal_size().columns


def width() -> int | None:
    """Return the columns of the terminal that shows standard output; None if it is no terminal."""
    return columns() if sys.stdout.isatty() else None


def say(text: object) -> None:
    """Print a line on standard error."""
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
    """Return a console that prints texts literally: no markup, no emoji names, no control characters."""
    from rich.console import Console

    from localmesh.plain import AsText

    console = Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)
    console.push_render_hook(AsText())
    return console


def show(text: "RenderableType") -> None:
    """Print to standard output, as wide as the text is, whatever the terminal's width."""
    console = terminal(width=WIDEST)
    with console.capture() as printed:
        console.print(text)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))
