"""The labels of pods that controllers and the injector give. Rule R117."""

from typing import Any

import pytest

from ..build import ARENA, Manifest, ask, cluster, labels, network_policy, server, service

HOME = {"apiVersion": "v1", "kind": "Namespace"}
HOME["metadata"] = {"name": "arena", "annotations": {"linkerd.io/inject": "enabled"}}  # type: ignore[assignment]
INDEX = "batch.kubernetes.io/job-completion-index"
POD = {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]}


def made_by(kind: str, **spec: Any) -> Manifest:
    """Return a controller named `cat`."""
    template = {"metadata": {"labels": {"app": "cat"}}, "spec": POD}
    group = "batch" if "Job" in kind else "apps"
    inner = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    metadata = {"name": "cat", "namespace": "arena"}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": {**inner, **spec}}


def owned(kind: str, *owners: str) -> Manifest:
    """Return what an object named `dog` made, or several."""
    found = made_by(kind)
    if kind == "Pod":
        found = {"apiVersion": "v1", "kind": "Pod", "metadata": found["metadata"], "spec": POD}
        found["metadata"]["labels"] = {"app": "cat"}
    found["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": owner, "name": "dog", "uid": str(number)} for number, owner in enumerate(owners)
    ]
    return found


def exists(key: str) -> Manifest:
    """Return a selector by the presence of a label."""
    return {"matchExpressions": [{"key": key, "operator": "Exists"}]}


@pytest.mark.parametrize(
    ("controller", "selector", "selected"),
    [
        (made_by("Deployment"), labels(**{"linkerd.io/proxy-deployment": "cat"}), "yes"),
        (made_by("Deployment"), labels(**{"linkerd.io/proxy-deployment": "dog"}), "no"),
        (made_by("Deployment"), labels(**{"linkerd.io/control-plane-ns": "linkerd"}), "yes"),
        (made_by("Deployment"), labels(**{"linkerd.io/workload-ns": "arena"}), "yes"),
        (made_by("Deployment"), exists("pod-template-hash"), "yes"),
        (made_by("Deployment"), labels(**{"pod-template-hash": "5d4f8"}), "unknown"),
        (made_by("Deployment"), exists("controller-revision-hash"), "no"),
        (made_by("Deployment"), labels(**{"topology.kubernetes.io/zone": "a"}), "unknown"),
        (made_by("StatefulSet"), labels(**{"statefulset.kubernetes.io/pod-name": "cat-0"}), "yes"),
        (made_by("StatefulSet"), labels(**{"statefulset.kubernetes.io/pod-name": "cat-1"}), "no"),
        (made_by("StatefulSet", replicas=2), labels(**{"statefulset.kubernetes.io/pod-name": "cat-1"}), "unknown"),
        (made_by("StatefulSet", replicas=2), labels(**{"apps.kubernetes.io/pod-index": "2"}), "no"),
        (made_by("StatefulSet", ordinals={"start": 5}), labels(**{"apps.kubernetes.io/pod-index": "5"}), "yes"),
        (made_by("StatefulSet"), labels(**{"linkerd.io/proxy-statefulset": "cat"}), "yes"),
        (made_by("StatefulSet"), exists("controller-revision-hash"), "yes"),
        (made_by("DaemonSet"), exists("pod-template-generation"), "yes"),
        (made_by("DaemonSet"), labels(**{"linkerd.io/proxy-daemonset": "cat"}), "yes"),
        (made_by("Job"), labels(**{"job-name": "cat"}), "yes"),
        (made_by("Job"), labels(**{"batch.kubernetes.io/job-name": "dog"}), "no"),
        (made_by("Job"), exists("controller-uid"), "yes"),
        (made_by("Job"), exists(INDEX), "no"),
        (made_by("Job", completionMode="NonIndexed", completions=3), exists(INDEX), "no"),
        (made_by("Job", completionMode="Indexed", completions=3), exists(INDEX), "yes"),
        (made_by("Job", completionMode="Indexed", completions=3), labels(**{INDEX: "2"}), "unknown"),
        (made_by("Job", completionMode="Indexed", completions=3), labels(**{INDEX: "3"}), "no"),
        (made_by("Job", completionMode="Indexed", completions=1), labels(**{INDEX: "0"}), "yes"),
        (made_by("CronJob"), exists(INDEX), "no"),
        (made_by("CronJob"), labels(**{"job-name": "cat-1"}), "unknown"),
        (made_by("CronJob"), labels(**{"linkerd.io/proxy-job": "cat"}), "no"),
        (made_by("ReplicaSet"), labels(**{"linkerd.io/proxy-replicaset": "cat"}), "yes"),
        (made_by("ReplicaSet"), exists("pod-template-hash"), "no"),
        (owned("ReplicaSet", "Deployment"), labels(**{"linkerd.io/proxy-deployment": "dog"}), "yes"),
        (owned("ReplicaSet", "Deployment"), exists("linkerd.io/proxy-replicaset"), "no"),
        (owned("ReplicaSet", "Rollout"), labels(**{"linkerd.io/proxy-replicaset": "cat"}), "yes"),
        (owned("ReplicaSet", "Deployment", "Deployment"), exists("linkerd.io/proxy-deployment"), "no"),
        (owned("Job", "CronJob"), exists("linkerd.io/proxy-job"), "no"),
        (owned("Deployment", "Shop"), labels(**{"linkerd.io/proxy-deployment": "cat"}), "yes"),
        (owned("Pod", "StatefulSet"), labels(**{"linkerd.io/proxy-statefulset": "dog"}), "yes"),
        (owned("Pod", "ReplicaSet"), exists("linkerd.io/proxy-deployment"), "unknown"),
        (owned("Pod", "ReplicaSet"), exists("linkerd.io/proxy-replicaset"), "unknown"),
        (owned("Pod", "Job"), exists("linkerd.io/proxy-job"), "unknown"),
        (owned("Pod", "Shop"), exists("linkerd.io/proxy-deployment"), "no"),
    ],
)
def test_a_server_selects_by_labels_that_pods_get_when_they_are_made(
    controller: Manifest, selector: Manifest, selected: str
) -> None:
    """The port is closed by default, and the Server opens it."""
    home = {**HOME, "metadata": {**HOME["metadata"]}}  # type: ignore[dict-item]
    home["metadata"]["annotations"] = {  # type: ignore[index]
        "linkerd.io/inject": "enabled",
        "config.linkerd.io/default-inbound-policy": "deny",
    }
    opened = server("cat", 8080, podSelector=selector, accessPolicy="all-unauthenticated")
    expected = {"yes": "allow", "no": "403", "unknown": "unknown"}[selected]
    assert ask(cluster(home, controller, opened), "unmeshed", "cat:8080/", direct=True).outcome == expected


def test_a_network_policy_knows_the_injectors_labels_of_a_client() -> None:
    """R117, N5."""
    caller = made_by("Deployment")
    for name, expected in (("cat", "allow"), ("dog", "504")):
        peer = {"podSelector": labels(**{"linkerd.io/proxy-deployment": name})}
        found = cluster(*ARENA, HOME, caller, network_policy(policyTypes=["Ingress"], ingress=[{"from": [peer]}]))
        assert ask(found, "cat").outcome == expected


def test_labels_of_a_pod_that_runs_are_all_there() -> None:
    """It was made already."""
    found = cluster(*ARENA, server(podSelector=exists("pod-template-hash"), accessPolicy="deny"))
    assert ask(found, "stranger").outcome == "allow"


@pytest.mark.parametrize(
    ("listed", "on_pods", "on_services"),
    [
        ("80", "80", "80"),
        ("+80", "+80", "&#43;80"),
        ("80,a'b<c>&d", "80,a'b<c>&d", "80,a&#39;b&lt;c&gt;&amp;d"),
        (r"\b", "\b", "\b"),
        ("\\", None, None),
        ("8\t0", None, None),
    ],
)
def test_a_service_gets_the_list_of_its_namespace_as_html(listed: str, on_pods: str | None, on_services: str) -> None:
    """R65; measured with the injector's own code: it escapes what it writes into a Service, and not into a pod."""
    name = "config.linkerd.io/opaque-ports"
    space = {"apiVersion": "v1", "kind": "Namespace"}
    space["metadata"] = {"name": "arena", "annotations": {name: listed, "linkerd.io/inject": "enabled"}}  # type: ignore[assignment]
    found = cluster(space, service(), made_by("Deployment"))
    assert found.services[0].annotations.get(name) == on_services
    pod = found.workloads[0]
    assert (None if pod.sidecar.unknown else pod.annotations.get(name)) == on_pods


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("deny", "403"),
        ("de\\u006ey", "403"),
        ("deny\\t", "allow"),
        ("a\\b", "allow"),
        ("\\ud83d", "allow"),
        ("a\\q", "unknown"),
        ("a\\", "unknown"),
        ('de"ny', "unknown"),
        ("deny\n", "unknown"),
        ("deny\x7f", "unknown"),
        ("\u2028", "allow"),
    ],
)
def test_an_annotation_of_a_namespace_is_copied_as_a_text_within_json(value: str, expected: str) -> None:
    """R8; as the injector's own code copies them: a word that it is not then leaves the cluster's default."""
    annotations = {"linkerd.io/inject": "enabled", "config.linkerd.io/default-inbound-policy": value}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena", "annotations": annotations}}
    found = cluster(home, *(one for one in ARENA if one["kind"] != "Namespace"), made_by("Deployment"), service("cat"))
    assert ask(found, "stranger", "cat:8080/", direct=True).outcome == expected
