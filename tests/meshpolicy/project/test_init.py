"""A first meshpolicy.yaml is one that `run` reads, and its schema says what the reader says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.errors import InvalidInput
from meshpolicy.project.read import FIELDS, FILE, read_project
from meshpolicy.project.schema import FILE as SCHEMA
from meshpolicy.project.schema import schema

from ..command import run

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"
CHECKED = jsonschema.Draft7Validator(schema())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a current folder with manifests, and other files."""
    for name in ("k8s/base/pod.yaml", "tests/pod.yaml", ".github/pod.yaml", "a b/pod.json", "top.yml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(POD)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/config.yaml").write_text("colour: red\n")
    (tmp_path / "charts/web/charts/sub").mkdir(parents=True)
    for name in ("charts/web", "charts/web/charts/sub"):
        (tmp_path / name / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 0.1.0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_names_what_lies_here_and_run_reads_it(folder: Path) -> None:
    assert run("init")[0] == 0
    text = (folder / FILE).read_text()
    assert read_project(FILE).sources == ("a b", "charts", "k8s", "top.yml")
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n")
    assert "# Left out, for they seldom hold what runs: tests\n" in text
    assert "#   - {helm: charts/web, release: web}\n" in text
    assert "charts/sub" not in text
    assert json.loads((folder / SCHEMA).read_text()) == schema()
    CHECKED.validate(yaml.safe_load(text))


def test_it_overwrites_nothing(folder: Path) -> None:
    (folder / FILE).write_text("# mine\n")
    code, _, told = run("init")
    assert (code, (folder / FILE).read_text(), (folder / SCHEMA).exists()) == (2, "# mine\n", False)
    assert f"{FILE}: is there already, and is not overwritten" in told


def test_it_prints_without_writing(folder: Path) -> None:
    code, out, _ = run("init", "--print")
    assert (code, (folder / FILE).exists(), "sources: [" in out) == (0, False, True)


def test_without_a_manifest_there_is_nothing_to_begin_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/pod.yaml").write_text(POD)
    code, _, told = run("init")
    assert (code, list(tmp_path.glob("*.yaml"))) == (2, [])
    assert "no manifest lies in this folder but in tests" in told


def test_the_schema_has_every_field_and_no_other() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    assert {name: one["description"] for name, one in schema()["properties"].items()} == dict(FIELDS)


VALUES: dict[str, tuple[Any, ...]] = {
    "sources": (["k8s"], [], "k8s", [1]),
    "exclude": (["*-dev.yaml"],),
    "renders": ([{"kustomize": "k8s"}], [{"helm": "k8s", "release": "x"}], [{"kustomize": "k8s", "helm": "k8s"}], [{}]),
    "namespace": ("shop",),
    "variables": ({"A": "b"}, {"A": 1}),
    "closedWorld": (True,),
    "cluster": ({"defaultInboundPolicy": "deny"}, {"defaultInboundPolicy": "allow"}, {"colour": "red"}),
    "prove": (["every call of shop is encrypted"], [{"sentence": "every call of shop is encrypted", "why": "x"}], [{}]),
    "suppress": (
        [{"code": "MP035", "object": "*", "reason": "x"}],
        [{"code": "MP999", "object": "*", "reason": "x"}],
        [{"code": "MP035", "object": "*"}],
        [{"code": "MP035", "object": "*", "reason": "x", "expires": "2027-01-31"}],
    ),
    "colour": ("red",),
}


@given(st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 3), max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_the_reader_takes_the_schema_takes_and_unknown_fields_neither_takes(
    tmp_path_factory: pytest.TempPathFactory, chosen: dict[str, int]
) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "k8s").mkdir()
    said = {name: VALUES[name][number % len(VALUES[name])] for name, number in chosen.items()}
    (folder / FILE).write_text(yaml.safe_dump(said))
    try:
        read_project(str(folder / FILE))
        taken = True
    except InvalidInput:
        taken = False
    valid = CHECKED.is_valid(said)
    assert valid or not taken, said
    assert not valid or "colour" not in said
