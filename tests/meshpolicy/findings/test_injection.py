"""What lint says of policies without a sidecar, and of words for a sidecar that nobody reads. Rules R7, R110, R111."""

from collections.abc import Mapping

import pytest

from meshpolicy.findings.registry import lint
from meshpolicy.kinds.cluster import Cluster

from ..build import Manifest, account, allow, cluster, labels, ref, server, service

INJECT = "linkerd.io/inject"
ASKS = {INJECT: "enabled"}
PODS: Manifest = {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]}


def space(annotations: Mapping[str, str] | None = None, labelled: Mapping[str, str] | None = None) -> Manifest:
    """Return the namespace of the arena."""
    metadata = {"name": "arena", "annotations": dict(annotations or {}), "labels": dict(labelled or {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def cat(
    annotations: Mapping[str, str] | None = None,
    labelled: Mapping[str, str] | None = None,
    own: Manifest | None = None,
    **spec: object,
) -> Manifest:
    """Return a Deployment; `own` is metadata of itself, and not of its pods."""
    metadata = {"labels": {"app": "cat", **(labelled or {})}, "annotations": dict(annotations or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cat", "namespace": "arena", **(own or {})},
        "spec": {"selector": labels(app="cat"), "template": {"metadata": metadata, "spec": {**PODS, **spec}}},
    }


def told(found: Cluster, *codes: str) -> list[str]:
    """Return what is said under some codes."""
    return [f"{one.code.code} {one.subject.name}: {one.message}" for one in lint(found) if one.code.code in codes]


SERVER = server("cat", app="cat")
GRANT = allow(account("cat"), on=ref("Server", "cat"))
FRONT = service("cat", annotations=ASKS)
WITHOUT: list[tuple[list[Manifest], str]] = [
    ([space(), cat()], "neither it nor the Namespace arena is annotated"),
    ([space(), cat(own={"annotations": ASKS})], "stands on the Deployment itself, not on its pod template"),
    ([space(), cat(own={"labels": ASKS})], "is a label of the Deployment"),
    ([space(), cat(labelled=ASKS)], "is a label of its pods"),
    ([space({}, ASKS), cat()], "is a label of the Namespace arena"),
    ([space(), cat(), FRONT], "stands on Service arena/cat, where nobody reads it"),
    ([space(), cat({INJECT: "true"})], "is `true`, which Linkerd does not know"),
    ([space({INJECT: "yes"}), cat(ASKS)], "of the Namespace arena is `yes`"),
    ([space(ASKS), cat({INJECT: "disabled"})], "is disabled"),
    ([space(ASKS, {"config.linkerd.io/admission-webhooks": "disabled"}), cat()], "leaves the namespace arena out"),
    ([space(ASKS), cat(labelled={"linkerd.io/cni-resource": "true"})], "leaves it out, by its labels"),
    ([space(ASKS), cat(hostNetwork=True)], "on the host's network"),
    ([space(ASKS), cat(initContainers=[{"name": "istio-init"}])], "istio-init is a sidecar already"),
]


@pytest.mark.parametrize(("manifests", "says"), WITHOUT)
def test_a_server_whose_pods_have_no_sidecar_is_one_error_with_its_near_miss(
    manifests: list[Manifest], says: str
) -> None:
    """One mistake, one finding: the policy that is not enforced, with what keeps the sidecar away."""
    found = told(cluster(*manifests, SERVER, GRANT), "MP001", "MP010", "MP011", "MP031", "MP060", "MP061")
    assert [line[:10] for line in found] == ["MP060 cat:"]
    assert says in found[0]


def test_a_server_with_one_meshed_pod_is_enforced_there() -> None:
    """Others of its pods may have none."""
    bare = cat({INJECT: "disabled"}) | {"metadata": {"name": "bare", "namespace": "arena"}}
    assert told(cluster(space(ASKS), cat(), bare, SERVER, GRANT), "MP060") == []


@pytest.mark.parametrize("annotations", [{}, ASKS])
def test_what_a_namespace_outside_of_the_input_decides_is_no_error(annotations: Mapping[str, str]) -> None:
    """An application's repository holds its Namespace seldom: whether there are sidecars is not known, either way."""
    assert told(cluster(cat(annotations), SERVER, GRANT), "MP060", "MP061") == []
    label = told(cluster(cat(labelled=ASKS), SERVER, GRANT), "MP060", "MP061")
    assert [line[:10] for line in label] == ["MP061 cat:"]


def test_a_grant_for_a_namespace_without_sidecars_is_an_error() -> None:
    """Where there are Servers, these tell."""
    grant = allow(account("cat"), on=ref("Namespace", "arena"))
    assert [line[:12] for line in told(cluster(space(), cat(), grant), "MP060")] == ["MP060 allow:"]
    assert [line[:10] for line in told(cluster(space(), cat(), grant, SERVER), "MP060")] == ["MP060 cat:"]
    assert told(cluster(space(ASKS), cat(), grant), "MP060") == []


@pytest.mark.parametrize(
    ("manifests", "says"),
    [(manifests, says) for manifests, says in WITHOUT if says not in ("is disabled", WITHOUT[0][1], WITHOUT[1][1])],
)
def test_a_sidecar_that_is_asked_for_in_vain_is_told_without_a_server_too(manifests: list[Manifest], says: str) -> None:
    """R110, R111: it is left out, or the word stands where nobody reads it."""
    found = told(cluster(*manifests), "MP060", "MP061")
    assert [line[:10] for line in found] == ["MP061 cat:"]
    assert says in found[0]


@pytest.mark.parametrize("manifests", [[cat()], [space(), cat()], [space(ASKS), cat({INJECT: "disabled"})]])
def test_a_workload_that_asks_for_no_sidecar_is_no_mistake(manifests: list[Manifest]) -> None:
    """Without a policy."""
    assert told(cluster(*manifests), "MP060", "MP061") == []
