"""No test reaches a tool of this machine that it did not name."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .onpath import GUARDED, THIS_MACHINE, Tripwires, only, real_tools, stand_in


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_no_program_of_this_machine_is_found() -> None:
    everything = {path.name for folder in THIS_MACHINE.split(os.pathsep) for path in Path(folder).glob("*")}
    assert len(everything) > len(GUARDED)
    assert {name for name in everything if shutil.which(name)} <= set(GUARDED)


@pytest.mark.parametrize("tool", GUARDED)
def test_a_test_that_reaches_a_tool_it_did_not_name_fails_and_says_which(tool: str, tripwires: Tripwires) -> None:
    before = tripwires.reached()
    with pytest.raises(pytest.fail.Exception, match=f"did not name: {tool} --now"), tripwires.watched():
        done = run(tool, "--now")
    assert done.returncode == 1
    assert f"a test reached `{tool} --now`" in done.stderr
    (tripwires.folder / "reached").write_text("".join(f"{call}\n" for call in before))


def test_a_stand_in_is_found_where_its_folder_has_a_space_and_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    stand_in(folder, "kubectl", "import sys\nprint(__file__, sys.argv[1:])")
    only(monkeypatch, folder)
    assert run("kubectl", "get", "a b").stdout == f"{folder}/kubectl ['get', 'a b']\n"
    assert [tool for tool in (*GUARDED, "sh", "ls") if shutil.which(tool)] == ["kubectl"]


def test_a_real_tool_is_found_alone_where_it_is_named() -> None:
    with real_tools("git"):
        assert run("git", "--version").stdout.startswith("git version")
        assert [tool for tool in (*GUARDED, "sh", "ls") if shutil.which(tool)] == ["git"]
