"""How many pods a workload may have is its autoscaler's to say."""

from typing import Any

import pytest

from meshpolicy.kinds.workload import Workload

from ..build import Manifest, ask, cluster, labels, server

SPACE = {"apiVersion": "v1", "kind": "Namespace"}
SPACE["metadata"] = {  # type: ignore[assignment]
    "name": "arena",
    "annotations": {"linkerd.io/inject": "enabled", "config.linkerd.io/default-inbound-policy": "deny"},
}


def cats(kind: str = "StatefulSet", **spec: Any) -> Manifest:
    """Return a workload named `cat`."""
    pod = {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]}
    template = {"metadata": {"labels": {"app": "cat"}}, "spec": pod}
    metadata = {"name": "cat", "namespace": "arena"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": template, **spec}}


def scaler(kind: str = "StatefulSet", name: str = "cat", **spec: Any) -> Manifest:
    """Return a HorizontalPodAutoscaler."""
    target = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    metadata = {"name": "cats", "namespace": "arena"}
    fields = {"scaleTargetRef": target, "maxReplicas": 3, **spec}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": fields}


KEDA = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "k", "namespace": "arena"}}


def read(*manifests: Manifest) -> Workload:
    """Return the one workload."""
    return cluster(SPACE, *manifests).workloads[0]


@pytest.mark.parametrize(
    ("manifests", "replicas"),
    [
        ([cats()], 1),
        ([cats(), scaler()], 3),
        ([cats(replicas=5), scaler()], 5),
        ([cats(replicas=0), scaler()], 0),
        ([cats(), scaler(maxReplicas="${MOST}")], 100),
        ([cats(), scaler("Deployment")], 1),
        ([cats(), scaler(name="dog")], 1),
        ([cats("Deployment"), KEDA | {"spec": {"scaleTargetRef": {"name": "cat"}}}], 100),
        ([cats("Deployment"), KEDA | {"spec": {"scaleTargetRef": {"name": "cat"}, "maxReplicaCount": 4}}], 4),
    ],
)
def test_a_workload_has_as_many_pods_as_its_autoscaler_allows(manifests: list[Manifest], replicas: int) -> None:
    found = read(*manifests)
    assert found.most_replicas == replicas
    assert found.replicas == manifests[0]["spec"].get("replicas", 1)


@pytest.mark.parametrize(("more", "expected"), [([], "allow"), ([scaler()], "unknown")])
def test_a_server_for_one_pod_of_a_set_governs_no_other(more: list[Manifest], expected: str) -> None:
    """R117: the second pod of a StatefulSet has another name."""
    first = labels(**{"statefulset.kubernetes.io/pod-name": "cat-0"})
    one = server(port=8080, podSelector=first, accessPolicy="all-unauthenticated")
    assert ask(cluster(SPACE, cats(), one, *more), "unmeshed", "cat:8080/").outcome == expected


@pytest.mark.parametrize(("more", "alone"), [([], True), ([scaler()], False)])
def test_a_pod_that_calls_its_own_service_may_meet_another_one(more: list[Manifest], alone: bool) -> None:
    """M1."""
    assert read(cats(), *more).alone is alone
