"""What the pages tell a reader to type exists: recipes, verbs, options; and their snippets can be read."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
import yaml

from kindmesh.cli import main as kindmesh
from localmesh.cli import main as localmesh
from meshpolicy.cli import main as meshpolicy

from .test_justfile import VERBS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "mesh").rglob("*.md")])
RECIPES = set(re.findall(r"^([a-z][\w-]*)[^:=\n]*:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE))
PROGRAMS = {"kindmesh": kindmesh, "localmesh": localmesh, "meshpolicy": meshpolicy}
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
CONSOLE = re.compile(r"^\s*```console\n(.*?)^\s*```", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^( *)```(yaml|json)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
BACKENDS = {"up", "down"}
"""Their options are both backends', which the word after them chooses."""

each = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every command of ours that a page names, in a span or after a prompt."""
    prompts = [line for block in CONSOLE.findall(text) for line in re.findall(r"^\s*\$ (.*)$", block, re.MULTILINE)]
    for line in (*SPAN.findall(text), *prompts):
        for part in re.split(r"&&|\|\||\||;", line):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            if words and Path(words[0]).name in ("just", *PROGRAMS):
                yield [Path(words[0]).name, *words[1:]]


@cache
def verb(program: str, name: str) -> click.Command | None:
    """Return a verb of a program."""
    group = PROGRAMS[program]
    return group.get_command(click.Context(group), name)


def options(command: click.Command) -> set[str]:
    """Return the options of a verb."""
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own | {"--help", "-h"}


def wrong(words: list[str]) -> str:
    """Return what a command names that does not exist; empty: nothing."""
    program, *rest = words
    if not rest or rest[0].startswith("-") or not re.fullmatch(r"[a-z][\w-]*", rest[0]):
        return ""
    if program == "just":
        if rest[0] not in RECIPES:
            return f"no recipe {rest[0]}"
        if rest[0] in BACKENDS or rest[0] not in VERBS:
            return ""
        owner, *verbs = [word for word in shlex.split(VERBS[rest[0]]) if re.fullmatch(r"[a-z]+", word)] or [""]
        owners = ("localmesh", "kindmesh") if owner == "meshup" else (owner,)
        behind = [found for name in owners if name in PROGRAMS for found in [verb(name, verbs[0])] if verbs and found]
        if not behind:
            return ""
        known = set().union(*map(options, behind))
    else:
        found = verb(program, rest[0])
        if found is None:
            return f"{program} has no verb {rest[0]}"
        known = options(found)
    named = {word.partition("=")[0] for word in rest[1:] if re.match(r"--?[a-z]", word)}
    return ", ".join(sorted(f"no option {option}" for option in named - known))


@each
def test_every_command_of_ours_that_a_page_names_exists(page: Path) -> None:
    found = {" ".join(words): why for words in commands(page.read_text()) if (why := wrong(words))}
    assert found == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("`just up`", ""),
        ("`just upp`", "no recipe upp"),
        ("`just verify --onyl calls`", "no option --onyl"),
        ("`meshpolicy proof x`", "meshpolicy has no verb proof"),
        ("`meshpolicy lint --note k8s`", "no option --note"),
        ("```console\n$ kindmesh status --output json && kindmesh stop\n```\n", "kindmesh has no verb stop"),
        ("```console\n$ just ask a b --methd GET\n```\n", "no option --methd"),
        ("`just` lists them, and `meshpolicy` decides", ""),
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str, why: str) -> None:
    assert "".join(filter(None, map(wrong, commands(text)))) == why


@each
def test_every_snippet_can_be_read(page: Path) -> None:
    for _, kind, text in SNIPPET.findall(page.read_text()):
        if kind == "json":
            json.loads(text)
        else:
            list(yaml.safe_load_all(text))
