"""Words that lead to no backend."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localmesh.until import until

VERBS = (
    "down",
    "status",
    "verify",
    "chaos",
    "ask",
    "logs",
    "rotate",
    "restart",
    "stat",
    "edges",
    "tap",
    "dashboard",
    "metrics",
)


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


def test_an_interrupted_choice_ends_in_silence(tmp_path: Path) -> None:
    for tool in ("docker", "kind", "kubectl", "helm"):
        (tmp_path / tool).write_text(f"#!/bin/sh\ntouch {tmp_path}/asked; exec /bin/sleep 60\n")
        (tmp_path / tool).chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "meshup", "up"],
        env={"PATH": f"{tmp_path}:/bin:/usr/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        asyncio.run(until((tmp_path / "asked").exists, within=20, what="Docker was not asked"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize(
    ("words", "environment", "message"),
    [
        (["up", "docker"], {}, "error: unknown backend `docker`: expected local or kind\n"),
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
