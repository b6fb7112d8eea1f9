"""What a plain `down` stops, and what it leaves alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >>"{calls}"\n'


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Put kind, kubectl and helm in a folder that write down how they are called; kind has the cluster."""
    found = tmp_path / "calls"
    found.touch()
    for name in ("kind", "kubectl", "helm"):
        program = tmp_path / name
        program.write_text(RECORD.format(calls=found) + ("echo pingpong\n" if name == "kind" else ""))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return found


def test_a_cluster_of_ones_own_is_not_taken_down_by_a_plain_down(calls: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MESHUP_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-m", "meshup", "down"],
        env=environment
        | {
            "PATH": f"{calls.parent}{os.pathsep}{os.environ['PATH']}",
            "KINDMESH_CONTEXT": "my-own",
            "LOCALMESH_STATE": str(calls.parent / "state"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    made = calls.read_text()
    assert done.returncode == 0, done.stderr
    assert "kind delete cluster --name pingpong" in made
    assert "my-own" not in made
