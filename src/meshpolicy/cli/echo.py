"""Prints text that a terminal, or a runner of GitHub Actions, shows unchanged."""

import re

import click

from meshpolicy.render.visible import visible

_COMMAND = re.compile(r"^(?P<space>\s*)::(?!(?:error|warning|notice) (?:file|title)=)", re.MULTILINE)
_ANY_COMMAND = re.compile(r"^(?P<space>\s*)::", re.MULTILINE)
_OLD_COMMAND = "##["


def echo(text: object, *, err: bool = False) -> None:
    """Print a text and a line's end, with hidden characters in letters, and with no command but an annotation.

    A runner takes a line that begins with `::`, after spaces, for a command, on stderr, too; and `##[` anywhere in a
    line. Source: actions/runner src/Runner.Common/ActionCommand.cs, `TryParseV2` and `TryParse`.
    """
    command = _ANY_COMMAND if err else _COMMAND
    shown = command.sub(r"\g<space>\\x3a:", visible(text))
    click.echo(shown.replace(_OLD_COMMAND, r"#\u0023["), err=err)
