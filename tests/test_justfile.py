"""A recipe that hands over to a tool hands over every word: `just VERB --help` is the tool's help."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RECIPE = re.compile(r"^(?P<name>[a-z][\w-]*)(?P<parameters>[^:=\n]*):(?!=).*\n(?P<body>(?:[ \t]+.*\n)+)", re.MULTILINE)
RECIPES = {found["name"]: found for found in RECIPE.finditer((ROOT / "justfile").read_text())}
OURS = re.compile(r"@(?:PYTHONPATH=src )?(?:python3? -m )?(?P<command>(?:meshup|kindmesh|meshpolicy)\b[^\n\"]*)\"\$@\"")
VERBS = {name: command["command"] for name, found in RECIPES.items() if (command := OURS.search(found["body"]))}


def test_the_verbs_of_the_mesh_are_among_the_recipes() -> None:
    assert {"up", "down", "status", "ask", "logs", "rotate", "restart", "doctor", "verify", "policy"} <= VERBS.keys()


@pytest.mark.parametrize("name", [name for name, found in RECIPES.items() if '"$@"' in found["body"]])
def test_a_recipe_that_hands_words_over_demands_none_itself(name: str) -> None:
    """Where a word is demanded, just takes `--help` for it, or answers with its own usage."""
    assert re.fullmatch(r" \*\w+", RECIPES[name]["parameters"]), RECIPES[name][0]


@pytest.mark.parametrize("name", VERBS)
def test_help_is_the_tools_and_runs_nothing(name: str, tmp_path: Path) -> None:
    words = shlex.split(VERBS[name])
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT / "src"), "LOCALMESH_STATE": str(tmp_path / "state")}
    asked = subprocess.run(
        [sys.executable, "-m", *words, "--help"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (asked.returncode, asked.stdout[:6].lower()) == (0, "usage:"), asked
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["localmesh", "kindmesh"])
@pytest.mark.parametrize("verb", ["ask", "logs", "restart"])
def test_a_verb_without_its_words_shows_its_help(package: str, verb: str, tmp_path: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", package, verb],
        env={"PATH": str(tmp_path), "LOCALMESH_STATE": str(tmp_path / "state")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert asked.returncode == 2
    assert f"Usage: {package} {verb} [OPTIONS]" in asked.stdout + asked.stderr
    assert "--help" in asked.stdout + asked.stderr
