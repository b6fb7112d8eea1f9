"""Prints and writes the reference in Markdown, generated from the code.

`python -m meshpolicy.reference findings` (or `rules`, `library`, or a verb) prints what a page quotes.
`python -m meshpolicy.reference pages FOLDER` writes a page for each verb and each code; `--check` compares them.
"""

import sys
from pathlib import Path

import click

from meshpolicy.cli import VERBS, main
from meshpolicy.findings.finding import Code
from meshpolicy.findings.registry import codes
from meshpolicy.semantics.rules import RULES, sentences
from meshpolicy.surface import api_page

MADE = "<!-- made by `python -m meshpolicy.reference pages docs/reference` -->\n"


def findings() -> str:
    """Return a table of all codes, with links to their pages."""
    rows = [f"| [{code.code}](findings/{code.code}.md) | {code.severity} | {code.title} |" for code in codes()]
    return "\n".join(["| code | severity | what is found |", "|---|---|---|", *rows])


def finding(code: Code) -> str:
    """Return the page of one code."""
    rules = "\n".join(f"- {sentence}" for sentence in sentences(code.rules))
    return (
        f"# {code.code}: {code.title}\n\n{MADE}\n{code.explanation}\n\n**Fix.** {code.fix}\n\n"
        f"Severity: {code.severity}"
        + (", shown with `--notes`" if code.severity == "note" else "")
        + ".\n\n"
        + (f"It rests on:\n\n{rules}\n\n" if rules else "")
        + "[All lint findings](../findings.md)\n"
    )


def rules() -> str:
    """Return a table of all rules."""
    lines = [
        f"| {rule.number} | {rule.text} | {rule.source} | {rule.evidence} | {rule.versions} |"
        for rule in RULES.values()
    ]
    return "\n".join(["| rule | what | source | evidence | holds for |", "|---|---|---|---|---|", *lines])


def verb(name: str) -> str:
    """Return a verb's help text, as a terminal shows it."""
    context = click.Context(main, info_name="meshpolicy", **main.context_settings)
    command = main.get_command(context, name)
    if command is None:
        raise SystemExit(f"meshpolicy.reference: no verb `{name}`; there are {', '.join(VERBS)}, `findings`, `rules`")
    own = click.Context(command, info_name=name, parent=context, max_content_width=100, terminal_width=100)
    return f"```text\n{command.get_help(own).rstrip()}\n```"


def question(name: str) -> str:
    """Return the page of one verb."""
    command = main.get_command(click.Context(main), name)
    asked = command.get_short_help_str() if command is not None else ""
    return f"# `meshpolicy {name}`\n\n{MADE}\n{asked}\n\n{verb(name)}\n\n[All verbs](../meshpolicy.md)\n"


def pages() -> dict[str, str]:
    """Return the text of every page, by its path below the reference."""
    verbs = {f"meshpolicy/{name}.md": question(name) for name in VERBS}
    return verbs | {f"findings/{code.code}.md": finding(code) for code in codes()}


def write(folder: Path) -> None:
    """Write all pages, and remove those of codes and verbs that no longer exist."""
    wanted = pages()
    for name in _there(folder) - wanted.keys():
        (folder / name).unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def stale(folder: Path) -> list[str]:
    """Return the pages that are out of date, including those that should be removed."""
    wanted = pages()
    written = {name: (folder / name).read_text() for name in _there(folder)}
    return sorted(name for name in written | wanted if written.get(name) != wanted.get(name))


def _there(folder: Path) -> set[str]:
    files = (file for part in ("meshpolicy", "findings") for file in (folder / part).glob("*.md"))
    return {str(file.relative_to(folder)) for file in files}


def run(arguments: list[str]) -> int:
    """Do what the arguments say, and return the exit code."""
    match arguments:
        case ["pages", folder]:
            write(Path(folder))
        case ["pages", folder, "--check"]:
            found = stale(Path(folder))
            for name in found:
                click.echo(f"{folder}/{name} is not as it would be written")
            return 1 if found else 0
        case ["findings"]:
            click.echo(findings())
        case ["rules"]:
            click.echo(rules())
        case ["library"]:
            click.echo(api_page())
        case [name]:
            click.echo(verb(name))
        case _:
            raise SystemExit("usage: python -m meshpolicy.reference findings|rules|library|VERB|pages FOLDER [--check]")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
