"""Prints what a terminal shows as it is: nothing that a manifest holds moves the cursor or hides a line."""

import click

HIDDEN = (*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Control characters, and those that change the direction of text."""
VISIBLE = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in HIDDEN if chr(code) not in "\n\t"}


def echo(text: object, *, err: bool = False) -> None:
    """Print a text and a line's end, with hidden characters in letters."""
    click.echo(str(text).translate(VISIBLE), err=err)
