"""Prints the reference pages in Markdown: `python -m meshpolicy.reference findings`, `rules`, or the name of a verb."""

import sys

import click

from meshpolicy.cli import VERBS, main
from meshpolicy.lint import codes
from meshpolicy.rules import RULES


def findings() -> str:
    """Return a heading and a paragraph for every code."""
    parts = []
    for code in codes():
        rules = ", ".join(code.rules)
        parts.append(
            f"## {code.code}: {code.title}\n\n{code.explanation}\n\n"
            f"**Fix.** {code.fix}\n\nSeverity: {code.weight}. Rules: {rules}.\n"
        )
    return "\n".join(parts)


def rules() -> str:
    """Return a table of all rules."""
    lines = [f"| {number} | {text.replace('|', chr(92) + '|')} |" for number, text in RULES.items()]
    return "\n".join(["| rule | what |", "|---|---|", *lines])


def verb(name: str) -> str:
    """Return a verb's help as a terminal shows it."""
    context = click.Context(main, info_name="meshpolicy")
    command = main.get_command(context, name)
    if command is None:
        raise SystemExit(f"meshpolicy.reference: no verb `{name}`; there are {', '.join(VERBS)} `findings` and `rules`")
    own = click.Context(command, info_name=name, parent=context, max_content_width=100, terminal_width=100)
    return f"```text\n{command.get_help(own).rstrip()}\n```"


def page(arguments: list[str]) -> str:
    """Return the page that the arguments name."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m meshpolicy.reference findings|rules|VERB")
    pages = {"findings": findings, "rules": rules}
    return pages[arguments[0]]() if arguments[0] in pages else verb(arguments[0])


if __name__ == "__main__":
    click.echo(page(sys.argv[1:]))
