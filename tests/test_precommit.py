"""The hooks that pre-commit finds here are commands that exist, with what they need."""

import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from .meshpolicy.build import ARENA, server
from .meshpolicy.command import run, written
from .rendered import ROOT

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
GUIDE = (ROOT / "docs/guides/put-it-in-ci.md").read_text()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_finds_what_is_wrong_and_ends_so(
    hook: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Server closes a port to everyone, which is an error of lint; without it there is none."""
    program, *words = [*shlex.split(str(hook["entry"])), *hook.get("args", [])]
    assert program == "meshpolicy"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "meshpolicy.yaml").write_text("sources: [all.yaml]\n")
    written(tmp_path, "all.yaml", *ARENA, server())
    assert run(*words)[0] == 1
    written(tmp_path, "all.yaml", *ARENA)
    assert run(*words)[0] == 0


def test_a_hook_brings_what_meshpolicy_needs() -> None:
    needs = tomllib.loads((ROOT / "src/meshpolicy/pyproject.toml").read_text())["project"]["dependencies"]
    assert [hook["additional_dependencies"] for hook in HOOKS] == [needs] * len(HOOKS)
    assert {hook["language"] for hook in HOOKS} == {"python"}


def test_the_guide_names_every_hook() -> None:
    assert [hook["id"] for hook in HOOKS if hook["id"] not in GUIDE] == []
