"""The Gateway of the manifests as it runs here."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from localmesh.control.ingressgateway import IngressGateway, find_ingress, ingress_group
from localmesh.envoy.ingress import IngressListener, ingress
from localmesh.envoy.kinds import Kind
from localmesh.pods.pod import Pod
from localmesh.settings import Settings
from localmesh.state import StateFolder
from meshpolicy.kinds.cluster import Cluster

from ..build import cluster

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: listener, namespace: ingress}
spec:
  gatewayClassName: traefik
  listeners:
    - {name: web, port: 8000, protocol: HTTP}
    - {name: other, port: 8001, protocol: HTTP}
    - {name: secure, port: 8443, protocol: HTTPS, hostname: a.example}
    - {name: lines, port: 9000, protocol: TCP}
"""
ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: r, namespace: pingpong}}
spec:
  parentRefs: [{{name: {gateway}, namespace: ingress{more}}}]
  rules:
    - matches: [{{path: {{type: Exact, value: /a}}, method: GET}}, {{path: {{type: Exact, value: /b}}}}]
      backendRefs: {backends}
"""
PONGER = "[{name: ponger, port: 80}]"
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: ponger, namespace: pingpong}
spec: {selector: {app: ponger}, ports: [{port: 80, targetPort: http}]}
"""


def ingress_pod(entry: IngressGateway, found: Cluster) -> Pod:
    group = ingress_group(entry, found, StateFolder(Path("/s")))
    return group.pod(group.free_name(()), IPv4Address("127.244.7.9"))


def listeners(text: str) -> tuple[IngressListener, ...]:
    found = cluster(text)
    entry = find_ingress(found, Settings())
    assert entry
    return entry.listeners(found, ingress_pod(entry, found))


def with_route(gateway: str = "listener", more: str = "", to: str = PONGER) -> str:
    return GATEWAY + SERVICE + ROUTE.format(gateway=gateway, more=more, backends=to)


def test_the_first_listener_of_each_protocol_is_played_on_this_machine() -> None:
    found = [(listener.name, str(listener.address), listener.port, listener.tls) for listener in listeners(GATEWAY)]
    assert found == [("web", "127.0.0.1", 8080, False), ("secure", "127.0.0.1", 8443, True)]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (with_route(), ["web", "secure"]),
        (with_route(more=", sectionName: web"), ["web"]),
        (with_route(more=", port: 8443"), ["secure"]),
        (with_route(gateway="window"), []),
        (with_route(more=", group: policy.linkerd.io, kind: Server"), []),
    ],
)
def test_a_route_is_offered_where_it_is_attached(text: str, offered: list[str]) -> None:
    assert [listener.name for listener in listeners(text) if listener.offers] == offered


def test_a_listener_with_a_hostname_answers_for_that_alone() -> None:
    web, secure = listeners(with_route())
    assert [str(host.pattern) for host in secure.offers[0].route.hostnames] == ["a.example"]
    assert web.offers[0].route.hostnames == ()


@pytest.mark.parametrize(
    ("to", "found"),
    [
        (PONGER, [("ponger.pingpong.80", 1)]),
        ("[{name: ponger, port: 80, weight: 3}, {name: ponger, port: 81}]", [("ponger.pingpong.80", 3)]),
        ("[{name: pong, port: 80}]", []),
        ("[{name: ponger, namespace: other, port: 80}]", []),
    ],
)
def test_a_rule_leads_to_the_services_that_exist(to: str, found: list[tuple[str, int]]) -> None:
    web, _ = listeners(with_route(to=to))
    assert [(destination.name, weight) for destination, weight in web.offers[0].backends] == found


def routes(text: str) -> list[dict[str, object]]:
    found = cluster(text)
    entry = find_ingress(found, Settings())
    assert entry
    pod = ingress_pod(entry, found)
    told = ingress(pod, entry.listeners(found, pod))
    config = next(resource.content for resource in told if resource.kind is Kind.ROUTES)
    return list(config["virtual_hosts"][0]["routes"])


def test_a_rule_without_a_service_answers_500() -> None:
    found = routes(with_route(to="[{name: pong, port: 80}]"))
    assert [route["direct_response"] for route in found] == [{"status": 500}] * 2


def test_only_what_can_be_repeated_is_tried_again_after_a_break() -> None:
    safe, other = routes(with_route())[:2]
    assert "reset" in str(safe["route"]).split("retry_on': '")[1].split("'")[0].split(",")
    assert "reset" not in str(other["route"]).split("retry_on': '")[1].split("'")[0].split(",")


def test_the_ingress_runs_as_the_account_of_its_class() -> None:
    found = cluster(GATEWAY)
    entry = find_ingress(found, Settings())
    assert entry
    group, pod = ingress_group(entry, found, StateFolder(Path("/s"))), ingress_pod(entry, found)
    assert (pod.name, pod.identity) == ("listener", "traefik.ingress.serviceaccount.identity.linkerd.cluster.local")
    assert (group.workload.ref.kind, pod.workload.kind) == ("Gateway", "Gateway")


def test_the_paths_of_a_get_and_the_urls_are_told() -> None:
    found = cluster(with_route())
    entry = find_ingress(found, Settings(port=80))
    assert entry
    assert entry.paths(found) == ("/a", "/b")
    assert (entry.url("HTTP"), entry.url("HTTPS")) == ("http://127.0.0.1:80", "https://127.0.0.1:8443")


def test_without_a_gateway_there_is_no_way_in() -> None:
    assert find_ingress(Cluster(), Settings()) is None
