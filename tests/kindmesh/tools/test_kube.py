"""What counts as a change of the cluster, and what as an answer of it."""

import json
from pathlib import Path

import pytest

from kindmesh.errors import CommandFailed
from kindmesh.tools.kube import Kube, contents, documents, until

from ..standins import items, tools

ONE = {
    "kind": "Service",
    "metadata": {"uid": "u", "name": "ponger", "namespace": "pingpong", "resourceVersion": "1"},
    "spec": {"ports": [80]},
    "status": {},
}


def text(**changes: object) -> str:
    return json.dumps(ONE | changes)


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"status": {"ready": True}}, False),
        ({"metadata": ONE["metadata"] | {"resourceVersion": "2", "generation": 7}}, False),  # type: ignore[operator]
        ({"metadata": ONE["metadata"] | {"managedFields": [{}]}}, False),  # type: ignore[operator]
        ({"spec": {"ports": [81]}}, True),
        ({"metadata": ONE["metadata"] | {"labels": {"a": "b"}}}, True),  # type: ignore[operator]
        ({"data": {"a": "b"}}, True),
    ],
)
def test_a_change_is_what_somebody_wrote_and_no_bookkeeping(changed: dict[str, object], differs: bool) -> None:
    assert (contents(text()) != contents(text(**changed))) is differs


def test_a_list_and_one_object_and_nothing_are_read_alike() -> None:
    assert contents(json.dumps({"items": [ONE]})) == contents(text())
    assert contents("") == {}


def test_empty_documents_are_none() -> None:
    assert documents("---\n---\na: 1\n---\n") == [{"a": 1}]


def test_what_never_comes_about_ends_in_time() -> None:
    asked = iter(range(1000))
    assert until(lambda: next(asked) < 0, within=0.05, every=0.01) is False
    assert next(asked) > 1
    assert until(lambda: True, within=0) is True


UNREACHABLE = "Unable to connect to the server: net/http: TLS handshake timeout"


@pytest.mark.parametrize(("answer", "there"), [("secret/one\n", True), ("", False)])
def test_an_object_is_there_when_it_is_named(
    answer: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"get": answer})
    assert Kube("some").exists("secret/one") is there
    assert called.calls == ["kubectl --context some get secret/one --ignore-not-found -o name"]


def test_a_cluster_that_does_not_answer_is_an_error_and_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, failing={"get": UNREACHABLE})
    with pytest.raises(CommandFailed) as caught:
        Kube("some").exists("secret/one")
    assert caught.value.output == UNREACHABLE
    with pytest.raises(CommandFailed) as caught:
        Kube("some").items("pods")
    assert caught.value.output == UNREACHABLE


def test_of_a_kind_that_is_not_known_there_are_no_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = 'error: the server doesn\'t have a resource type "servers"'
    tools(tmp_path, monkeypatch, {"get pods": items({"a": 1})}, {"get servers": refusal})
    assert Kube("some").items("servers") == []
    assert Kube("some").items("pods") == [{"a": 1}]


def test_objects_are_created_as_ours_and_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"create": ""})
    assert Kube("some").create([{"kind": "Secret"}, {"kind": "ConfigMap"}]) == 2
    assert called.calls == ["kubectl --context some create --field-manager=kindmesh -f -"]
    assert called.given("create") == "kind: Secret\n---\nkind: ConfigMap\n"
