"""What Flagger puts in the place of a workload is not in the input: who gets in there is not known. R130."""

import pytest

from ..build import Manifest, ask, cluster, server

CAT: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "cat", "namespace": "arena"},
    "spec": {
        "selector": {"matchLabels": {"app": "cat"}},
        "template": {
            "metadata": {"labels": {"app": "cat"}, "annotations": {"linkerd.io/inject": "enabled"}},
            "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]},
        },
    },
}
SPACE: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena"}}


def canary(kind: str = "Deployment", name: str = "cat", namespace: str = "arena") -> Manifest:
    """Return a Canary of a workload."""
    spec = {"targetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name}}
    metadata = {"name": "slowly", "namespace": namespace}
    return {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], "forbidden"),
        ([canary()], "unknown"),
        ([canary(name="dog")], "forbidden"),
        ([canary(namespace="elsewhere")], "forbidden"),
        ([canary(kind="Service")], "forbidden"),
    ],
)
def test_who_may_call_a_workload_that_flagger_copies_is_not_known(found: list[Manifest], expected: str) -> None:
    world = cluster(SPACE, CAT, server("cat", 8080, app="cat"), *found)
    assert ask(world, "unmeshed", "cat:8080/").verdict.value == expected


def test_how_that_workload_calls_others_is_known() -> None:
    """The copy has its account and its sidecar."""
    other = {**CAT, "metadata": {"name": "dog", "namespace": "arena"}}
    assert ask(cluster(SPACE, CAT, other, canary()), "cat", "dog:8080/").verdict.value == "allow"
