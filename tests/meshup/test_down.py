"""What a plain `down` stops, and what it leaves alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from ..onpath import only, stand_in

RECORD = """import sys
from pathlib import Path
here = Path(__file__)
with (here.parent / "calls").open("a") as calls:
    print(here.name, *sys.argv[1:], file=calls)
if here.name == "kind":
    print("pingpong")
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let kind, kubectl and helm write down how they are called; kind has the cluster."""
    for name in ("kind", "kubectl", "helm"):
        stand_in(tmp_path, name, RECORD)
    only(monkeypatch, tmp_path)
    return tmp_path / "calls"


def test_a_cluster_of_ones_own_is_not_taken_down_by_a_plain_down(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESHUP_BACKEND", raising=False)
    monkeypatch.setenv("KINDMESH_CONTEXT", "my-own")
    monkeypatch.setenv("LOCALMESH_STATE", str(calls.parent / "state"))
    done = subprocess.run([sys.executable, "-m", "meshup", "down"], capture_output=True, text=True, check=False)
    made = calls.read_text()
    assert done.returncode == 0, done.stderr
    assert "kind delete cluster --name pingpong" in made
    assert "my-own" not in made
