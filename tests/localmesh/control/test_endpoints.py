"""What an app means by a name, and which pods stand behind it."""

from collections.abc import Iterable

import pytest

from localmesh.control.endpoints import Directory, Hint
from localmesh.envoy.clusters import REQUESTS, STREAMS
from localmesh.envoy.endpoints import Endpoint, LocalEndpoint
from localmesh.pods.pod import Pod
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.container import ContainerPort
from meshpolicy.kinds.service import Service, ServicePort

from ..build import container, pod, service

PINGER = pod("pinger-0", 4)
PONGERS = (pod("ponger-0", 2), pod("ponger-1", 3))
ELSEWHERE = pod("curl-0", 5, namespace="other")


def directory(services: Iterable[Service], ready: tuple[Pod, ...], running: tuple[Pod, ...] = ()) -> Directory:
    found = Directory(services)
    found.update(ready, running)
    return found


def behind(found: Directory, authority: str, caller: Pod = PINGER) -> list[str] | None:
    cluster = f"{REQUESTS}{authority}"
    assert found.knows(caller, cluster) == found.knows(caller, f"{STREAMS}{authority}")
    return [where(one) for one in found.endpoints(caller, cluster)] if found.knows(caller, cluster) else None


def where(endpoint: Endpoint | LocalEndpoint) -> str:
    return endpoint.socket.name if isinstance(endpoint, LocalEndpoint) else f"{endpoint.address}:{endpoint.port}"


def test_a_service_leads_to_the_ready_pods_that_it_selects() -> None:
    found = directory((service(),), (PONGERS[0], PINGER), (*PONGERS, PINGER))
    assert behind(found, "ponger") == ["127.244.0.2:8080"]


@pytest.mark.parametrize("address", ["127.244.0.2:8080", "10.244.0.2:8080"])
def test_an_address_leads_to_its_pod_ready_or_not(address: str) -> None:
    assert behind(directory((), (), PONGERS), address) == ["127.244.0.2:8080"]


def test_a_pod_that_calls_its_own_service_is_led_to_its_own_app() -> None:
    assert behind(directory((service(),), PONGERS), "ponger", PONGERS[0]) == ["http.sock", "127.244.0.3:8080"]


@pytest.mark.parametrize(
    ("name", "near", "far"),
    [
        ("ponger", True, False),
        ("ponger.pingpong", True, True),
        ("PONGER.pingpong.SVC", True, True),
        ("ponger.pingpong.svc.cluster.local", True, True),
        ("ponger.pingpong.svc.cluster.local.:80", True, True),
        ("ponger.pingpong:80", True, True),
        ("ponger.pingpong:81", False, False),
        ("ponger.other", False, False),
        ("ponger.pingpong.svc.cluster", False, False),
        ("", False, False),
        ("example.com", False, False),
    ],
)
def test_a_name_means_what_cluster_dns_makes_of_it(name: str, near: bool, far: bool) -> None:
    found = directory((service(),), PONGERS)
    assert (behind(found, name) is not None, behind(found, name, ELSEWHERE) is not None) == (near, far)


@pytest.mark.parametrize("cluster", ["ponger.pingpong.80x", "app_8080", "control-plane", "ponger"])
def test_no_other_cluster_is_reached_by_its_name(cluster: str) -> None:
    assert not directory((service(),), PONGERS).knows(PINGER, cluster)


def test_an_ingress_knows_a_service_by_its_own_name() -> None:
    assert directory((service(),), PONGERS).knows(PINGER, "ponger.pingpong.80")


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (service(target=8080), ["127.244.0.2:8080"]),
        (service(target=7777), ["127.244.0.2:7777"]),
        (service(target="none"), []),
        (service(selector={}), []),
        (service(selector={"app": "other"}), []),
        (service(ref=Ref("", "Service", "other", "ponger")), []),
        (service(ports=(ServicePort(80, "http", protocol="UDP"),)), None),
    ],
)
def test_a_target_is_a_declared_name_or_any_number(made: Service, found: list[str] | None) -> None:
    assert behind(directory((made,), PONGERS[:1]), f"ponger.{made.ref.namespace}") == found


def test_udp_ports_of_containers_are_no_targets() -> None:
    dns = pod(containers=(container(ports=(ContainerPort(53, "dns", "UDP"),)),))
    assert behind(directory((service(target="dns"),), (dns,), (dns,)), "ponger") == []


def test_pods_come_and_go() -> None:
    found = directory((service(),), PONGERS, PONGERS)
    assert behind(found, "ponger") == ["127.244.0.2:8080", "127.244.0.3:8080"]
    found.update(PONGERS[1:], PONGERS[1:])
    assert behind(found, "ponger") == ["127.244.0.3:8080"]
    assert behind(found, "127.244.0.2:8080") is None


@pytest.mark.parametrize(
    ("hint", "identity", "opaque"),
    [(Hint.NONE, PONGERS[0].identity, False), (Hint.OPAQUE, PONGERS[0].identity, True), (Hint.PLAIN, "", False)],
)
def test_callers_are_told_how_a_port_is_spoken_to(hint: Hint, identity: str, opaque: bool) -> None:
    found = Directory((service(),), {(PONGERS[0].workload, 8080): hint})
    found.update(PONGERS[:1], ())
    (endpoint,) = found.endpoints(PINGER, f"{REQUESTS}ponger")
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.identity, endpoint.opaque) == (identity, opaque)
