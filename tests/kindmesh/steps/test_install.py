"""When Helm is asked to do something: when version or values changed, and never about what is somebody else's."""

from pathlib import Path

import pytest

from kindmesh.errors import BadInput, CommandFailed
from kindmesh.steps import releases
from kindmesh.steps.releases import VIZ, fingerprint, history, install, is_ours, value_files

from ..standins import settings, site, tools

VERSION = site().pins["linkerd-viz"].version
MARK = fingerprint(VERSION, [path.read_text() for path in value_files(VIZ, settings())])
OLD = "kindmesh 0123"


def revisions(*found: tuple[str, str]) -> list[dict[str, object]]:
    """Return a history as Helm prints it."""
    return [
        {"revision": number, "status": status, "description": text} for number, (status, text) in enumerate(found, 3)
    ]


@pytest.mark.parametrize(
    ("status", "description", "changes"), [("deployed", MARK, False), ("deployed", OLD, True), ("failed", MARK, True)]
)
def test_a_release_is_touched_when_it_is_not_what_it_must_be(
    status: str, description: str, changes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"history linkerd-viz": revisions((status, description)), "upgrade": ""}
    called = tools(tmp_path, monkeypatch, told)
    assert install(VIZ, site()) is changes
    assert any(" upgrade --install linkerd-viz " in call for call in called.calls) is changes


def test_a_first_installation_names_version_repository_values_mark_and_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"upgrade": ""}, {"history linkerd-viz": "release: not found"})
    assert install(VIZ, site())
    command = called.calls[-1]
    assert f"linkerd-viz --repo https://helm.linkerd.io/edge --version {VERSION}" in command
    assert f"--description {MARK} --labels managed-by=kindmesh" in command
    assert command.endswith("mesh/linkerd/viz.yaml")


def test_charts_of_a_folder_take_the_place_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"upgrade": ""}, {"history linkerd-viz": "release: not found"})
    install(VIZ, site(KINDMESH_CHARTS=str(tmp_path)))
    assert f"--install linkerd-viz {tmp_path}/linkerd-viz --description" in called.calls[-1]
    assert "--repo" not in called.calls[-1]


def test_what_helm_says_against_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(
        tmp_path, monkeypatch, failing={"history linkerd-viz": "not found", "upgrade": "values don't meet the schema"}
    )
    with pytest.raises(CommandFailed) as caught:
        install(VIZ, site())
    assert caught.value.output == "values don't meet the schema"


@pytest.mark.parametrize(
    ("found", "cleared"),
    [
        ([("pending-install", "Initial install underway")], "uninstall linkerd-viz --wait"),
        ([("uninstalling", "Deletion in progress")], "uninstall linkerd-viz --wait"),
        ([("failed", "no answer"), ("pending-upgrade", "Preparing upgrade")], "uninstall linkerd-viz --wait"),
        ([("deployed", OLD), ("pending-upgrade", "Preparing upgrade")], "rollback linkerd-viz 3"),
        ([("superseded", OLD), ("deployed", OLD), ("pending-rollback", "Rollback to 3")], "rollback linkerd-viz 4"),
        ([("superseded", OLD), ("failed", "no answer"), ("pending-upgrade", "")], "rollback linkerd-viz 3"),
    ],
)
def test_what_a_run_left_that_broke_off_is_cleared_away_first(
    found: list[tuple[str, str]], cleared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"history linkerd-viz": revisions(*found), " list ": "linkerd-viz\n", "": ""}
    called = tools(tmp_path, monkeypatch, told)
    said: list[str] = []
    assert install(VIZ, site(said))
    first, second = called.calls[-2:]
    assert first.endswith(cleared)
    assert " upgrade --install linkerd-viz " in second
    assert said[0].startswith(f"! linkerd-viz is {found[-1][0]}: a run was interrupted")


@pytest.mark.parametrize(
    ("descriptions", "labelled", "ours"),
    [
        ([MARK], "", True),
        ([MARK, "Upgrade failed: no answer"], "", True),
        (["Initial install underway"], "linkerd-viz\n", True),
        (["Install complete", "Upgrade complete"], "", False),
        ([], "linkerd-viz\n", False),
    ],
)
def test_a_release_is_ours_when_a_revision_bears_the_mark_or_the_last_one_the_label(
    descriptions: list[str], labelled: str, ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {" list ": labelled})
    assert is_ours(VIZ, settings(), revisions(*(("deployed", text) for text in descriptions))) is ours


@pytest.mark.parametrize("status", ["deployed", "failed", "pending-install", "uninstalling"])
def test_a_release_of_somebody_else_is_refused_and_not_touched(
    status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"history": revisions((status, "Install complete")), " list ": ""})
    with pytest.raises(BadInput) as caught:
        install(VIZ, site())
    assert str(caught.value) == (
        "the release linkerd-viz/linkerd-viz exists, but was not installed by `kindmesh`:"
        " leave it out with KINDMESH_WITHOUT=viz"
    )
    assert {call.split()[5] for call in called.calls} == {"history", "list"}


@pytest.mark.parametrize(
    ("release", "way"),
    [
        (releases.CERT_MANAGER, "leave it out with KINDMESH_WITHOUT=cert-manager"),
        (releases.CNI, "take cni out of KINDMESH_WITH"),
        (releases.CONTROL_PLANE, "uninstall it, or use another cluster"),
    ],
)
def test_each_release_of_somebody_else_has_its_way_out(release: releases.Release, way: str) -> None:
    assert release.way_out == way


def test_a_release_that_is_not_there_has_no_history_and_no_answer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, failing={"history linkerd-viz": "Error: release: not found"})
    assert history(VIZ, settings()) == []
    tools(tmp_path, monkeypatch, failing={"history linkerd-viz": "Error: cluster unreachable"})
    with pytest.raises(CommandFailed):
        install(VIZ, site())
