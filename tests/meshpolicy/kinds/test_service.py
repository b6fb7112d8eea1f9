"""Which pods stand behind a Service, and on which port. Kubernetes' Service API, k8s.io/endpointslice."""

from typing import Any

import pytest

from meshpolicy.decide.transport import find_service_targets
from meshpolicy.manifests.parse import parse_documents

from ..build import Manifest, documents, pod, service

HTTP = {"name": "http", "containerPort": 8080}


def leads_to(server: Manifest, front: Manifest, port: int = 8080) -> bool:
    """Whether a Service leads to a port of a server."""
    found = parse_documents(documents(server, front)).cluster
    return bool(find_service_targets(found, found.workloads[0], port))


@pytest.mark.parametrize(
    ("containers", "init", "leads"),
    [
        ([{"name": "a", "ports": [HTTP]}], [], True),
        ([{"name": "a"}], [{"name": "b", "ports": [HTTP]}], False),
        ([{"name": "a"}], [{"name": "b", "ports": [HTTP], "restartPolicy": "Always"}], True),
        ([{"name": "a", "ports": [{**HTTP, "protocol": "UDP"}]}], [], False),
    ],
)
def test_a_port_by_name_is_one_of_a_container_that_goes_on_running(
    containers: list[Manifest], init: list[Manifest], leads: bool
) -> None:
    own = pod("ponger", "10.244.0.21")
    own["spec"] |= {"containers": containers, "initContainers": init}
    assert leads_to(own, service()) is leads


@pytest.mark.parametrize(
    ("ports", "target", "port", "leads"),
    [
        ([("http", 8080), ("http", 9090)], "http", 8080, True),
        ([("http", 8080), ("http", 9090)], "http", 9090, False),
        ([("http", 8080)], 8080, 8080, True),
        ([("http", 8080)], 9090, 9090, False),
    ],
)
def test_of_an_external_workload_the_first_declared_port_is_meant(
    ports: list[tuple[str, int]], target: str | int, port: int, leads: bool
) -> None:
    """controller/api/destination/external-workload/endpoints_reconciler.go findWorkloadPort."""
    spec = {"meshTLS": {"identity": "a", "serverName": "a"}, "workloadIPs": [{"ip": "192.0.2.1"}]}
    machine = {
        "apiVersion": "workload.linkerd.io/v1beta1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "ponger", "namespace": "arena", "labels": {"app": "ponger"}},
        "spec": {**spec, "ports": [{"name": name, "port": number} for name, number in ports]},
    }
    assert leads_to(machine, service(ports={80: target}), port) is leads


@pytest.mark.parametrize(
    ("spec", "leads"),
    [
        ({}, True),
        ({"type": "ExternalName", "externalName": "away.example"}, False),
        ({"selector": {}}, False),
        ({"selector": {"statefulset.kubernetes.io/pod-name": "ponger-1"}}, True),
        ({"selector": {"statefulset.kubernetes.io/pod-name": "ponger-2"}}, False),
        ({"selector": {"controller-revision-hash": "0a"}}, True),
        ({"selector": {"no-such": "label"}}, False),
    ],
)
def test_a_service_leads_to_pods_by_labels_of_their_own_too(spec: dict[str, Any], leads: bool) -> None:
    """R117: of a StatefulSet's pods each has its name as a label."""
    template = {"metadata": {"labels": {"app": "ponger"}}, "spec": {"containers": [{"name": "a", "ports": [HTTP]}]}}
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "ponger", "namespace": "arena"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "ponger"}}, "template": template},
    }
    front = service()
    front["spec"] |= spec
    assert leads_to(stateful, front) is leads
