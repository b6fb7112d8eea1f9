"""Every pod of this project gives up what it does not need, and runs an image that nobody can exchange."""

import re
import tomllib

import pytest

from kindmesh.probes.clients import CLIENTS, manifest

from .rendered import ROOT, Object, built, folders

OWN = re.compile(r"pingpong:dev|ghcr\.io/[\w./-]+(:unreleased|@sha256:[0-9a-f]{64})")
"""The project's image: the local tag, the tag that names no image yet, or what a release wrote in its place."""
EXACT = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
NODES_OWN = "mesh/enforcer"
"""It sets the firewall of every node: what it asks for is held to a list of its own."""
BARE = ("mesh/network", "mesh/policies", "mesh/linkerd/identity", NODES_OWN)
PLACES = [folder for folder in folders() if folder not in BARE]


def pods(folder: str) -> list[tuple[str, Object]]:
    """Return the pod of every workload of a folder."""
    found = [one for one in built(folder) if one["kind"] in WORKLOADS]
    return [(f"{one['kind']} {one['metadata']['name']}", one["spec"]["template"]["spec"]) for one in found]


def wishes(pod: Object) -> list[str]:
    """Return what a pod fails to give up, in the words of the field."""
    own = pod.get("securityContext", {})
    found = [
        "runAsNonRoot" if not own.get("runAsNonRoot") else "",
        "runAsUser" if own.get("runAsUser", 0) == 0 else "",
        "seccompProfile" if own.get("seccompProfile") != {"type": "RuntimeDefault"} else "",
        "automountServiceAccountToken" if pod.get("automountServiceAccountToken") is not False else "",
        "serviceAccountName" if not pod.get("serviceAccountName") else "",
        "hostPath" if any("hostPath" in volume for volume in pod.get("volumes", [])) else "",
        *(field for field in ("hostPID", "hostIPC", "hostNetwork") if pod.get(field)),
        *(field for container in containers(pod) for field in _wishes(container)),
    ]
    return [field for field in found if field]


def _wishes(container: Object) -> list[str]:
    own, room = container.get("securityContext", {}), container.get("resources", {})
    return [
        "allowPrivilegeEscalation" if own.get("allowPrivilegeEscalation") is not False else "",
        "readOnlyRootFilesystem" if not own.get("readOnlyRootFilesystem") else "",
        "capabilities" if own.get("capabilities") != {"drop": ["ALL"]} else "",
        "requests" if not {"cpu", "memory"} <= set(room.get("requests", {})) else "",
        "limits" if "memory" not in room.get("limits", {}) else "",
        "hostPort" if any("hostPort" in port for port in container.get("ports", [])) else "",
    ]


def containers(pod: Object) -> list[Object]:
    """Return all containers of a pod."""
    return [*pod.get("initContainers", []), *pod["containers"]]


@pytest.mark.parametrize("folder", PLACES)
def test_every_pod_is_hardened(folder: str) -> None:
    assert {name: wishes(pod) for name, pod in pods(folder) if wishes(pod)} == {}


def test_there_are_pods_to_look_at() -> None:
    names = {name for folder in PLACES for name, _ in pods(folder)}
    assert names == {"Deployment pinger", "Deployment ponger", "Deployment jaeger"}


def test_what_is_of_the_node_asks_for_no_more_than_it_says() -> None:
    ((_, pod),) = pods(NODES_OWN)
    assert sorted(wishes(pod)) == [
        "allowPrivilegeEscalation",
        "automountServiceAccountToken",
        "capabilities",
        "hostNetwork",
        "hostPath",
        "readOnlyRootFilesystem",
        "runAsNonRoot",
        "runAsUser",
        "seccompProfile",
    ]
    (role,) = [one for one in built(NODES_OWN) if one["kind"] == "ClusterRole"]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert "secrets" not in {resource for rule in role["rules"] for resource in rule["resources"]}


@pytest.mark.parametrize("name", [asker.name for asker in CLIENTS if asker.account])
def test_a_pod_that_asks_on_behalf_of_verify_is_hardened_too(name: str) -> None:
    (asker,) = [one for one in CLIENTS if one.name == name]
    assert wishes(manifest(asker)["spec"]) == (["hostNetwork"] if asker.on_host else [])


@pytest.mark.parametrize(
    ("field", "value", "wish"),
    [
        ("securityContext", {}, "runAsNonRoot"),
        ("automountServiceAccountToken", True, "automountServiceAccountToken"),
        ("volumes", [{"name": "host", "hostPath": {"path": "/"}}], "hostPath"),
        ("hostNetwork", True, "hostNetwork"),
        ("containers", [{"name": "soft", "image": "pingpong:dev"}], "capabilities"),
    ],
)
def test_a_pod_that_asks_for_more_is_found(field: str, value: object, wish: str) -> None:
    assert wish in wishes(pods("k8s/base")[0][1] | {field: value})


@pytest.mark.parametrize("folder", PLACES)
def test_every_image_is_the_projects_own_or_an_exact_version_that_is_pinned(folder: str) -> None:
    pins = tomllib.loads((ROOT / "mesh/versions.toml").read_text())["pin"]
    pinned = {
        f"{pin['image']}:{pin['version']}" + (f"@{pin['digest']}" if pin.get("digest") else "")
        for pin in pins
        if "image" in pin
    }
    for image in (container["image"] for _, pod in pods(folder) for container in containers(pod)):
        assert OWN.fullmatch(image) or (EXACT.fullmatch(image) and image in pinned)


def test_production_never_runs_the_tag_of_a_development_machine() -> None:
    images = {container["image"] for _, pod in pods("k8s/overlays/production") for container in containers(pod)}
    assert len(images) == 1
    assert images.pop().startswith("ghcr.io/")


@pytest.mark.parametrize("overlay", [folder for folder in folders() if folder.startswith("k8s/")])
def test_a_rollout_loses_nothing(overlay: str) -> None:
    for one in (found for found in built(overlay) if found["kind"] == "Deployment"):
        pod = one["spec"]["template"]["spec"]
        pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert one["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert 0 < pause < pod["terminationGracePeriodSeconds"]
