"""The folder holds what the commands say, its sums are right, and a proof that fails is the exit code."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from meshup.evidence import __main__ as evidence
from meshup.evidence.document import ask
from meshup.evidence.static import INPUTS, inputs

from ...onpath import only, stand_in

ROOT = Path(__file__).resolve().parents[3]
OPEN = """
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: everyone-may-ping, namespace: pingpong}
spec:
  targetRef: {group: policy.linkerd.io, kind: HTTPRoute, name: ponger-offer}
  requiredAuthenticationRefs: []
"""


@pytest.fixture(autouse=True)
def git(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stand-in say which commit this is."""
    folder = tmp_path_factory.mktemp("tools")
    stand_in(folder, "git", "print('0123abcd+')")
    only(monkeypatch, folder)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of what the evidence rests on, in which something may be broken."""
    copy = tmp_path / "project"
    for name in INPUTS:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
    monkeypatch.setattr(evidence, "ROOT", copy)
    return copy


def test_the_projects_own_evidence_holds_and_its_sums_are_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "evidence"
    assert evidence.main([str(folder), "--static"]) == 0
    assert "✓ every sentence of tests/proofs.yaml is proved" in capsys.readouterr().out
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {name: value for value, name in (line.split("  ") for line in lines)}
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums
    assert {file.name for file in folder.iterdir()} == {*sums, "SHA256SUMS"}
    tenets = json.loads((folder / "tenets.json").read_text())
    assert (tenets["commit"], tenets["backend"]) == ("0123abcd+", "none")
    assert [one["tenet"] for one in tenets["tenets"]] == list(range(1, 8))
    assert "not run" in {fact["outcome"] for one in tenets["tenets"] for fact in one["facts"]}
    proofs = json.loads((folder / "proofs.json").read_text())
    assert proofs["command"] == "meshpolicy prove --output json tests/proofs.yaml"
    assert {proof["outcome"] for proof in proofs["result"]} == {"proved"}


def test_a_policy_that_opens_a_route_fails_the_evidence(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policies = project / "mesh/policies/authorizationpolicies.yaml"
    policies.write_text(policies.read_text() + OPEN)
    assert evidence.main([str(tmp_path / "evidence"), "--static"]) == 1
    shown = capsys.readouterr().out
    assert "✗ every sentence of tests/proofs.yaml is proved" in shown
    assert "only pingpong/pinger may GET /ping on pingpong/ponger:http" in shown


def test_manifests_that_cannot_be_read_are_one_message(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mesh/versions.toml").unlink()
    assert evidence.main([str(tmp_path / "evidence"), "--static"]) == 2
    assert "error: mesh/versions.toml: No such file or directory" in capsys.readouterr().err
    assert not (tmp_path / "evidence").exists()


def test_a_sentence_that_cannot_be_read_is_no_evidence(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proofs = project / "tests/proofs.yaml"
    proofs.write_text(proofs.read_text() + "  - all is well\n")
    assert evidence.main([str(tmp_path / "evidence"), "--static"]) == 2
    assert "error: meshpolicy prove --output json tests/proofs.yaml: tests/proofs.yaml:" in capsys.readouterr().err


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter").write_text("dear")
    assert evidence.main([str(tmp_path), "--static"]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["letter"]


def test_every_input_is_summed_and_a_changed_one_is_told_apart(project: Path) -> None:
    before = inputs(project)
    assert {name.split("/")[0] for name in before} == {name.split("/")[0] for name in INPUTS}
    (project / "k8s/base/services.yaml").write_text("changed")
    changed = {name for name, value in inputs(project).items() if before[name] != value}
    assert changed == {"k8s/base/services.yaml"}


@pytest.mark.parametrize(
    ("program", "seconds", "why"),
    [
        ("import sys; sys.stderr.write('it failed'); sys.exit(1)", 30, "the result is no JSON: Expecting value"),
        ("import sys; sys.stderr.write('no mesh runs'); sys.exit(2)", 30, "no mesh runs"),
        ("print('words')", 30, "the result is no JSON"),
        ("import time; time.sleep(60)", 0.5, "no result within 0.5 s"),
    ],
)
def test_a_command_without_a_result_says_why(program: str, seconds: float, why: str, tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(program)
    document = ask("told", ["told"], tmp_path, {"PATH": str(Path(sys.executable).parent)}, seconds)
    assert document.result is None
    assert why in document.not_run
