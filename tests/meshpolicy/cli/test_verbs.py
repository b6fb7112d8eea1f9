"""The list of verbs: told without importing any, and in each verb's own words."""

import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from meshpolicy.cli import VERBS, main

from ..command import OWN, run

IMPORTS = """
import sys
from meshpolicy.__main__ import main
try:
    main()
finally:
    from meshpolicy.cli import VERBS
    print("imported:", *(name for name, verb in VERBS.items() if f"meshpolicy.cli.{verb.module}" in sys.modules))
"""


@pytest.mark.parametrize("name", VERBS)
def test_the_list_shows_the_question_of_the_verb_itself(name: str) -> None:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    assert (found.name, found.short_help) == (name, VERBS[name].question)
    assert not found.hidden


def test_the_list_is_written_as_click_writes_it() -> None:
    context = click.Context(main)
    here, usual = context.make_formatter(), context.make_formatter()
    main.format_commands(context, here)
    click.Group.format_commands(main, context, usual)
    assert here.getvalue() == usual.getvalue()
    for word in ("", "l", "re", "-", "x"):
        told = [(one.value, one.help, one.type) for one in main.shell_complete(context, word)]
        expected = [(one.value, one.help, one.type) for one in click.Group.shell_complete(main, context, word)]
        assert told == expected


@pytest.mark.parametrize(
    ("words", "environment", "imported"),
    [
        (["--help"], {}, []),
        (["--version"], {}, []),
        ([], {"_MESHPOLICY_COMPLETE": "bash_complete", "COMP_WORDS": "meshpolicy l", "COMP_CWORD": "1"}, []),
        (["completion", "bash"], {}, ["completion"]),
    ],
)
def test_no_verb_is_imported_but_the_one_that_is_asked_for(
    words: list[str], environment: dict[str, str], imported: list[str]
) -> None:
    command = [sys.executable, "-c", f"import sys; sys.argv[0] = 'meshpolicy'{IMPORTS}", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.stdout.splitlines()[-1] == " ".join(["imported:", *imported])
    assert done.returncode == 0


def test_a_shell_is_told_the_options_of_a_verb() -> None:
    environment = {"_MESHPOLICY_COMPLETE": "bash_complete", "COMP_WORDS": "meshpolicy list --out", "COMP_CWORD": "2"}
    done = CliRunner().invoke(main, prog_name="meshpolicy", env=environment)
    assert done.stdout == "plain,--output\n"


def test_an_interrupted_verb_says_so_and_exits_as_shells_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """130, for 1 would say that something was found."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("meshpolicy.cli.options"), "read", interrupted)
    assert run("list", *OWN) == (130, "", "meshpolicy: interrupted\n")
