"""Words that lead to no backend."""

import os
import subprocess
import sys

import pytest


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
