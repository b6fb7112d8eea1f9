"""All that is somebody else's is told at once, before anything is changed."""

from pathlib import Path

import pytest

from kindmesh.errors import BadInput
from kindmesh.steps.ownership import ownership

from ..standins import items, site, tools

RELEASE = [{"revision": 1, "status": "deployed", "description": "Install complete"}]
EMPTY = {
    "kustomize&observability": "kind: Namespace\nmetadata: {name: tracing}\n",
    "certificates.cert-manager.io": items(),
    "": "",
}


def test_an_empty_cluster_may_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, {"get namespaces": items(), **EMPTY}, {"history": "Error: release: not found"})
    assert ownership(site(KINDMESH_CONTEXT="some")) == 0


def test_all_that_is_another_ones_is_told_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {
        "get namespaces": items({"metadata": {"name": "tracing"}}),
        "history cert-manager": RELEASE,
        "history linkerd-crds": RELEASE,
        "history linkerd2-cni": RELEASE,
        " history ": [],
        "get customresourcedefinitions": items({"metadata": {}}),
        "secret/linkerd-identity-issuer": "secret/linkerd-identity-issuer",
    }
    called = tools(
        tmp_path, monkeypatch, answers | {"history": []} | {key: EMPTY[key] for key in EMPTY if key not in answers}
    )
    with pytest.raises(BadInput) as caught:
        ownership(site(KINDMESH_CONTEXT="some"))
    told = str(caught.value).splitlines()[1:]
    beginnings = (
        "the namespace tracing",
        "the release cert-manager/cert-manager",
        "the release linkerd/linkerd-crds",
        "Gateway API of no version",
        "this cluster's certificates are kept without cert-manager",
    )
    assert [line.startswith(words) for line, words in zip(told, beginnings, strict=True)] == [True] * 5
    assert {call.split()[0] for call in called.calls} == {"kubectl", "helm"}
    changing = ("apply", "create", "upgrade", "delete", "label")
    assert not [call for call in called.calls if set(changing) & set(call.split())]
