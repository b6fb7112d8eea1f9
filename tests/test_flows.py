"""Who can reach whom at the network, flow by flow and end by end, and that every port that is called is declared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from kindmesh.verify.expected import API_SERVER, CALLS

from .rendered import Object, built, of_kind, strings, written

NAME = "app.kubernetes.io/name"
MESH_PORT = 4143
SERVICES = {
    (one["metadata"]["name"], one["metadata"]["namespace"]): {port["port"] for port in one["spec"]["ports"]}
    for document in written()
    if document.is_manifest
    for one in [document.body]
    if one["kind"] == "Service"
}
CALLED = re.compile(
    r"(?:https?://)?[a-z-]+\.(?:pingpong|tracing|ingress)(?:\.svc(?:\.cluster\.local)?)?(?::\d+)?(?:/\S*)?"
)


@dataclass(frozen=True, slots=True)
class Pod:
    """One end of a flow."""

    namespace: str
    name: str
    meshed: bool = True

    @property
    def labels(self) -> dict[str, str]:
        """The labels that selectors see."""
        part = {"app.kubernetes.io/part-of": "pingpong"} if self.namespace in ("pingpong", "tracing") else {}
        dns = {"k8s-app": "kube-dns"} if self.name == "coredns" else {}
        viz = {"component": self.name} if self.namespace == "linkerd-viz" else {}
        component = {"linkerd.io/control-plane-component": self.name.removeprefix("linkerd-")}
        control = component if self.namespace == "linkerd" else {}
        return {NAME: self.name, **part, **dns, **viz, **control} | (
            {"linkerd.io/control-plane-ns": "linkerd"} if self.meshed else {}
        )


PINGER, PONGER = Pod("pingpong", "pinger"), Pod("pingpong", "ponger")
TRAEFIK, JAEGER = Pod("ingress", "traefik"), Pod("tracing", "jaeger")
TAP, WEB = Pod("linkerd-viz", "tap"), Pod("linkerd-viz", "web")
PROMETHEUS, DNS = Pod("linkerd-viz", "prometheus"), Pod("kube-system", "coredns", meshed=False)
CONTROL, STRANGER = Pod("linkerd", "linkerd-destination"), Pod("default", "stranger")
UNMESHED, API = Pod("default", "unmeshed", meshed=False), Pod("kube-system", "kube-apiserver", meshed=False)
INJECTOR, IDENTITY = Pod("linkerd", "linkerd-proxy-injector"), Pod("linkerd", "linkerd-identity")
METRICS_API, TAP_INJECTOR = Pod("linkerd-viz", "metrics-api"), Pod("linkerd-viz", "tap-injector")
ISSUER = Pod("cert-manager", "webhook", meshed=False)
VIZ = (WEB, METRICS_API, TAP, TAP_INJECTOR, PROMETHEUS)
NODES = {"cidr": "0.0.0.0/0", "except": ["10.244.0.0/16"]}
"""Every address but the pod network: of these pods, the API server's alone, which is its node's."""


def opened(client: Pod, server: Pod, port: int, protocol: str = "TCP") -> bool:
    """Whether NetworkPolicies let a fresh connection through, at both of its ends."""
    return _one_end(client, server, port, protocol, "egress") and _one_end(server, client, port, protocol, "ingress")


def _one_end(here: Pod, there: Pod, port: int, protocol: str, direction: str) -> bool:
    policies = [one for one in _policies() if one["metadata"]["namespace"] == here.namespace]
    chosen = [one["spec"] for one in policies if _selects(one["spec"]["podSelector"], here.labels)]
    isolating = [spec for spec in chosen if direction.capitalize() in spec["policyTypes"]]
    rules = [rule for spec in isolating for rule in spec.get(direction, [])]
    return not isolating or any(_admits(rule, there, port, protocol, here.namespace) for rule in rules)


def _admits(rule: Object, there: Pod, port: int, protocol: str, home: str) -> bool:
    peers = rule.get("from", rule.get("to"))
    ports = {(one["protocol"], one["port"]) for one in rule["ports"]}
    return (protocol, port) in ports and (peers is None or any(_is_peer(peer, there, home) for peer in peers))


def _is_peer(peer: Object, pod: Pod, home: str) -> bool:
    if "ipBlock" in peer:
        assert peer == {"ipBlock": NODES}
        return pod == API
    assert set(peer) <= {"namespaceSelector", "podSelector"}
    same = pod.namespace == home
    place = {"kubernetes.io/metadata.name": pod.namespace}
    near = _selects(peer["namespaceSelector"], place) if "namespaceSelector" in peer else same
    return near and _selects(peer.get("podSelector", {}), pod.labels)


def _selects(selector: Object, labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    wanted: dict[str, str] = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in among)
    return wanted.items() <= labels.items() and all(labels.get(one["key"]) in one["values"] for one in among)


def _policies() -> list[Object]:
    return of_kind(built("mesh/network"), "NetworkPolicy")


@pytest.mark.parametrize(
    ("client", "server", "port", "protocol"),
    [
        (PINGER, PONGER, MESH_PORT, "TCP"),
        (TRAEFIK, PINGER, MESH_PORT, "TCP"),
        (STRANGER, TRAEFIK, 8000, "TCP"),
        (UNMESHED, TRAEFIK, 8443, "TCP"),
        (TRAEFIK, API, 6443, "TCP"),
        *((pod, DNS, 53, protocol) for pod in (PINGER, PONGER, TRAEFIK, JAEGER) for protocol in ("UDP", "TCP")),
        *((pod, CONTROL, port, "TCP") for pod in (PINGER, PONGER, TRAEFIK, JAEGER) for port in (8080, 8086, 8090)),
        *((PROMETHEUS, pod, port, "TCP") for pod in (PINGER, PONGER, TRAEFIK, JAEGER) for port in (MESH_PORT, 4191)),
        *((pod, JAEGER, port, "TCP") for pod in (PINGER, PONGER, TRAEFIK) for port in (MESH_PORT, 4317)),
        *((pod, JAEGER, 4317, "TCP") for pod in (CONTROL, PROMETHEUS)),
        *((TAP, pod, 4190, "TCP") for pod in (PINGER, PONGER, TRAEFIK, JAEGER)),
        (WEB, JAEGER, MESH_PORT, "TCP"),
        *((pod, CONTROL, port, "TCP") for pod in (*VIZ, INJECTOR, STRANGER) for port in (8080, 8086, 8090)),
        (CONTROL, IDENTITY, 8080, "TCP"),
        *((pod, DNS, 53, protocol) for pod in (*VIZ, CONTROL, ISSUER) for protocol in ("UDP", "TCP")),
        *((pod, API, 6443, "TCP") for pod in (*VIZ, CONTROL, IDENTITY, INJECTOR, ISSUER)),
        *((API, CONTROL, port, "TCP") for port in (8443, 9443)),
        *((API, pod, 8443, "TCP") for pod in (INJECTOR, TAP_INJECTOR)),
        (API, TAP, 8089, "TCP"),
        *((API, ISSUER, port, "TCP") for port in (10250, 6443)),
        *(
            (PROMETHEUS, pod, port, "TCP")
            for pod in (CONTROL, IDENTITY, *VIZ)
            for port in (MESH_PORT, 4191, 9990, 9996)
        ),
        *((TAP, pod, 4190, "TCP") for pod in (CONTROL, *VIZ)),
        *((pod, JAEGER, 4317, "TCP") for pod in (*VIZ, IDENTITY)),
        (WEB, METRICS_API, MESH_PORT, "TCP"),
        (METRICS_API, PROMETHEUS, MESH_PORT, "TCP"),
    ],
)
def test_a_flow_that_is_needed_is_open_at_both_ends(client: Pod, server: Pod, port: int, protocol: str) -> None:
    assert opened(client, server, port, protocol)


@pytest.mark.parametrize(
    ("client", "server", "port"),
    [
        (PONGER, PINGER, MESH_PORT),
        (TRAEFIK, PONGER, MESH_PORT),
        (STRANGER, PONGER, MESH_PORT),
        (STRANGER, PINGER, MESH_PORT),
        (JAEGER, PINGER, MESH_PORT),
        (PINGER, TRAEFIK, MESH_PORT),
        (UNMESHED, JAEGER, 4317),
        (STRANGER, JAEGER, 4317),
        *((WEB, pod, port) for pod in (PINGER, PONGER) for port in (MESH_PORT, 4190, 4191)),
        *((TAP, pod, MESH_PORT) for pod in (PINGER, PONGER)),
        (PINGER, API, 6443),
        (PINGER, STRANGER, MESH_PORT),
        *((client, PONGER, port) for client in (PINGER, UNMESHED, PROMETHEUS) for port in (8080, 9090)),
        *((client, PONGER, port) for client in (PINGER, UNMESHED) for port in (4190, 4191)),
        *((client, pod, MESH_PORT) for client in (STRANGER, PINGER, TRAEFIK) for pod in VIZ),
        *((UNMESHED, pod, port) for pod in VIZ for port in (8084, 8085, 8088, 8089, 8443, 9090, 4190, 4191)),
        (WEB, PROMETHEUS, MESH_PORT),
        (WEB, TAP, MESH_PORT),
        *((UNMESHED, CONTROL, port) for port in (8080, 8086, 8090, 8443, 9443, 4143, 4191)),
        *((STRANGER, CONTROL, port) for port in (MESH_PORT, 8443, 9443, 4191)),
        *((client, ISSUER, port) for client in (UNMESHED, STRANGER, PINGER) for port in (10250, 6443, 9402)),
    ],
)
def test_whatever_is_not_needed_is_shut(client: Pod, server: Pod, port: int) -> None:
    assert not opened(client, server, port)


def test_between_meshed_pods_every_way_in_is_a_port_of_the_proxy_but_for_the_spans_of_sidecars() -> None:
    ours = [one for one in _policies() if one["metadata"]["namespace"] in ("pingpong", "ingress", "tracing")]
    sent = [rule for one in ours for rule in one["spec"].get("ingress", []) if "from" in rule]
    assert {port["port"] for rule in sent for port in rule["ports"]} == {MESH_PORT, 4190, 4191, 4317}


def test_every_rule_says_which_flow_it_is_for() -> None:
    for path in {document.path for document in written() if document.path.parent.name == "network"}:
        parts = path.read_text().split("\n---\n")
        silent = [part for part in parts if not part.startswith("# ") and "name: default-deny" not in part]
        assert silent == [], path.name


def called() -> Iterator[tuple[str, str, int]]:
    """Return every Service that a manifest, a value, or `verify` calls, with the port."""
    texts = {text for document in written() for text in strings(document.body) if CALLED.fullmatch(text)}
    own = [call for call in CALLS if not call.client.on_host and call.target != API_SERVER]
    texts |= {call.question({}).url for call in own}
    for text in texts:
        address = urlsplit(text if "://" in text else f"http://{text}")
        name, namespace, *_ = str(address.hostname).split(".")
        yield name, namespace, address.port or 80


def test_every_port_that_is_called_is_declared_by_its_service() -> None:
    calls = set(called())
    assert {("ponger", "pingpong", 80), ("jaeger", "tracing", 4317), ("jaeger", "tracing", 4318)} <= calls
    assert [call for call in calls if call[2] not in SERVICES.get(call[:2], set())] == []


def test_every_backend_of_the_ingress_is_a_declared_port() -> None:
    routes = of_kind(built("mesh/ingress"), "HTTPRoute")
    backends = [
        (backend["name"], route["metadata"]["namespace"], backend["port"])
        for route in routes
        for rule in route["spec"]["rules"]
        for backend in rule["backendRefs"]
    ]
    assert backends
    assert all(port in SERVICES[name, namespace] for name, namespace, port in backends)


def test_every_service_names_a_port_of_the_pods_behind_it() -> None:
    pods = {
        (one["metadata"]["name"], one["metadata"]["namespace"]): {
            port["name"] for container in one["spec"]["template"]["spec"]["containers"] for port in container["ports"]
        }
        for folder in ("k8s/base", "mesh/observability")
        for one in of_kind(built(folder), "Deployment")
    }
    services = [one for folder in ("k8s/base", "mesh/observability") for one in of_kind(built(folder), "Service")]
    for one in services:
        named = {port["targetPort"] for port in one["spec"]["ports"]}
        assert named <= pods[one["metadata"]["name"], one["metadata"]["namespace"]]
        # Linkerd takes an application protocol that it does not know for opaque bytes.
        assert {port["appProtocol"] for port in one["spec"]["ports"]} <= {"http", "kubernetes.io/h2c"}
