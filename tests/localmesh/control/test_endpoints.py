"""Which pods stand behind which name, as the sidecars read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from localmesh.control.endpoints import Hint, Publisher, backends
from localmesh.pods.pod import Pod
from meshpolicy.core.policy import Ref
from meshpolicy.kinds.container import ContainerPort
from meshpolicy.kinds.service import Service, ServicePort

from ..build import container, pod, service

PINGER = pod("pinger-0", 4)
PONGERS = (pod("ponger-0", 2), pod("ponger-1", 3))


def published(caller: Pod, services: tuple[Service, ...], ready: tuple[Pod, ...], running: tuple[Pod, ...] = ()) -> Any:
    publisher = Publisher(backends(services, running))
    publisher.publish([caller], ready, running)
    found = {}
    for path in publisher.written:
        (resource,) = json.loads(path.read_text())["resources"]
        found[path.name] = [where(lb["endpoint"]) for lb in resource["endpoints"][0]["lb_endpoints"]]
    return found


def where(endpoint: Any) -> str:
    address = endpoint["address"]
    if "pipe" in address:
        return str(Path(address["pipe"]["path"]).name)
    return f"{address['socket_address']['address']}:{address['socket_address']['port_value']}"


def at(folder: Path, caller: Pod = PINGER) -> Pod:
    return pod(caller.name, int(str(caller.address).rpartition(".")[2]), folder=folder)


def test_a_service_leads_to_the_ready_pods_that_it_selects(tmp_path: Path) -> None:
    found = published(at(tmp_path), (service(),), (PONGERS[0], PINGER), (*PONGERS, PINGER))
    assert found["ponger.pingpong.80.json"] == ["127.244.0.2:8080"]


def test_an_address_leads_to_its_pod_ready_or_not(tmp_path: Path) -> None:
    found = published(at(tmp_path), (), (), PONGERS)
    assert found == {"ponger-0.8080.json": ["127.244.0.2:8080"], "ponger-1.8080.json": ["127.244.0.3:8080"]}


def test_a_pod_that_calls_its_own_service_is_led_to_its_own_app(tmp_path: Path) -> None:
    found = published(at(tmp_path, PONGERS[0]), (service(),), PONGERS)
    assert found["ponger.pingpong.80.json"] == ["http.sock", "127.244.0.3:8080"]


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
def test_a_target_is_a_declared_name_or_any_number(made: Service, found: list[str] | None, tmp_path: Path) -> None:
    documents = published(at(tmp_path), (made,), PONGERS[:1])
    assert documents.get(f"ponger.{made.ref.namespace}.80.json") == found


def test_udp_ports_of_containers_are_no_targets(tmp_path: Path) -> None:
    dns = pod(containers=(container(ports=(ContainerPort(53, "dns", "UDP"),)),))
    assert published(at(tmp_path), (service(target="dns"),), (dns,), (dns,)) == {"ponger.pingpong.80.json": []}


def test_only_what_has_changed_is_written(tmp_path: Path) -> None:
    caller = at(tmp_path)
    publisher = Publisher(backends((service(),), ()))
    publisher.publish([caller], PONGERS, ())
    (path,) = publisher.written
    before = path.stat().st_ino
    publisher.publish([caller], PONGERS, ())
    assert path.stat().st_ino == before
    publisher.publish([caller], PONGERS[:1], ())
    assert path.stat().st_ino != before
    path.unlink()
    publisher.forget(caller)
    publisher.publish([caller], PONGERS[:1], ())
    assert path.exists()


@pytest.mark.parametrize(
    ("hint", "hops"),
    [
        (Hint.NONE, {"http": "meshed-http", "stream": "meshed-opaque"}),
        (Hint.OPAQUE, {"http": "meshed-opaque", "stream": "meshed-opaque"}),
        (Hint.PLAIN, {"http": "plain", "stream": "plain"}),
    ],
)
def test_callers_are_told_how_a_port_is_spoken_to(hint: Hint, hops: dict[str, str], tmp_path: Path) -> None:
    publisher = Publisher(backends((service(),), ()), {("ponger-0", 8080): hint})
    publisher.publish([at(tmp_path)], PONGERS[:1], ())
    (path,) = publisher.written
    (resource,) = json.loads(path.read_text())["resources"]
    (found,) = resource["endpoints"][0]["lb_endpoints"]
    assert found["metadata"]["filter_metadata"]["envoy.transport_socket_match"] == hops
