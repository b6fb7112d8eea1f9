"""What may stand in the metadata of an object."""

from typing import Any

import pytest

from meshpolicy.kinds.metadata import violations


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"name": "a.b-c", "namespace": "x"}, []),
        ({"name": "A"}, ["metadata.name"]),
        ({"name": "a..b"}, ["metadata.name"]),
        ({"name": "a" * 253}, []),
        ({"name": "a" * 254}, ["metadata.name"]),
        ({"name": "a", "namespace": "a.b"}, ["metadata.namespace"]),
        ({"name": "a", "labels": {"app": "x_Y.z", "example.org/app": ""}}, []),
        ({"name": "a", "labels": {"app": "-x"}}, ["metadata.labels.app"]),
        ({"name": "a", "labels": {"app": "x" * 64}}, ["metadata.labels.app"]),
        ({"name": "a", "labels": {"app": 1}}, ["metadata.labels.app"]),
        ({"name": "a", "labels": {"a b": "x"}}, ["metadata.labels.a b"]),
        ({"name": "a", "labels": {"/app": "x"}}, ["metadata.labels./app"]),
        ({"name": "a", "labels": {"Example.org/app": "x"}}, ["metadata.labels.Example.org/app"]),
        ({"name": "a", "annotations": {"Example.org/App": "any thing"}}, []),
        ({"name": "a", "annotations": {"a/b/c": ""}}, ["metadata.annotations.a/b/c"]),
        ({"name": "a", "annotations": {"a": "x" * 2**18}}, ["metadata.annotations"]),
        ({"name": "a", "label": {}}, ["metadata.label"]),
        ({"name": "a", "labels": None}, []),
    ],
)
def test_names_labels_and_annotations_have_their_form(metadata: dict[str, Any], expected: list[str]) -> None:
    assert [field for field, _ in violations(metadata, "Server")] == expected


@pytest.mark.parametrize(
    ("kind", "name", "refused"),
    [("Namespace", "a.b", True), ("Service", "a" * 64, True), ("Server", "a.b", False), ("Role", "system:a", False)],
)
def test_a_name_has_the_form_of_its_kind(kind: str, name: str, refused: bool) -> None:
    assert bool(list(violations({"name": name}, kind))) is refused
