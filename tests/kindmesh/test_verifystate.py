"""What is read from the objects of a cluster: sidecars, routes, traces, pods."""

import pytest

from kindmesh.finding import Outcome
from kindmesh.kube import Object
from kindmesh.status import PodStatus, pod_status
from kindmesh.verifyingress import judge_route
from kindmesh.verifystate import meshed
from kindmesh.verifytrace import participants


def pod(*, init: tuple[str, ...] = (), containers: tuple[str, ...] = ("ponger",), ready: str = "True") -> Object:
    return {
        "metadata": {"namespace": "pingpong", "name": "ponger-1"},
        "spec": {
            "serviceAccountName": "ponger",
            "initContainers": [{"name": name} for name in init],
            "containers": [{"name": name} for name in containers],
        },
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"restartCount": 2}],
            "initContainerStatuses": [{"restartCount": 1}],
        },
    }


@pytest.mark.parametrize(
    ("init", "containers", "expected"),
    [
        (("linkerd-init", "linkerd-proxy"), ("ponger",), True),
        ((), ("linkerd-proxy", "ponger"), True),
        ((), ("ponger",), False),
        (("linkerd-init",), ("ponger",), False),
    ],
)
def test_a_sidecar_is_found_where_it_may_be(init: tuple[str, ...], containers: tuple[str, ...], expected: bool) -> None:
    assert meshed(pod(init=init, containers=containers)) is expected


def test_a_pods_status_counts_the_sidecars_restarts_too() -> None:
    found = pod_status(pod(init=("linkerd-proxy",), ready="False"))
    assert found == PodStatus("pingpong", "ponger-1", "ponger", meshed=True, ready=False, restarts=3)


def route(namespace: str = "ingress", accepted: str = "", reason: str = "") -> Object:
    conditions = [{"type": "Accepted", "status": accepted, "reason": reason, "message": "because"}] if accepted else []
    return {
        "metadata": {"name": "pinger", "namespace": "pingpong"},
        "spec": {"parentRefs": [{"name": "ingress", "namespace": namespace}]},
        "status": {"parents": [{"conditions": conditions}] if conditions else []},
    }


@pytest.mark.parametrize(
    ("found", "controlled", "good", "words"),
    [
        (route(), False, True, "there"),
        (route(), True, False, "not taken"),
        (route(accepted="True"), True, True, "there"),
        (route(accepted="False", reason="NotAllowedByListeners"), True, False, "NotAllowedByListeners: because"),
        (route("gateways"), False, False, "no Gateway gateways/ingress"),
    ],
)
def test_a_route_needs_a_gateway_that_takes_it(found: Object, controlled: bool, good: bool, words: str) -> None:
    finding = judge_route(found, {("ingress", "ingress")}, controlled=controlled)
    assert (finding.outcome is Outcome.PASSED) is good
    assert finding.found == words


def test_who_took_part_in_a_trace_is_told_by_its_processes() -> None:
    names = ("pinger", "pinger-proxy", "ponger")
    traces = [{"processes": {f"p{number}": {"serviceName": name} for number, name in enumerate(names)}}]
    assert participants(traces) == set(names)
    assert participants([]) == set()
