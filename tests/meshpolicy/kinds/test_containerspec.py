"""What the API server refuses in containers: divisors, mounts, resources, rules of restarts."""

import pytest

from ..build import Manifest
from .pods import DATA, ENV, FIRST, container, mount, pod, refused

REFERENCE = f"{ENV}.valueFrom.resourceFieldRef"


@pytest.mark.parametrize(
    ("resource", "divisor", "taken"),
    [
        ("limits.memory", "1Ki", True),
        ("limits.memory", "1024", False),
        ("limits.memory", 2, False),
        ("limits.memory", "1024Ki", True),
        ("limits.memory", "1000", True),
        ("limits.memory", "1000Ki", False),
        ("limits.memory", "1e3", False),
        ("limits.memory", "1e0", True),
        ("limits.memory", "1m", False),
        ("requests.ephemeral-storage", "1Gi", True),
        ("limits.cpu", "1m", True),
        ("limits.cpu", "0.001", True),
        ("limits.cpu", "1k", False),
        ("limits.cpu", 0, True),
        ("limits.cpu", "x", False),
    ],
)
def test_a_divisor_is_a_unit_as_kubernetes_writes_it(resource: str, divisor: str | int, taken: bool) -> None:
    """pkg/apis/core/validation/validation.go validateContainerResourceDivisor."""
    reference = {"resourceFieldRef": {"resource": resource, "divisor": divisor}}
    found = pod(container(env=[{"name": "A", "valueFrom": reference}]))
    assert refused(found) == ([] if taken else [f"{REFERENCE}.divisor"])


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"readOnly": True, "recursiveReadOnly": "Enabled"}, 0),
        ({"readOnly": True, "recursiveReadOnly": "IfPossible", "mountPropagation": "None"}, 0),
        ({"recursiveReadOnly": "Disabled"}, 0),
        ({"recursiveReadOnly": "Enabled"}, 1),
        ({"readOnly": True, "recursiveReadOnly": "Enabled", "mountPropagation": "HostToContainer"}, 1),
    ],
)
def test_a_mount_is_read_only_with_all_that_is_mounted_in_it(more: Manifest, wrong: int) -> None:
    """pkg/apis/core/validation/validation.go validateMountRecursiveReadOnly."""
    found = pod(container(volumeMounts=[mount(**more)]), volumes=[DATA])
    assert refused(found) == [f"{FIRST}.volumeMounts[0].recursiveReadOnly"] * wrong


@pytest.mark.parametrize(
    ("manifest", "wrong"),
    [
        (pod(container(resources={"limits": {"requests.example.com/gpu": 1}})), "limits.requests.example.com/gpu"),
        (pod(container(resources={"limits": {"example.com/requests.gpu": 1}})), ""),
        (pod(container(resources={"requests": {"example.com/gpu": 1}})), "limits"),
        (pod(container(resources={"requests": {"hugepages-2Mi": "2Mi"}})), "limits"),
        (pod(container(resources={"requests": {"cpu": 1}})), ""),
        (pod(container(resources={"requests": {"cpu": 1}, "limits": {"cpu": None}})), "requests.cpu"),
        (pod(container(resources={"requests": {"a.b/c": 1}, "limits": {"a.b/c": 2}})), "requests.a.b/c"),
        (pod(container(resources={"requests": {"a.b/c": 1}, "limits": {"a.b/c": "1"}})), ""),
    ],
)
def test_resources_have_names_and_limits(manifest: Manifest, wrong: str) -> None:
    """pkg/apis/core/helper/helpers.go IsExtendedResourceName, validation.go ValidateContainerResourceRequirements."""
    assert refused(manifest) == ([f"{FIRST}.resources.{wrong}"] if wrong else [])


EXITS = {"operator": "In", "values": [1]}


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"restartPolicy": "Never", "restartPolicyRules": [{"action": "Restart", "exitCodes": EXITS}]}, []),
        ({"restartPolicyRules": [{"action": "Restart", "exitCodes": EXITS}]}, ["restartPolicy"]),
        (
            {"restartPolicy": "Never", "restartPolicyRules": [{"action": "Stop"}]},
            ["restartPolicyRules[0].action", "restartPolicyRules[0].exitCodes"],
        ),
        (
            {"restartPolicy": "Never", "restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "Is"}}]},
            ["restartPolicyRules[0].exitCodes.operator"],
        ),
    ],
)
def test_a_rule_of_restarts_names_what_to_do_at_which_exit_codes(more: Manifest, wrong: list[str]) -> None:
    """pkg/apis/core/validation/validation.go validateContainerRestartPolicy."""
    assert refused(pod(container(**more))) == [f"{FIRST}.{one}" for one in wrong]
