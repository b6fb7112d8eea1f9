"""When Helm is asked to do something: when version or values changed, and never otherwise."""

from pathlib import Path

import pytest

from kindmesh.errors import CommandFailed
from kindmesh.pins import Kind, Pin, Tier
from kindmesh.releases import VIZ, fingerprint, install, is_ours, value_files

from .tools import settings, tools

PIN = Pin("linkerd-viz", "2026.8.3", Kind.CHART, "here", Tier.READ, "2026-11-24", repository="https://charts.example")
MARK = fingerprint(PIN.version, [path.read_text() for path in value_files(VIZ, settings())])


@pytest.mark.parametrize(
    ("status", "description", "changes"),
    [
        ("deployed", MARK, False),
        ("deployed", "Install complete", True),
        ("failed", MARK, True),
        ("pending-upgrade", MARK, True),
    ],
)
def test_a_release_is_touched_when_it_is_not_what_it_must_be(
    status: str, description: str, changes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"history linkerd-viz": [{"status": status, "description": description}], "upgrade": ""}
    called = tools(tmp_path, monkeypatch, told)
    assert install(VIZ, PIN, settings()) is changes
    assert any(" upgrade --install linkerd-viz " in call for call in called.calls) is changes


def test_a_first_installation_names_version_repository_values_and_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"upgrade": ""}, {"history linkerd-viz": "release: not found"})
    assert install(VIZ, PIN, settings())
    command = called.calls[-1]
    assert "linkerd-viz --repo https://charts.example --version 2026.8.3" in command
    assert f"--description {MARK}" in command
    assert command.endswith("mesh/linkerd/viz.yaml")


def test_charts_of_a_folder_take_the_place_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"upgrade": ""}, {"history linkerd-viz": "release: not found"})
    install(VIZ, PIN, settings(KINDMESH_CHARTS=str(tmp_path)))
    assert f"--install linkerd-viz {tmp_path}/linkerd-viz --description" in called.calls[-1]
    assert "--repo" not in called.calls[-1]


def test_what_helm_says_against_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(
        tmp_path, monkeypatch, failing={"history linkerd-viz": "not found", "upgrade": "values don't meet the schema"}
    )
    with pytest.raises(CommandFailed) as caught:
        install(VIZ, PIN, settings())
    assert caught.value.output == "values don't meet the schema"


@pytest.mark.parametrize(
    ("descriptions", "ours"),
    [
        ([MARK], True),
        ([MARK, "Upgrade failed: no answer"], True),
        (["Install complete", "Upgrade complete"], False),
        ([], False),
    ],
)
def test_a_release_is_ours_when_a_revision_bears_the_mark(
    descriptions: list[str], ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {"history": [{"description": text} for text in descriptions]})
    assert is_ours(VIZ, settings()) is ours


def test_a_release_that_is_not_there_is_not_ours_and_no_answer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, failing={"history linkerd-viz": "Error: release: not found"})
    assert is_ours(VIZ, settings()) is False
    tools(tmp_path, monkeypatch, failing={"history linkerd-viz": "Error: cluster unreachable"})
    with pytest.raises(CommandFailed):
        is_ours(VIZ, settings())
