"""What `down` removes: all of a cluster that is ours, and on another's only what `up` brought there."""

import re
from pathlib import Path

import pytest

from kindmesh.errors import CommandFailed
from kindmesh.steps.down import remove_all

from ..standins import items, site, tools

OTHERS = "somebody-elses"


def test_a_cluster_that_is_ours_is_removed_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"get clusters": "other\npingpong\n", "delete cluster": ""})
    remove_all(site())
    assert called.calls == ["kind get clusters", "kind delete cluster --name pingpong"]


def test_where_there_is_none_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"get clusters": "pingpong-of-another\n"})
    said: list[str] = []
    remove_all(site(said))
    assert (called.calls, said) == (["kind get clusters"], ["There is no cluster."])


BUILT = "pingpong:dev\npingpong:0123456789ab\npingpong:1.0\nother/pingpong:dev\nkindest/node:<none>\n"


def test_the_images_that_up_built_go_and_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"get clusters": "pingpong\n", "delete cluster": "", "image ls": BUILT, "image rm": ""}
    called = tools(tmp_path, monkeypatch, answers, with_docker=True)
    said: list[str] = []
    assert remove_all(site(said)) == ()
    assert called.calls[-1] == "docker image rm pingpong:dev pingpong:0123456789ab"
    assert said[-1] == "Removed from this machine's images: pingpong:dev, pingpong:0123456789ab"


def test_an_image_that_cannot_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = {"image rm": "conflict: a container uses it"}
    tools(tmp_path, monkeypatch, {"image ls": BUILT, "": ""}, refusals, with_docker=True)
    assert remove_all(site()) == ("images: conflict: a container uses it",)


def test_a_loader_of_ones_own_has_built_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"image ls": BUILT, "": ""}, with_docker=True)
    remove_all(site(KINDMESH_IMAGE_LOADER="load"))
    assert not [call for call in called.calls if call.startswith("docker")]


def answers(labelled: list[str], description: str, manager: str = "kindmesh") -> dict[str, object]:
    """Return a cluster with these namespaces of ours, releases of this description, and a class of this manager."""
    found = items(*({"metadata": {"name": name}} for name in labelled))
    owned = {"managedFields": [{"manager": manager}]}
    classes = ({"metadata": {"name": "pingpong"} | owned}, {"metadata": {"name": "high", "managedFields": []}})
    upgrades = {"metadata": {"name": "safe-upgrades.gateway.networking.k8s.io"} | owned}
    there = {
        "get namespaces -l": found,
        "get namespace/": "namespace/there\n",
        "get priorityclasses": items(*classes),
        "get validatingadmissionpolicies": items(upgrades),
    }
    return there | {"history": [{"description": description}], " list ": "", "": ""}


def test_anothers_cluster_loses_what_up_brought_and_pods_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, answers(["linkerd", "pingpong"], "kindmesh 0123"))
    said: list[str] = []
    assert remove_all(site(said, KINDMESH_CONTEXT=OTHERS)) == ()
    text = "\n".join(called.calls)
    assert "kind " not in text.replace("kindmesh", "")
    assert all(re.search(rf"context {OTHERS} ", call) for call in called.calls)
    assert "customresourcedefinition" not in text
    assert text.index("delete namespace pingpong") < text.index("uninstall linkerd-control-plane")
    assert text.index("uninstall linkerd-crds") < text.index("delete namespace linkerd ")
    assert text.index("delete namespace pingpong") < text.index("delete priorityclasses.scheduling.k8s.io pingpong")
    assert "delete validatingadmissionpolicies" not in text
    assert text.index("get clusterissuers.cert-manager.io") < text.index("uninstall cert-manager")
    assert said[-1].startswith("Removed.")


def test_what_was_there_before_up_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, answers(["pingpong"], "Install complete", "helm"))
    said: list[str] = []
    assert remove_all(site(said, KINDMESH_CONTEXT=OTHERS)) == ()
    text = "\n".join(called.calls)
    assert " uninstall " not in text
    assert re.findall(r"delete namespace (.*?) --", text) == ["pingpong"]
    assert "delete priorityclasses" not in text
    assert [line for line in said if line.startswith("Namespace cert-manager stays")]


def test_a_first_installation_that_broke_off_is_removed_by_its_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = answers(["linkerd"], "Initial install underway") | {" list ": "it\n"}
    called = tools(tmp_path, monkeypatch, broken)
    remove_all(site(KINDMESH_CONTEXT=OTHERS))
    text = "\n".join(called.calls)
    assert text.index("uninstall linkerd-control-plane") < text.index("delete namespace linkerd ")


def test_kind_that_does_not_answer_is_not_taken_for_no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, failing={"get clusters": "cannot connect to the Docker daemon"})
    said: list[str] = []
    with pytest.raises(CommandFailed) as caught:
        remove_all(site(said))
    assert (said, caught.value.output) == ([], "cannot connect to the Docker daemon")


def test_what_cannot_be_removed_is_told_and_nothing_is_called_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(
        tmp_path,
        monkeypatch,
        answers(["linkerd"], "kindmesh 0123"),
        {"uninstall traefik": "no answer", "delete namespace": "forbidden"},
    )
    said: list[str] = []
    assert remove_all(site(said, KINDMESH_CONTEXT=OTHERS)) == (
        "release traefik: no answer",
        "namespace linkerd: forbidden",
    )
    assert not any(line.startswith("Removed") for line in said)
