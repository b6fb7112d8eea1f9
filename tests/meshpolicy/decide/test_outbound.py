"""What a client's own proxy makes of a Service: appProtocol, opaque ports, routes, profiles. R65, R112, R118-R123."""

from typing import Any

import pytest

from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, GATEWAY, Manifest, account, allow, ask, cluster, exact, pod, prefix, route, server, service

OPEN = server(accessPolicy="all-unauthenticated")
HTTP1 = server(accessPolicy="all-unauthenticated", proxyProtocol="HTTP/1")
BASE = tuple(manifest for manifest in ARENA if manifest["kind"] != "Service")
OPAQUE = "config.linkerd.io/opaque-ports"
ON_SERVICE = [{"group": "core", "kind": "Service", "name": "ponger"}]
BY_HEADER = {"headers": [{"name": "x", "value": "1"}]}
RPC = {"method": {"service": "a.B"}}


def front(number: int = 80, word: str | None = None, opaque: str | None = None, **spec: Any) -> Manifest:
    """Return the Service of ponger."""
    found = service(ports={number: "http"}, annotations={} if opaque is None else {OPAQUE: opaque})
    found["spec"] |= spec
    found["spec"]["ports"][0] |= {} if word is None else {"appProtocol": word}
    return found


def outcome(*manifests: Manifest, client: str = "pinger", traffic: str = "http", path: str = "/", **more: Any) -> str:
    """Return what a meshed client gets through the Service."""
    return ask(cluster(*BASE, *manifests, **more), client, f"ponger:http{path}", traffic).outcome


@pytest.mark.parametrize(
    ("word", "http", "http2", "tcp"),
    [
        (None, "allow", "allow", "allow"),
        ("http", "allow", "closed", "closed"),
        ("HTTP", "allow", "closed", "closed"),
        ("kubernetes.io/h2c", "closed", "allow", "closed"),
        ("Kubernetes.io/H2C", "closed", "allow", "closed"),
        ("linkerd.io/opaque", "allow", "allow", "allow"),
        ("grpc", "allow", "allow", "allow"),
    ],
)
def test_an_app_protocol_says_what_the_clients_proxy_expects(word: str | None, http: str, http2: str, tcp: str) -> None:
    """R118: on a port that detects, opaque connections are let through, too."""
    assert [outcome(front(word=word), OPEN, traffic=t) for t in ("http", "http2", "tcp")] == [http, http2, tcp]
    assert outcome(front(word=word), OPEN, client="stranger") == "allow"  # has no proxy that would read it


def test_an_app_protocol_of_a_udp_port_counts_for_the_tcp_port_of_its_number() -> None:
    """R118; policy-controller/k8s/index/src/outbound/index.rs keeps them by number, and the last one counts."""
    both = front(word="http")
    both["spec"]["ports"] += [{"name": "udp", "port": 80, "protocol": "UDP", "appProtocol": "kubernetes.io/h2c"}]
    assert [outcome(both, OPEN, traffic=t) for t in ("http", "http2")] == ["closed", "allow"]


@pytest.mark.parametrize("word", ["grpc", "https", "http2", "tcp", "grpc-web", "linkerd.io/tcp", "linkerd.io/opaque"])
def test_every_other_word_is_opaque_and_an_http_server_refuses_it(word: str) -> None:
    """R118, R64: measured for each of these."""
    assert outcome(front(word=word), HTTP1) == "closed"


@pytest.mark.parametrize(
    ("number", "word", "opaque", "expected"),
    [
        (80, None, "80", "closed"),
        (80, None, "8080", "allow"),
        (80, None, "p80", "closed"),
        (80, None, "80,nonsense", "closed"),
        (80, None, "nonsense", "allow"),
        (3306, None, None, "closed"),
        (3306, None, "", "allow"),
        (80, "http", "80", "unknown"),
        (80, "kubernetes.io/h2c", "80", "unknown"),
        (80, "grpc", "80", "closed"),
        (3306, "http", None, "unknown"),
        (3306, "http", "", "allow"),
    ],
)
def test_a_service_is_opaque_by_its_annotation_or_by_the_number_of_its_port(
    number: int, word: str | None, opaque: str | None, expected: str
) -> None:
    """R65, R112: appProtocol and opaque-ports have different readers, and may contradict each other."""
    assert outcome(front(number, word, opaque), HTTP1) == expected


def test_the_default_list_is_the_installations() -> None:
    """R65."""
    assert outcome(front(80), HTTP1, settings=MeshSettings(opaque_ports="80")) == "closed"
    assert outcome(front(3306), HTTP1, settings=MeshSettings(opaque_ports="")) == "allow"


@pytest.mark.parametrize(
    ("matches", "traffic", "expected"),
    [
        ([RPC], "grpc", "allow"),
        ([RPC], "http2", "404"),
        ([RPC], "http", "closed"),
        ([RPC], "tcp", "closed"),
        ([RPC, BY_HEADER], "grpc", "grpc-13"),
        ([RPC, BY_HEADER], "http2", "500"),
        ([RPC, BY_HEADER], "http", "500"),
        ([RPC, BY_HEADER], "tcp", "closed"),
        ([], "http2", "allow"),
    ],
)
def test_a_grpc_route_on_a_service_makes_its_clients_speak_http2_or_fail(
    matches: list[Manifest], traffic: str, expected: str
) -> None:
    """R119, R120: one match without a method spoils the whole policy."""
    found = route(*matches, kind="GRPCRoute", group=GATEWAY, parents=ON_SERVICE)
    assert outcome(front(), OPEN, found, traffic=traffic, path="/a.B/C") == expected
    address = cluster(*BASE, front(), OPEN, found)
    assert ask(address, "pinger", "ponger:http/a.B/C", traffic, direct=True).outcome == "allow"
    assert ask(address, "stranger", "ponger:http/a.B/C", traffic).outcome == "allow"


@pytest.mark.parametrize(
    ("home", "port", "expected"),
    [("arena", None, "404"), ("arena", 80, "404"), ("arena", 81, "allow"), ("clients", None, "allow")],
)
def test_routes_of_the_services_and_the_clients_namespaces_count(home: str, port: int | None, expected: str) -> None:
    """M4: those of others do not."""
    parent = {**ON_SERVICE[0], "namespace": "arena", **({} if port is None else {"port": port})}
    found = route(exact("/x"), parents=[parent])
    found["metadata"]["namespace"] = home
    assert outcome(front(), OPEN, found) == expected
    caller = pod("caller", "10.244.0.51", namespace="clients")
    met = ask(cluster(*BASE, front(), OPEN, found, caller), "clients/caller", "ponger:http/")
    assert met.outcome == ("allow" if port == 81 else "404")


def test_a_grpc_route_drives_http_routes_of_the_same_parent_out_wherever_it_is() -> None:
    """R48: of the same parent means with the same port, or both without."""
    http = route(exact("/x"), name="h", parents=ON_SERVICE)
    grpc = route(RPC, name="g", kind="GRPCRoute", group=GATEWAY, parents=[{**ON_SERVICE[0], "namespace": "arena"}])
    grpc["metadata"]["namespace"] = "elsewhere"
    assert outcome(front(), OPEN, http) == "404"
    assert outcome(front(), OPEN, http, grpc) == "allow"
    grpc["spec"]["parentRefs"][0]["port"] = 80
    assert outcome(front(), OPEN, http, grpc) == "404"


@pytest.mark.parametrize(("ports", "expected"), [((None,), "allow"), ((8080, None), "404"), ((None, 8080), "404")])
def test_a_parent_without_a_port_counts_where_one_with_a_port_is_accepted(
    ports: tuple[int | None, ...], expected: str
) -> None:
    """R48: Linkerd looks its status up by the Service's name alone (route_accepted_by_service)."""
    http = route(exact("/x"), parents=[ON_SERVICE[0] | ({} if port is None else {"port": port}) for port in ports])
    grpc = route(RPC, name="g", kind="GRPCRoute", group=GATEWAY, parents=[{**ON_SERVICE[0], "namespace": "arena"}])
    grpc["metadata"]["namespace"] = "elsewhere"
    assert outcome(front(), OPEN, http, grpc) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [({"timeout.linkerd.io/request": "10s"}, "404"), ({"timeout.linkerd.io/request": "soon"}, "allow")],
)
def test_a_route_whose_annotations_linkerd_cannot_read_guides_no_client(
    annotations: dict[str, str], expected: str
) -> None:
    """M4; k8s/index/src/outbound/index/http.rs convert_route: only the webhook refuses it."""
    found = route(exact("/x"), parents=ON_SERVICE)
    found["metadata"] |= {"annotations": annotations}
    assert outcome(front(), OPEN, found) == expected


def test_a_route_that_linkerd_drops_takes_no_part() -> None:
    """R53: a filter that is not supported drops it for clients, too."""
    dropped = route(exact("/x"), group=GATEWAY, parents=ON_SERVICE, filters=[{"type": "URLRewrite", "urlRewrite": {}}])
    assert outcome(front(), OPEN, dropped) == "allow"


def test_headers_that_a_route_on_the_service_changes_are_what_the_server_sees() -> None:
    """M4, R54."""
    change = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "X-Env", "value": "dev"}]}}]
    out = route(prefix("/"), name="out", parents=ON_SERVICE, filters=change)
    only = route(prefix("/", headers=[{"name": "x-env", "value": "dev"}]))
    assert outcome(front(), OPEN, only) == "404"
    assert outcome(front(), OPEN, only, out) == "allow"


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ({"name": "ponger", "port": 80}, "allow"),
        ({"name": "ponger", "port": 81}, "unknown"),
        ({"name": "x", "port": 80}, "unknown"),
    ],
)
def test_other_backends_lead_elsewhere(backend: Manifest, expected: str) -> None:
    """M4: to another workload, or to another port."""
    assert outcome(front(), OPEN, route(prefix("/"), parents=ON_SERVICE, backendRefs=[backend])) == expected


def profile(namespace: str, **spec: Any) -> Manifest:
    """Return a ServiceProfile of ponger."""
    metadata = {"name": "ponger.arena.svc.cluster.local", "namespace": namespace}
    return {"apiVersion": "linkerd.io/v1alpha2", "kind": "ServiceProfile", "metadata": metadata, "spec": spec}


PATHS = [{"name": "all", "condition": {"pathRegex": ".*"}}]


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ([], "404"),
        ([profile("arena", routes=PATHS)], "allow"),
        ([profile("arena")], "404"),
        ([profile("elsewhere", routes=PATHS)], "404"),
        ([profile("arena", dstOverrides=[{"authority": "x:80", "weight": 1}])], "unknown"),
    ],
)
def test_a_service_profile_with_routes_takes_the_place_of_routes_on_the_service(
    profiles: list[Manifest], expected: str
) -> None:
    """R121: of the client's namespace, or else of the Service's."""
    assert outcome(front(), OPEN, route(exact("/x"), parents=ON_SERVICE), *profiles) == expected


def split(service: str, namespace: str = "arena") -> Manifest:
    """Return a TrafficSplit of a Service."""
    spec = {"service": service, "backends": [{"service": "other", "weight": 1}]}
    metadata = {"name": "split", "namespace": namespace}
    return {"apiVersion": "split.smi-spec.io/v1alpha2", "kind": "TrafficSplit", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("found", "client", "expected"),
    [
        (split("ponger"), "pinger", "unknown"),
        (split("ponger.arena.svc.cluster.local"), "pinger", "unknown"),
        (split("ponger"), "stranger", "allow"),
        (split("other"), "pinger", "allow"),
        (split("ponger", "elsewhere"), "pinger", "allow"),
    ],
)
def test_a_traffic_split_leaves_open_where_calls_of_its_service_go(found: Manifest, client: str, expected: str) -> None:
    """R121: the extension linkerd-smi makes a ServiceProfile of it, where it runs; proxies alone read that."""
    assert outcome(front(), OPEN, found, client=client) == expected


@pytest.mark.parametrize("kind", ["TLSRoute", "TCPRoute"])
@pytest.mark.parametrize(
    ("manifests", "port", "expected"),
    [([], 80, "unknown"), ([], 81, "allow"), ([route(prefix("/"), name="h", parents=ON_SERVICE)], 80, "allow")],
)
def test_a_route_of_connections_on_the_service_is_not_judged(
    kind: str, manifests: list[Manifest], port: int, expected: str
) -> None:
    """M4: an HTTPRoute drives it out."""
    stream = route(name="s", kind=kind, group=GATEWAY, parents=[{**ON_SERVICE[0], "port": port}])
    stream["apiVersion"] = f"{GATEWAY}/v1alpha2"
    stream["spec"]["rules"] = [{"backendRefs": [{"name": "ponger", "port": 80}]}]
    assert outcome(front(), OPEN, stream, *manifests) == expected


def test_a_headless_service_has_no_say() -> None:
    """R123: its clients call the pods."""
    for opaque, word in ((None, None), ("80", None), (None, "grpc")):
        found = (front(word=word, opaque=opaque, clusterIP="None"), HTTP1, route(exact("/x"), parents=ON_SERVICE))
        assert outcome(*found) == "allow"


def test_a_client_in_ingress_mode_goes_where_the_header_says() -> None:
    """R122: without it as any other, but that its proxy looks for HTTP whatever it is told."""
    annotated = {"linkerd.io/inject": "ingress"}
    gate = pod("gate", "10.244.0.61", annotations=annotated)
    found = cluster(*BASE, front(), OPEN, gate)
    assert ask(found, "gate").outcome == "allow"
    assert ask(found, "gate", headers={"l5d-dst-override": "x.y.svc.cluster.local"}).outcome == "unknown"
    assert ask(found, "pinger", headers={"l5d-dst-override": "x.y.svc.cluster.local"}).outcome == "allow"
    assert ask(cluster(*BASE, front(word="grpc"), OPEN, gate), "gate").outcome == "unknown"


def test_the_reason_names_what_made_the_client_connect_so() -> None:
    """A refusal without it would be a riddle."""
    found = cluster(*BASE, front(word="grpc"), server(proxyProtocol="HTTP/1"), allow(account("pinger")))
    assert "appProtocol grpc of Service arena/ponger, port 80" in str(ask(found, "pinger").reasons[0])


@pytest.mark.parametrize(
    ("backends", "expected"),
    [
        ([{"name": "ponger", "port": 80}], "allow"),
        ([{"name": "ponger", "port": 80, "weight": 0}], "allow"),
        ([{"name": "ponger", "port": 80, "weight": 0}, {"name": "ponger", "port": 80, "weight": 0}], "unknown"),
        ([{"name": "ponger", "port": 80, "kind": "ServiceImport", "group": "multicluster.x-k8s.io"}], "unknown"),
        ([{"name": "ponger", "port": 80, "kind": "EgressNetwork", "group": "policy.linkerd.io"}], "unknown"),
        (
            [
                {
                    "name": "ponger",
                    "port": 80,
                    "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "away.example"}}],
                }
            ],
            "unknown",
        ),
        ([], "allow"),
    ],
)
def test_a_backend_that_does_more_than_to_name_the_service_leads_elsewhere(
    backends: list[Manifest], expected: str
) -> None:
    """M4; k8s/index/src/outbound/index/http.rs convert_backend, linkerd/distribute random_available."""
    assert outcome(front(), OPEN, route(prefix("/"), parents=ON_SERVICE, backendRefs=backends)) == expected


@pytest.mark.parametrize(
    ("labels", "annotations", "expected"),
    [
        ({"multicluster.linkerd.io/remote-discovery": "west"}, {}, "unknown"),
        ({}, {"multicluster.linkerd.io/remote-discovery": "web@west"}, "unknown"),
        ({}, {"multicluster.linkerd.io/local-discovery": "web"}, "unknown"),
        ({"multicluster.linkerd.io/remote-service": "web"}, {}, "allow"),
    ],
)
def test_a_service_of_another_cluster_is_not_judged_by_the_pods_of_this_one(
    labels: dict[str, str], annotations: dict[str, str], expected: str
) -> None:
    """R133: an unmeshed client gets what kube-proxy knows."""
    linked = front()
    linked["metadata"] |= {"labels": labels, "annotations": annotations}
    assert outcome(linked, OPEN) == expected
    assert outcome(linked, OPEN, client="stranger") == "allow"


def egress(namespace: str = "arena", **spec: Any) -> Manifest:
    """Return an EgressNetwork."""
    metadata = {"name": "egress", "namespace": namespace}
    return {"apiVersion": "policy.linkerd.io/v1alpha1", "kind": "EgressNetwork", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ([egress(networks=[{"cidr": "10.244.0.0/16"}], trafficPolicy="Deny")], "unknown"),
        ([egress(networks=[{"cidr": "0.0.0.0/0"}], trafficPolicy="Allow")], "unknown"),
        ([egress(networks=[{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}], trafficPolicy="Deny")], "allow"),
        ([egress(trafficPolicy="Deny")], "allow"),
        ([egress("linkerd-egress", networks=[{"cidr": "0.0.0.0/0"}], trafficPolicy="Deny")], "unknown"),
        ([egress("elsewhere", networks=[{"cidr": "0.0.0.0/0"}], trafficPolicy="Deny")], "allow"),
        (
            [
                egress("linkerd-egress", networks=[{"cidr": "0.0.0.0/0"}], trafficPolicy="Deny"),
                egress(networks=[{"cidr": "192.0.2.0/24"}], trafficPolicy="Deny"),
            ],
            "allow",
        ),
    ],
)
def test_an_egress_network_takes_calls_of_addresses_of_pods(networks: list[Manifest], expected: str) -> None:
    """R134: the client's own namespace counts before the one for all; a Service's address is found first."""
    found = cluster(*BASE, front(), OPEN, *networks)
    assert ask(found, "pinger", direct=True).outcome == expected
    assert [ask(found, "pinger").outcome, ask(found, "stranger", direct=True).outcome] == ["allow", "allow"]


@pytest.mark.parametrize(
    ("inside", "address", "expected"),
    [
        (("10.0.0.0/8",), "10.244.0.9", "allow"),
        (("192.168.0.0/16",), "10.244.0.9", "unknown"),
        (("10.0.0.0/8",), "192.0.2.1", "unknown"),
        (("192.168.0.0/16",), "", "allow"),
    ],
)
def test_an_egress_network_without_networks_takes_what_is_outside_of_the_clusters(
    inside: tuple[str, ...], address: str, expected: str
) -> None:
    """R134, R2: as a real controller answers; a pod of which no address is known is taken to be inside."""
    own = pod("ponger", address, ports={"http": 8080})
    others = [one for one in BASE if one["metadata"]["name"] != "ponger"]
    found = cluster(*others, own, OPEN, egress(trafficPolicy="Deny"), settings=MeshSettings(cluster_networks=inside))
    assert ask(found, "pinger", direct=True).outcome == expected
    assert ask(found, "stranger", direct=True).outcome == "allow"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", "unknown"), ("0s", "unknown"), (" 00ms ", "unknown"), ("10s", "allow"), ("-0s", "allow")],
)
@pytest.mark.parametrize("name", ["request", "response", "idle"])
def test_a_timeout_of_nothing_is_no_timeout_left_out(name: str, value: str, expected: str) -> None:
    """R135: the proxy sets a limit of 0; connections that are no HTTP have none."""
    hasty = front()
    hasty["metadata"]["annotations"] = {f"timeout.linkerd.io/{name}": value}
    assert outcome(hasty, OPEN) == expected
    assert [outcome(hasty, OPEN, traffic="tcp"), outcome(hasty, OPEN, client="stranger")] == ["allow", "allow"]


BARE = (
    *(one for one in BASE if one["metadata"]["name"] != "ponger"),
    pod("ponger", "10.244.0.21", meshed=False, ports={"http": 8080}),
)
"""The arena, with a server that has no sidecar."""


@pytest.mark.parametrize(
    ("service", "version", "client", "sent", "expected"),
    [
        (front(), "", "pinger", {"path": "/a"}, "allow"),
        (front(), "", "pinger", {"path": "/a<b"}, "400"),
        (front(), "", "pinger", {"path": "/a<b", "traffic": "http2"}, "closed"),
        (front(), "", "pinger", {"method": "CONNECT"}, "400"),
        (front(word="http"), "", "pinger", {"path": "/a<b"}, "400"),
        (front(opaque="80"), "", "pinger", {"path": "/a<b"}, "allow"),
        (front(opaque="80"), "", "pinger", {"method": "CONNECT"}, "allow"),
        (front(), "", "stranger", {"path": "/a<b"}, "allow"),
        (front(), "v2.100.0", "pinger", {"path": "/a<b"}, "unknown"),
        (front(word="http"), "v2.100.0", "pinger", {"path": "/a<b"}, "400"),
        (front(), "v2.100.0", "pinger", {"method": "CONNECT"}, "400"),
    ],
)
def test_the_clients_proxy_refuses_what_is_no_request(
    service: Manifest, version: str, client: str, sent: dict[str, Any], expected: str
) -> None:
    """R136: be there a proxy at the server or not."""
    asked = {name: value for name, value in sent.items() if name not in ("path", "traffic")}
    target, traffic = f"ponger:8080{sent.get('path', '/')}", sent.get("traffic", "http")
    found = cluster(*BARE, service, settings=MeshSettings(proxy_version=version))
    assert ask(found, client, target, traffic, **asked).outcome == expected
