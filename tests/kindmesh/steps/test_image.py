"""How the image comes into the nodes, and how a rebuilt one is told from the one that is there."""

import shutil
from pathlib import Path

import pytest

from kindmesh.errors import BadInput
from kindmesh.settings import IMAGE
from kindmesh.steps.image import image_in_use, provide_image

from ...onpath import stand_in
from ..standins import Tools, items, site, tools

ID = f"sha256:{'0123456789ab' * 5}0123"
OWN = "pingpong:0123456789ab"


def machine(folder: Path, patch: pytest.MonkeyPatch, *images: str, clusters: str = "pingpong") -> Tools:
    """Return a machine with a kind cluster of two nodes, which hold some images."""
    names = {f"docker exec node-{number}": f"docker.io/library/{held}\n" for number, held in enumerate(images)}
    answers = {"get nodes": "node-0\nnode-1\n", "get clusters": clusters, "image inspect": f"{ID}\n"}
    made = tools(folder, patch, names | answers | {"docker": ""})
    shutil.copy(folder / "kind", folder / "docker")
    return made


@pytest.mark.parametrize(
    ("images", "changes"),
    [((OWN, OWN), 0), ((OWN, IMAGE), 1), ((IMAGE, IMAGE), 1), ((f"{OWN}c", OWN), 1)],
    ids=["there", "one node lacks it", "a stale :dev", "a longer name"],
)
def test_an_image_is_loaded_unless_every_node_holds_that_very_one(
    images: tuple[str, ...], changes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = machine(tmp_path, monkeypatch, *images)
    assert provide_image(site()) == changes
    loads = [call for call in called.calls if call.startswith("kind load")]
    assert [call.split(" --name ")[1] for call in loads] == ["pingpong"] * changes
    saves = [call for call in called.calls if call.startswith("docker save")]
    assert all(call.endswith(f"{IMAGE} {OWN}") for call in saves)
    assert len(saves) == changes


def test_a_context_of_a_kind_cluster_of_this_machine_is_loaded_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = machine(tmp_path, monkeypatch, IMAGE, IMAGE, clusters="other\nmine")
    assert provide_image(site(KINDMESH_CONTEXT="kind-mine")) == 1
    assert called.calls[-1].endswith("--name mine")


@pytest.mark.parametrize("context", ["prod", "mine", "kind-absent"])
def test_any_other_context_needs_a_loader_and_is_told_the_setting(
    context: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = machine(tmp_path, monkeypatch, clusters="mine")
    with pytest.raises(BadInput, match=f"KINDMESH_IMAGE_LOADER: {context} is not a kind cluster") as caught:
        provide_image(site(KINDMESH_CONTEXT=context))
    assert "name a command" in caught.value.hint
    assert not [call for call in called.calls if call.startswith("docker")]


@pytest.mark.parametrize(
    ("last", "noted"),
    [(ID, ID), ("", "sha256:before"), ("done", "sha256:before"), (f"image {ID}", ID), (f"{ID}0", "sha256:before")],
)
def test_a_loader_tells_by_its_last_word_which_image_it_brought(
    last: str, noted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotations = {"kindmesh.pingpong/image": "sha256:before"}
    running = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    tools(tmp_path, monkeypatch, {"get -n pingpong deployments": items(running)})
    stand_in(tmp_path, "load", f"print('building', {last!r}, sep=chr(10))")
    chosen = site(KINDMESH_IMAGE_LOADER="load")
    provide_image(chosen)
    assert image_in_use(chosen) == noted


def test_where_no_loader_tells_and_no_pod_notes_anything_nothing_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {"get": items({"spec": {"template": {"metadata": {}}}})})
    assert image_in_use(site(KINDMESH_IMAGE_LOADER="load")) == ""
