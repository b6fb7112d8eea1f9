"""NetworkPolicies under Linkerd: rules N1 to N17."""

from ipaddress import ip_address
from typing import Any

import pytest

from meshpolicy.decide.connection import Infrastructure, Start, missing_need, start
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.settings import MeshSettings

from ..build import (
    ARENA,
    PORTS,
    Manifest,
    allow,
    ask,
    cluster,
    labels,
    network_policy,
    outcome,
    pod,
    ref,
    server,
    service,
)

IN: Manifest = {"policyTypes": ["Ingress"]}
ARENA_SPACE = {"namespaceSelector": labels(**{"kubernetes.io/metadata.name": "arena"})}
KUBE_SYSTEM = {"namespaceSelector": labels(**{"kubernetes.io/metadata.name": "kube-system"})}
DNS = {"to": [KUBE_SYSTEM], "ports": [{"port": 53, "protocol": "UDP"}]}


def passes(*rules: Manifest, client: str = "pinger", **asked: Any) -> str:
    """Return what a client sees of a ponger with these ingress rules."""
    return outcome(network_policy(**IN, ingress=list(rules)), client=client, **asked)


def test_a_pod_is_isolated_once_a_policy_selects_it() -> None:
    """N1, N4, N12: what a blocked caller sees depends on its proxy."""
    assert passes() == "504"
    assert passes(client="stranger") == "blocked"
    assert passes(traffic="tcp") == "closed"
    assert passes(traffic="grpc", server="ponger:http/a.B/c") == "grpc-14"
    assert outcome(network_policy("other", **IN)) == "allow"


def test_the_pods_own_node_always_gets_in() -> None:
    """N2."""
    found = cluster(*ARENA, network_policy(**IN))
    ponger = found.workload("arena", "ponger")
    assert ponger is not None
    call = Call(ponger, 8080, address=ip_address("10.244.0.1"))
    assert judge(found, call, node=ip_address("10.244.0.1")).outcome == "allow"
    assert judge(found, call, node=ip_address("10.244.0.9")).outcome == "blocked"


@pytest.mark.parametrize(
    ("client", "manifests", "expected"),
    [
        ("10.244.0.1", (), "unknown"),
        ("203.0.113.7", (), "unknown"),
        ("10.244.0.1", (server(),), "blocked"),
        ("unmeshed", (), "blocked"),
    ],
)
def test_any_address_that_no_pod_has_may_be_the_nodes(
    client: str, manifests: tuple[Manifest, ...], expected: str
) -> None:
    """N2: whether it is counts only where the server's proxy lets it in; `unmeshed` means a client elsewhere."""
    found = cluster(*ARENA, network_policy(**IN), *manifests)
    assert ask(found, client, direct=True).outcome == expected


def test_an_address_of_a_pod_is_no_nodes() -> None:
    """N2: who asks about the address asks about the pod, and so about its proxy."""
    found = cluster(*ARENA, network_policy(**IN))
    pinger = found.workload("arena", "pinger")
    assert pinger is not None
    assert ask(found, str(pinger.addresses[0]), direct=True).outcome == "504"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "allow"),
        ({"from": [], "ports": []}, "allow"),
        ({"ports": [{"port": 4143}]}, "allow"),
        ({"ports": [{"port": 8080}]}, "504"),
        ({"ports": [{"port": "http"}]}, "504"),
        ({"ports": [{"port": 80}]}, "504"),
        ({"ports": [{"port": 4143, "protocol": "UDP"}]}, "504"),
        ({"ports": [{"port": 4000, "endPort": 4143}]}, "allow"),
        ({"ports": [{"port": 4000, "endPort": 4142}]}, "504"),
        ({"ports": [{"protocol": "TCP"}]}, "allow"),
        ({"ports": [{"protocol": "UDP"}]}, "504"),
        ({"from": [{"podSelector": labels(app="pinger")}]}, "allow"),
        ({"from": [{"podSelector": labels(app="rogue")}]}, "504"),
        ({"from": [{"podSelector": {}}]}, "allow"),
        ({"from": [ARENA_SPACE]}, "allow"),
        ({"from": [{"namespaceSelector": labels(name="arena")}]}, "unknown"),
        ({"from": [{**ARENA_SPACE, "podSelector": labels(app="rogue")}]}, "504"),
        ({"from": [ARENA_SPACE, {"podSelector": labels(app="rogue")}]}, "allow"),
        ({"from": [{"ipBlock": {"cidr": "10.244.0.0/16"}}]}, "allow"),
        ({"from": [{"ipBlock": {"cidr": "10.244.0.0/16", "except": ["10.244.0.11/32"]}}]}, "504"),
        ({"from": [{"podSelector": labels(app="pinger")}], "ports": [{"port": 9999}]}, "504"),
    ],
)
def test_a_rule_lets_a_meshed_client_in_by_peer_and_wire_port(rule: Manifest, expected: str) -> None:
    """N3, N5, N6, N9, N10: the wire port between meshed pods is 4143; labels of a Namespace elsewhere are unknown."""
    assert passes(rule) == expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [(8080, "allow"), ("http", "allow"), ("metrics", "blocked"), (4143, "blocked"), (80, "blocked")],
)
def test_an_unmeshed_client_needs_the_containers_port(port: int | str, expected: str) -> None:
    """N8, N10: a name is the container port's; one that the pod lacks opens nothing."""
    assert passes({"ports": [{"port": port}]}, client="stranger") == expected


@pytest.mark.parametrize(
    ("place", "more", "expected"),
    [
        ("containers", {}, "allow"),
        ("initContainers", {}, "504"),
        ("initContainers", {"restartPolicy": "Always"}, "unknown"),
    ],
)
def test_a_port_has_its_name_in_a_container_that_runs(place: str, more: Manifest, expected: str) -> None:
    """N10: in an init container that goes on running not every enforcer looks for names."""
    other = {"name": "other", "ports": [{"name": "wire", "containerPort": 4143}], **more}
    opened = network_policy("cat", **IN, ingress=[{"ports": [{"port": "wire"}]}])
    cat = pod("cat", "10.244.0.31", ports=PORTS)
    cat["spec"][place] = [*cat["spec"].get(place, []), other]
    found = cluster(*ARENA, cat, service("cat"), opened)
    answer = ask(found, "pinger", "cat:http")
    assert answer.outcome == expected
    assert ("N10" in {reason.rule for reason in answer.reasons}) == (expected == "unknown")


def test_rules_and_policies_add_up() -> None:
    """N7."""
    other = network_policy(**IN, ingress=[{}])
    other["metadata"]["name"] = "other"
    assert outcome(network_policy(**IN), other) == "allow"


def test_transparent_mode_keeps_the_port_on_the_wire() -> None:
    """N9."""
    settings = MeshSettings(outbound_transport_mode="transparent")
    assert passes({"ports": [{"port": 8080}]}, settings=settings) == "allow"
    assert passes({"ports": [{"port": 4143}]}, settings=settings) == "504"


def test_the_proxys_own_ports_stay_their_own() -> None:
    """N11."""
    assert passes({"ports": [{"port": 4143}]}, server="ponger:4191/metrics", direct=True) == "504"
    assert passes({"ports": [{"port": 4191}]}, server="ponger:4191/metrics", direct=True) == "allow"


@pytest.mark.parametrize(
    ("annotation", "direct", "expected"),
    [("skip-inbound-ports", False, "502"), ("opaque-ports", False, "502"), ("opaque-ports", True, "closed")],
)
def test_skipped_and_opaque_ports_are_blocked_at_once(annotation: str, direct: bool, expected: str) -> None:
    """N8, N12."""
    own = pod("cat", "10.244.0.31", ports=PORTS, annotations={f"config.linkerd.io/{annotation}": "8080"})
    front = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cat", "namespace": "arena"}}
    front["spec"] = {"selector": {"app": "cat"}, "ports": [{"port": 80, "targetPort": 8080}]}
    assert (
        ask(cluster(*ARENA, own, front, network_policy("cat", **IN)), "pinger", "cat:http", direct=direct).outcome
        == expected
    )


def test_a_block_that_the_manifests_do_not_decide_is_unknown() -> None:
    """N5: rules by addresses where the client's is not known, and rules by labels where there is no pod."""
    by_address = {"from": [{"ipBlock": {"cidr": "10.244.0.0/16"}}]}
    nowhere = [*ARENA[1:], pod("pinger", "")]
    opened = cluster(*nowhere, network_policy(**IN, ingress=[by_address]))
    assert ask(opened, "pinger").outcome == "unknown"
    assert "goes by labels or addresses" in str(ask(opened, "pinger").reasons[0])
    other_port = cluster(*nowhere, network_policy(**IN, ingress=[{**by_address, "ports": [{"port": 9999}]}]))
    assert ask(other_port, "pinger").outcome == "504"
    account = allow(ref("ServiceAccount", "visitor", "club"))
    labelled = {"namespaceSelector": {}, "podSelector": labels(app="visitor")}
    isolated = cluster(*ARENA, server(), account, network_policy(**IN, ingress=[{"from": [labelled]}]))
    assert ask(isolated, "club/visitor").outcome == "unknown"
    assert "go by labels" in str(ask(isolated, "club/visitor").reasons[0])
    assert ask(cluster(*ARENA, server(), account), "club/visitor").outcome == "allow"


def test_the_network_decides_before_linkerd() -> None:
    """N13."""
    assert outcome(server(), network_policy(**IN)) == "504"
    assert outcome(server(), network_policy(**IN, ingress=[{}])) == "403"


@pytest.mark.parametrize(
    ("spec", "into", "out_of"),
    [
        ({}, "504", "allow"),
        ({"egress": [{}]}, "504", "allow"),
        ({"ingress": [{}], "egress": [{"ports": [{"port": 1}]}]}, "allow", "504"),
        ({"policyTypes": ["Egress"]}, "allow", "504"),
        ({"policyTypes": ["Ingress"], "ingress": [{}], "egress": []}, "allow", "allow"),
    ],
)
def test_omitted_policy_types_mean_ingress_always(spec: Manifest, into: str, out_of: str) -> None:
    """N14."""
    base = (*ARENA, pod("cat", "10.244.0.31", ports=PORTS), network_policy(**spec))
    assert ask(cluster(*base), "pinger").outcome == into
    assert ask(cluster(*base), "ponger", "cat:http").outcome == out_of


def test_both_ends_must_agree() -> None:
    """N16."""
    outwards = network_policy(
        "pinger",
        policyTypes=["Egress"],
        egress=[{"to": [{"podSelector": labels(app="ponger")}], "ports": [{"port": 4143}]}],
    )
    assert outcome(outwards, network_policy(**IN, ingress=[{}])) == "allow"
    assert outcome(outwards, network_policy(**IN)) == "504"
    assert outcome(network_policy("pinger", policyTypes=["Egress"]), network_policy(**IN, ingress=[{}])) == "504"


@pytest.mark.parametrize(
    ("ports", "dns", "expected"),
    [
        ([8080, 8086, 8090], True, Start.WORKS),
        ([8080, 8086, 8090], False, Start.UNSTARTED),
        ([8086, 8090], True, Start.UNSTARTED),
        ([8080, 8090], True, Start.HANGS),
        ([8080, 8086], True, Start.HANGS),
    ],
)
def test_a_new_pod_needs_dns_and_the_whole_control_plane(ports: list[int], dns: bool, expected: Start) -> None:
    """N17: without identity or DNS it never starts; without the rest it is ready, and hangs."""
    linkerd = {"namespaceSelector": labels(**{"kubernetes.io/metadata.name": "linkerd"})}
    rules = [{"to": [linkerd], "ports": [{"port": port} for port in ports]}, *([DNS] if dns else [])]
    found = cluster(*ARENA, network_policy("pinger", policyTypes=["Egress"], egress=rules))
    pinger = Endpoint(found.workload("arena", "pinger"))
    assert start(index_of(found).network_policies, pinger, Infrastructure()) is expected


@pytest.mark.parametrize(
    ("rules", "need"),
    [
        ([{"port": 53, "protocol": "UDP"}, {"port": 1}], "Linkerd's control plane (identity, port 8080)"),
        ([{"port": "dns", "protocol": "UDP"}, {"port": "ident-grpc"}], ""),
        ([{"port": "dns", "protocol": "TCP"}], "DNS, so new names do not resolve"),
    ],
)
def test_names_of_ports_of_pods_that_are_not_here_block_nobody_for_certain(rules: list[Manifest], need: str) -> None:
    """N10, N16: CoreDNS calls its port `dns`; the manifests of an application do not say so."""
    names = [rule for rule in rules if isinstance(rule["port"], str) and rule.get("protocol", "TCP") == "TCP"]
    egress = [{"ports": rules}, *({"ports": [{"port": port}]} for port in (8086, 8090) if names)]
    found = cluster(*ARENA, network_policy("pinger", policyTypes=["Egress"], egress=egress))
    pinger = Endpoint(found.workload("arena", "pinger"))
    told = missing_need(index_of(found).network_policies, pinger, Infrastructure())
    assert told.startswith(need) if need else told == ""


def test_host_network_is_beyond_every_policy() -> None:
    """N2: it has the node's addresses; selectors do not mean it, and on the pod's own node it gets in."""
    own = pod("host", "10.244.0.1", meshed=False)
    own["spec"]["hostNetwork"] = True
    base = (*ARENA, own, network_policy(**IN, ingress=[{"from": [{"podSelector": {}}]}]))
    assert ask(cluster(*base), "host").outcome == "unknown"
    out = network_policy("pinger", policyTypes=["Egress"], egress=[])
    assert ask(cluster(*ARENA, own, out), "pinger", "host:80").outcome == "502"
    assert ask(cluster(*ARENA, own, network_policy("host", **IN)), "pinger", "host:80").outcome == "allow"


@pytest.mark.parametrize(("on_host", "expected"), [(False, "allow"), (True, "unknown")])
def test_a_pod_on_the_hosts_network_has_an_address_of_its_node(on_host: bool, expected: str) -> None:
    """R2, R22: pods are in the cluster's networks, and nodes need not be."""
    own = pod("host", "", meshed=False)
    own["spec"]["hostNetwork"] = on_host
    opened = server(accessPolicy="cluster-unauthenticated")
    assert ask(cluster(*ARENA, own, opened), "host").outcome == expected


@pytest.mark.parametrize(
    ("annotation", "native", "expected"),
    [
        ("", True, "unknown"),
        ("", False, "allow"),
        ("false", True, "allow"),
        ("F", True, "allow"),
        ("no", True, "unknown"),
        ("true", False, "unknown"),
    ],
)
def test_the_proxys_port_has_its_name_for_certain_in_a_container(annotation: str, native: bool, expected: str) -> None:
    """N10: a native sidecar is an init container, in which not every enforcer looks for names."""
    asked = {"linkerd.io/inject": "enabled"}
    asked |= {"config.linkerd.io/proxy-enable-native-sidecar": annotation} if annotation else {}
    template: Manifest = {"metadata": {"labels": {"app": "cat"}, "annotations": asked}}
    template["spec"] = {"containers": [{"name": "a", "ports": [{"name": "http", "containerPort": 8080}]}]}
    cat = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cat", "namespace": "arena"},
        "spec": {"selector": {"matchLabels": {"app": "cat"}}, "template": template},
    }
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena"}}
    policy = network_policy("cat", ingress=[{"ports": [{"port": "linkerd-proxy"}]}])
    found = cluster(*ARENA, space, cat, policy, settings=MeshSettings(native_sidecar=native))
    assert ask(found, "pinger", "cat:8080/").outcome == expected
