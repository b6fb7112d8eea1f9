"""What counts as a change of the cluster."""

import json

import pytest

from kindmesh.kube import contents, documents, until

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
