"""Words that lead to no backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

VERBS = ("down", "status", "ask", "logs", "rotate", "restart")


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_says_how_a_backend_is_chosen(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "meshup", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: python -m meshup VERB [local|kind]")
    assert [verb for verb in ("up", *VERBS, "MESHUP_BACKEND") if verb not in done.stdout] == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_goes_to_the_local_mesh_where_nothing_runs(verb: str, tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "LOCALMESH_STATE": str(tmp_path / "state")}
    done = subprocess.run(
        [sys.executable, "-m", "meshup", verb, "--help"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"localmesh {verb}" in done.stdout


@pytest.mark.parametrize(
    ("words", "environment", "message"),
    [
        (["up", "docker"], {}, "error: `docker` is no backend: expected local or kind\n"),
        (["status"], {"MESHUP_BACKEND": "docker"}, "error: MESHUP_BACKEND=docker: expected local or kind\n"),
    ],
)
def test_a_wrong_backend_is_one_message_and_exit_code_2(
    words: list[str], environment: dict[str, str], message: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "meshup", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
