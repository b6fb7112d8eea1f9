"""Prints what a terminal shows as it is."""

import click

from meshpolicy.render.visible import visible


def echo(text: object, *, err: bool = False) -> None:
    """Print a text and a line's end, with hidden characters in letters."""
    click.echo(visible(text), err=err)
