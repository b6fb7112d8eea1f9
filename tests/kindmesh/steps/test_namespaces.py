"""A namespace is labelled when it is created, and only then; one of somebody else is not touched."""

from pathlib import Path

import pytest
import yaml

from kindmesh.errors import BadInput
from kindmesh.steps.namespaces import namespaces

from ..standins import items, site, tools

OURS = {"app.kubernetes.io/managed-by": "kindmesh"}
NAMES = ["linkerd", "linkerd-viz", "pingpong", "ingress", "tracing", "cert-manager"]


def there(*names: str, labels: dict[str, str]) -> str:
    """Return these namespaces as they are there."""
    return items(*({"metadata": {"name": name, "labels": labels}} for name in names))


def documents(text: str) -> dict[str, dict[str, str]]:
    """Return the labels of the namespaces of a text."""
    return {found["metadata"]["name"]: found["metadata"].get("labels", {}) for found in yaml.safe_load_all(text)}


def test_what_is_missing_is_created_with_our_label_and_what_is_ours_gets_its_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = there("linkerd", labels=OURS)
    answers = {"get namespaces": found, "create": "", " apply ": items(), " get ": "", **kustomized()}
    called = tools(tmp_path, monkeypatch, answers)
    assert namespaces(site(KINDMESH_CONTEXT="some")) == len(NAMES) - 1
    created, applied = (documents(called.given(verb)) for verb in (" create ", " apply "))
    assert list(created) == NAMES[1:]
    assert all(OURS.items() <= labels.items() for labels in created.values())
    assert list(applied) == NAMES
    assert not any(OURS.items() <= labels.items() for labels in applied.values())


def test_one_of_somebody_else_is_refused_with_a_way_out_and_none_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = there("ingress", "cert-manager", "default", labels={"team": "another"})
    called = tools(tmp_path, monkeypatch, {"get namespaces": found, **kustomized()})
    with pytest.raises(BadInput) as caught:
        namespaces(site(KINDMESH_CONTEXT="some"))
    first, second = str(caught.value).splitlines()
    assert first.startswith("the namespace ingress exists, but was not created by `kindmesh`")
    label = "label namespace ingress app.kubernetes.io/managed-by=kindmesh`"
    assert first.endswith(f"label it: `kubectl --context some {label}")
    assert "KINDMESH_WITHOUT=cert-manager" in second
    assert not [call for call in called.calls if " create " in call or " apply " in call]


def kustomized() -> dict[str, str]:
    """Return what kustomize makes of the folders that hold a namespace."""
    return {
        f"kustomize&{folder}": f"kind: Namespace\nmetadata: {{name: {name}}}\n---\nkind: Service\n"
        for folder, name in (("overlays/kind", "pingpong"), ("ingress", "ingress"), ("observability", "tracing"))
    }
