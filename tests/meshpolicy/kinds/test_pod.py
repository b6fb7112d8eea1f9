"""Whatever makes pods from a template is read as a workload, whoever defined its kind."""

from typing import Any

import pytest

from meshpolicy.manifests.parse import parse_documents

from ..build import account, allow, ask, cluster, documents, labels, pod, server

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "ponger"}, "annotations": {"linkerd.io/inject": "enabled"}},
    "spec": {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]},
}
ARENA: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena"}}


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("argoproj.io/v1alpha1", "Rollout"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
        ("serving.knative.dev/v1", "Service"),
        ("apps.kruise.io/v1alpha1", "CloneSet"),
        ("extensions/v1beta1", "Deployment"),
        ("example.org/v1", "Whatever"),
    ],
)
def test_a_kind_with_a_pod_template_is_governed_like_a_deployment(version: str, kind: str) -> None:
    made = {"apiVersion": version, "kind": kind, "metadata": {"name": "ponger", "namespace": "arena"}}
    world = cluster(
        ARENA, {**made, "spec": {"template": TEMPLATE}}, pod("pinger", ""), server(), allow(account("pinger"))
    )
    assert [ask(world, who).verdict.value for who in ("pinger", "unmeshed")] == ["allow", "forbidden"]


@pytest.mark.parametrize(
    "template", [None, {}, {"spec": {}}, {"spec": {"containers": []}}, {"spec": {"containers": 1}}]
)
def test_an_unknown_kind_without_containers_is_no_workload(template: object) -> None:
    other = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"template": template}}
    assert parse_documents(documents(other)).cluster.workloads == ()


def test_a_label_that_an_unknown_controller_may_add_is_not_known() -> None:
    made = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "p", "namespace": "arena"}}
    selects = server(podSelector=labels(added="yes"), accessPolicy="all-unauthenticated")
    deny = {**TEMPLATE, "metadata": {**TEMPLATE["metadata"], "annotations": {
        "linkerd.io/inject": "enabled", "config.linkerd.io/default-inbound-policy": "deny"}}}  # fmt: skip
    world = cluster(ARENA, {**made, "spec": {"template": deny}}, selects)
    assert ask(world, "unmeshed", "p:8080/").verdict.value == "unknown"


def test_the_items_of_a_typed_list_have_its_kind() -> None:
    items = [{"metadata": {"name": "a"}, "spec": TEMPLATE["spec"]}]
    listed = parse_documents(documents({"apiVersion": "v1", "kind": "PodList", "items": items}))
    assert [str(workload.ref) for workload in listed.cluster.workloads] == ["Pod default/a"]


@pytest.mark.parametrize(
    ("phase", "read"), [("Pending", 1), ("Running", 1), ("Unknown", 1), ("Succeeded", 0), ("Failed", 0)]
)
def test_a_pod_that_has_ended_is_no_workload(phase: str, read: int) -> None:
    """Pods of Jobs, and those that a node evicted, stay in a cluster: nothing calls them."""
    ended = pod("ponger", "10.244.0.21") | {"status": {"phase": phase, "podIP": "10.244.0.21"}}
    assert len(cluster(ended).workloads) == read
