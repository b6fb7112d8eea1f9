"""When a release is changed, and by which values."""

from dataclasses import replace
from pathlib import Path

import yaml

from kindmesh.settings import read
from kindmesh.steps.releases import CONTROL_PLANE, CRDS, fingerprint, value_files

ROOT = Path(__file__).resolve().parents[3]


def test_a_mark_changes_with_the_version_and_with_any_value() -> None:
    marks = {fingerprint("1", ["a"]), fingerprint("2", ["a"]), fingerprint("1", ["b"]), fingerprint("1", ["a", ""])}
    assert len(marks) == 4
    assert fingerprint("1", ["a"]) == fingerprint("1", ["a"])


def test_values_of_this_machine_are_laid_over_the_projects(tmp_path: Path) -> None:
    settings = read({"KINDMESH_VALUES": str(tmp_path)}, ROOT)
    assert value_files(CRDS, settings) == []
    assert value_files(CONTROL_PLANE, settings) == [ROOT / "mesh/linkerd/control-plane.yaml"]
    mine = tmp_path / "linkerd-control-plane.yaml"
    mine.write_text("proxyInit: {runAsRoot: true}\n")
    assert value_files(CONTROL_PLANE, settings)[-1] == mine
    assert value_files(CONTROL_PLANE, replace(settings, values=None)) == [ROOT / "mesh/linkerd/control-plane.yaml"]


def test_the_control_plane_knows_of_the_cni_plugin_where_it_is_there() -> None:
    written = "\n".join(path.read_text() for path in value_files(CONTROL_PLANE, read({"KINDMESH_WITH": "cni"}, ROOT)))
    assert yaml.safe_load(written)["cniEnabled"] is True
