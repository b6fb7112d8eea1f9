"""What `lint` finds: a fixture for each code, and nothing in the project's own manifests."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meshpolicy.findings.registry import codes, lint
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.sources import read
from meshpolicy.manifests.variables import unset

from ..build import (
    ARENA,
    Manifest,
    account,
    allow,
    documents,
    exact,
    labels,
    network,
    network_policy,
    pod,
    ref,
    route,
    server,
    service,
    tls,
)
from .mistakes import BY_NET, BY_TLS, FIXTURES, HEADLESS, ON_ROUTE, PINGER, caller, injector, unmeshed

ROOT = Path(__file__).parents[3]
UDP = {"port": 53, "targetPort": "dns", "protocol": "UDP"}
OPAQUE_AND_BY_NAME = [server(proxyProtocol="opaque"), allow(PINGER)]
SOUND = (
    server(),
    server("metrics", "metrics"),
    route(exact("/ping", method="GET")),
    allow(PINGER, on=ON_ROUTE),
    route(exact("/live", method="GET"), name="probes"),
    network("10.244.0.1/32"),
    allow(BY_NET, on=ref("HTTPRoute", "probes"), name="kubelet"),
    allow(account("rogue"), on=ref("Server", "metrics"), name="scrape"),
)


def found(*manifests: Manifest, settings: MeshSettings | None = None) -> dict[str, str]:
    """Return the codes that are found in the arena with these manifests, each with its first message."""
    reading = parse_documents(documents(*ARENA, *manifests), settings or MeshSettings())
    assert reading.unusable == ()
    messages: dict[str, str] = {}
    for finding in lint(reading.cluster, reading.refused):
        messages.setdefault(finding.code.code, f"{finding.subject} {finding.message}")
    return messages


@pytest.mark.parametrize(("surprise", "code", "manifests", "says"), FIXTURES)
def test_a_mistake_is_found(surprise: int, code: str, manifests: list[Manifest], says: str) -> None:
    """Each surprise of Linkerd's policies has a code, whose number never changes."""
    assert surprise in (0, int(code[2:]))
    assert says in found(*manifests).get(code, "nothing")


@pytest.mark.parametrize(
    "sound",
    [
        service("other", {80: 7777}, app="ponger"),
        service("other", {80: "metrics"}, app="ponger"),
        service("other", {80: "htpp"}, app="nobody"),
        {**service("other", {80: "htpp"}), "spec": {"ports": [{"port": 80, "targetPort": "htpp"}]}},
        {**service("other"), "spec": {"selector": {"app": "ponger"}, "ports": [UDP]}},
    ],
    ids=["a number", "a name", "no pod", "no selector", "UDP"],
)
def test_a_service_that_leads_somewhere_or_cannot_be_judged_is_no_mistake(sound: Manifest) -> None:
    assert "MP050" not in found(sound)


def test_a_rule_for_pods_of_a_namespace_that_the_input_does_not_hold_is_no_mistake() -> None:
    """N5: whom a podSelector selects there, another chart says."""
    policy = network_policy(ingress=[{"from": [{"podSelector": labels(app="nobody")}]}])
    assert "MP045" in found(*SOUND, policy)
    policy["metadata"]["namespace"] = "elsewhere"
    assert "MP045" not in found(*SOUND, policy)


def test_a_rule_for_labels_of_a_namespace_that_the_input_does_not_hold_is_no_mistake() -> None:
    """N5: the Namespace may have them."""
    policy = network_policy(ingress=[{"from": [{"namespaceSelector": labels(team="shop")}]}])
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena", "labels": {"team": "pets"}}}
    assert "MP045" in found(*SOUND, space, policy)
    assert "MP045" not in found(*SOUND, policy)


OUT = {"policyTypes": ["Egress"]}


def to_ports(*ports: Manifest) -> list[Manifest]:
    return [{"ports": list(ports)}]


@pytest.mark.parametrize(
    ("code", "mistaken", "sound"),
    [
        (
            "MP040",
            [network_policy(ingress=to_ports({"port": "http"}))],
            [network_policy(ingress=to_ports({"port": 4143}))],
        ),
        (
            "MP042",
            [network_policy("pinger", **OUT, egress=to_ports({"port": 5353, "protocol": "UDP"}))],
            [network_policy("pinger", **OUT, egress=to_ports({"port": "dns", "protocol": "UDP"}))],
        ),
        (
            "MP043",
            [network_policy("pinger", **OUT, egress=to_ports({"port": 8443}))],
            [network_policy("pinger", **OUT, egress=to_ports({"port": "dest-grpc"}))],
        ),
        (
            "MP048",
            [injector(), network_policy("injector", ingress=to_ports({"port": 9443}, {"port": 9995}))],
            [injector(), network_policy("injector", ingress=to_ports({"port": "proxy-injector"}))],
        ),
        (
            "MP049",
            [network_policy(ingress=to_ports({"port": 4143, "endPort": 4200}))],
            [network_policy(ingress=to_ports({"port": 8000, "endPort": 8010}))],
        ),
    ],
)
def test_ports_of_network_policies_are_a_mistake_where_they_leave_out_what_is_needed_or_hold_more(
    code: str, mistaken: list[Manifest], sound: list[Manifest]
) -> None:
    """N9, N10, N16: names of ports of pods that the manifests do not hold may be right."""
    assert code in found(*mistaken)
    assert code not in found(*sound)


def test_a_rule_may_name_the_port_of_the_sidecar() -> None:
    """N10: the container of the proxy calls 4143 `linkerd-proxy`."""
    served = pod("cat", "10.244.0.31", meshed=False)
    proxy = {"name": "linkerd-proxy", "ports": [{"name": "linkerd-proxy", "containerPort": 4143}]}
    served["metadata"]["labels"]["linkerd.io/control-plane-ns"] = "linkerd"
    served["spec"]["containers"].append(proxy)
    assert "MP040" not in found(served, network_policy("cat", ingress=to_ports({"port": "linkerd-proxy"})))
    assert "MP040" in found(served, network_policy("cat", ingress=to_ports({"port": "linkerd-admin"})))


VARIABLE = "${UNSET}"
FAR = ref("NetworkAuthentication", "net", "far")
NARROW = [route(exact("/live")), server()]
RELEASE: Manifest = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "more", "namespace": "arena"},
    "spec": {"values": {"address": VARIABLE}},
}
REFUSALS = {"MP001", "MP004", "MP005", "MP010", "MP011", "MP021", "MP060"}


@pytest.mark.parametrize(
    "found_here",
    [
        [*NARROW, network(VARIABLE), allow(BY_NET, on=ON_ROUTE)],
        [*NARROW, network("10.0.0.0/8"), allow(BY_NET, account(VARIABLE), on=ON_ROUTE)],
        [*NARROW, allow(FAR, on=ON_ROUTE)],
        [server(), route(exact(f"/{VARIABLE}")), allow(PINGER, on=ON_ROUTE)],
        [server(port=VARIABLE), route(exact("/live")), allow(PINGER), allow(PINGER, on=ON_ROUTE, name="more")],
        [unmeshed(), server("cat", app="cat"), allow(PINGER, on=ref("Server", "cat")), RELEASE],
    ],
    ids=["a network", "a policy", "an object elsewhere", "a route", "a Server", "a release that makes pods"],
)
def test_what_is_not_known_refuses_nobody(found_here: list[Manifest]) -> None:
    """R130: whoever completes it, or brings it, may admit the clients that nothing admits here."""
    read_as = [replace(one, unset=tuple(dict.fromkeys(unset(one.data)))) for one in documents(*ARENA, *found_here)]
    reading = parse_documents(read_as)
    assert {one.code.code for one in lint(reading.linted, reading.refused)} & REFUSALS == set()


@pytest.mark.parametrize("identity", ["spiffe://root.linkerd.cluster.local/vm", "spiffe://x/ns/elsewhere/sa/a"])
def test_a_spiffe_id_that_somebody_outside_may_have_is_no_mistake(identity: str) -> None:
    assert "MP014" not in found(server(), tls(identity), allow(BY_TLS))


def test_an_opaque_port_in_transparent_mode_knows_nobody() -> None:
    """Surprise 17."""
    transparent = MeshSettings(outbound_transport_mode="transparent")
    assert "MP017" in found(*OPAQUE_AND_BY_NAME, settings=transparent)
    assert "MP017" not in found(*OPAQUE_AND_BY_NAME)


@pytest.mark.parametrize(
    "sound",
    [
        [caller("http://ponger/ping")],
        [caller("ponger:80")],
        [caller("ponger")],
        [caller("cat"), service("cat")],
        [caller("tcp://ponger")],
        [caller("http://nobody:81/")],
        [caller("ponger of 2024: 81")],
        [caller("http://heads:8080"), HEADLESS],
    ],
    ids=[
        "80 is usual",
        "declared",
        "no port",
        "its own name",
        "no usual port",
        "no such Service",
        "no address",
        "headless",
    ],
)
def test_a_variable_with_a_port_of_the_service_or_without_a_known_port_is_no_mistake(sound: list[Manifest]) -> None:
    assert {"MP068", "MP069"}.isdisjoint(found(*sound))


@pytest.mark.parametrize(
    "sound", [[tls("*"), network("10.0.0.0/8"), allow(BY_TLS, BY_NET)], [tls("*.arena.x"), allow(BY_TLS)]]
)
def test_a_policy_that_requires_more_than_any_identity_does_not_admit_every_one(sound: list[Manifest]) -> None:
    assert "MP067" not in found(server(), *sound)


SURPRISES = {
    1: "a Server is a deny",
    2: "a Namespace policy leaves out ports without a Server",
    3: "a route's policy cannot narrow",
    4: "the first route takes the probes away",
    5: "a route without policies is not open",
    6: "probe paths are open to everyone",
    7: "a tcpSocket probe always succeeds, a grpc probe never by itself",
    8: "refused TCP is cut, not refused",
    9: "an empty list of references admits everyone",
    10: "a typo in a reference disables the policy",
    11: "a target must name the route's own group",
    12: "an older authorization without networks means the cluster's",
    13: "a star misses SPIFFE identities",
    14: "identities hold the installation's names",
    15: "of overlapping Servers the oldest wins",
    16: "an opaque port with an HTTP Server refuses its meshed clients",
    17: "an opaque port knows identities by the transport header only",
    18: "probes speak HTTP/1.1 to a gRPC Server",
    19: "a GRPCRoute drives HTTPRoutes out",
    20: "a match by headers bricks a gRPC Server",
    21: "accepted is not in force",
    22: "precedence goes by length, then by age",
    23: "paths are compared raw",
    24: "accessPolicy is a grant",
    25: "annotations of the namespace reach no running pod",
    26: "skipped ports have no policy",
    27: "the sidecar's own probes need a route",
    28: "rate limits are shared",
    29: "invalid objects can get in",
    30: "undeclared ports begin under the default policy",
}


@pytest.mark.parametrize("surprise", SURPRISES, ids=[text.replace(" ", "-") for text in SURPRISES.values()])
def test_each_surprise_is_found_and_not_where_there_is_none(surprise: int) -> None:
    """Each has its code, a fixture in which it is found, and silence in an arena without it."""
    code = f"MP{surprise:03}"
    fixtures = [manifests for number, _, manifests, _ in FIXTURES if number == surprise] or [OPAQUE_AND_BY_NAME]
    settings = MeshSettings(outbound_transport_mode="transparent" if surprise == 17 else "transport-header")
    assert all(code in found(*manifests, settings=settings) for manifests in fixtures)
    assert code not in found(*SOUND, settings=settings)


def test_a_field_that_is_refused_is_named_once() -> None:
    reading = parse_documents(documents(*ARENA, server(proxyProtocol="HTTP/3")), MeshSettings())
    [line] = [str(one) for one in lint(reading.cluster, reading.refused) if one.code.code == "MP029"]
    assert line.count("spec.proxyProtocol") == 1


def test_an_object_that_can_be_read_and_is_refused_is_named() -> None:
    reading = parse_documents(documents(*ARENA, server(), route(exact("nope"))), MeshSettings())
    [line] = [str(one) for one in lint(reading.cluster, reading.refused) if one.code.code == "MP029"]
    assert ".path.value: MP029 error: HTTPRoute arena/route: is `nope`" in line


def test_every_code_has_a_fixture() -> None:
    assert {code.code for code in codes()} == {code for _, code, _, _ in FIXTURES} | {"MP017"}


def test_a_sound_set_of_policies_has_no_finding() -> None:
    assert found(*SOUND) == {}


def test_the_projects_own_manifests_have_no_finding() -> None:
    # What a tool would have to render is left out: no test reaches one by accident.
    reading = read([str(ROOT / "k8s/base"), str(ROOT / "mesh")], MeshSettings(), options=ReadOptions(("cni",)))
    assert reading.wrong == ()
    assert lint(reading.cluster) == ()


@pytest.mark.parametrize("code", codes(), ids=lambda code: code.code)
def test_every_code_explains_itself(code: Any) -> None:
    assert code.title
    assert code.explanation.endswith(".")
    assert code.fix.endswith(".")
    assert all(rule[0] in "RMN" and rule[1:].isdigit() for rule in code.rules)
