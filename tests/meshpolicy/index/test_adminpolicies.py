"""Policies around the NetworkPolicies: who is asked first, which rule decides, and what cannot be told.

The judge is a second evaluator, written from the words of the API: it knows one world, with every label known.
"""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.truth import Truth
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.networkpolicy import Direction

from ..build import ask, cluster, labels, network_policy, pod

Manifest = dict[str, Any]
GROUP = "policy.networking.k8s.io/v1alpha1"
APPS = ("a", "b", "c")


def policy(name: str, priority: int, subject: Manifest, *, baseline: bool = False, **rules: object) -> Manifest:
    """Return an AdminNetworkPolicy, or the baseline."""
    kind = "BaselineAdminNetworkPolicy" if baseline else "AdminNetworkPolicy"
    spec = {"subject": subject, **rules} | ({} if baseline else {"priority": priority})
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}


def pods(app: str) -> Manifest:
    """Return the pods of a name in any namespace."""
    return {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": app}}}}


def rule(action: str, app: str, key: str, port: int = 0) -> Manifest:
    """Return a rule for one peer, and for one port if it is given."""
    ports = {"ports": [{"portNumber": {"protocol": "TCP", "port": port}}]} if port else {}
    return {"action": action, key: [pods(app)], **ports}


def deny_all(key: str = "from") -> list[Manifest]:
    return [{"action": "Deny", key: [{"namespaces": {}}]}]


PAIR = (pod("a", "10.244.0.2", meshed=False), pod("b", "10.244.0.3", meshed=False, ports={"http": 8080}))
LETS_A = [rule("Allow", "a", "from")]
OPEN = network_policy("b", ingress=[{}])
SHUT = network_policy("b", policyTypes=["Ingress"])


@pytest.mark.parametrize(
    ("policies", "verdict"),
    [
        ([], "allow"),
        ([policy("x", 1, pods("b"), ingress=deny_all())], "blocked"),
        ([policy("x", 1, pods("b"), ingress=deny_all()), OPEN], "blocked"),
        ([policy("x", 1, pods("b"), ingress=LETS_A), SHUT], "allow"),
        ([policy("x", 1, pods("b"), ingress=[rule("Pass", "a", "from"), *deny_all()]), SHUT], "blocked"),
        ([policy("x", 1, pods("b"), ingress=[rule("Pass", "a", "from"), *deny_all()]), OPEN], "allow"),
        ([policy("x", 1, pods("b"), ingress=[rule("Allow", "a", "from", 9090), *deny_all()])], "blocked"),
        ([policy("x", 1, pods("b"), ingress=[rule("Allow", "a", "from", 8080), *deny_all()])], "allow"),
        ([policy("x", 9, pods("b"), ingress=deny_all()), policy("y", 3, pods("b"), ingress=LETS_A)], "allow"),
        ([policy("x", 3, pods("b"), ingress=deny_all()), policy("y", 3, pods("b"), ingress=LETS_A)], "unknown"),
        ([policy("x", 1, pods("a"), egress=deny_all("to"))], "blocked"),
        ([policy("x", 1, pods("a"), egress=[{"action": "Deny", "to": [{"networks": ["10.244.0.0/24"]}]}])], "blocked"),
        ([policy("x", 1, pods("a"), egress=[{"action": "Deny", "to": [{"nodes": {}}]}])], "unknown"),
        ([policy("default", 0, pods("b"), baseline=True, ingress=deny_all())], "blocked"),
        ([policy("default", 0, pods("b"), baseline=True, ingress=deny_all()), OPEN], "allow"),
        (
            [
                policy("default", 0, pods("b"), baseline=True, ingress=deny_all()),
                policy("x", 1, pods("b"), ingress=LETS_A),
            ],
            "allow",
        ),
    ],
)
def test_tiers_are_asked_in_their_order(policies: list[Manifest], verdict: str) -> None:
    assert ask(cluster(*PAIR, *policies), "a", "b:8080/").verdict.value == verdict


@pytest.mark.parametrize(
    ("protocol", "number", "expected"),
    [("UDP", 53, Truth.YES), ("UDP", 54, Truth.NO), ("TCP", 53, Truth.NO), ("TCP", 54, Truth.YES)],
)
def test_a_named_port_has_the_protocol_that_the_pod_gives_it(protocol: str, number: int, expected: Truth) -> None:
    """The API names no protocol beside `namedPort`: the pod's port tells it."""
    declared = [{"name": "dns", "containerPort": 53, "protocol": "UDP"}, {"name": "dns", "containerPort": 54}]
    named = pod("d", "10.244.0.4", meshed=False, container={"ports": declared})
    lets = {"action": "Allow", "from": [pods("a")], "ports": [{"namedPort": "dns"}]}
    world = cluster(PAIR[0], named, policy("x", 1, pods("d"), ingress=[lets, *deny_all()]))
    ends = {workload.ref.name: Endpoint(workload) for workload in world.workloads}
    found = index_of(world).network_policies.filter(Direction.INGRESS, ends["d"], ends["a"], number, protocol)
    assert found.truth is expected


def test_an_address_of_nobody_known_may_be_a_pods_that_is_denied() -> None:
    denied = cluster(*PAIR, policy("x", 1, pods("b"), ingress=deny_all()))
    assert ask(denied, "unmeshed", "b:8080/").verdict.value == "unknown"
    assert ask(denied, "192.0.2.7", "b:8080/").verdict.value == "allow"


def labelled(key: str, value: str) -> Manifest:
    return {"endpointSelector": {"matchLabels": {key: value}}}


@pytest.mark.parametrize(
    ("version", "kind", "spec", "verdict"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy", labelled("app", "b"), "unknown"),
        ("cilium.io/v2", "CiliumNetworkPolicy", labelled("app", "z"), "allow"),
        ("cilium.io/v2", "CiliumNetworkPolicy", labelled("k8s:app", "z"), "unknown"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy", {}, "unknown"),
        ("projectcalico.org/v3", "GlobalNetworkPolicy", {"selector": "app == 'z'"}, "unknown"),
        ("crd.projectcalico.org/v1", "NetworkPolicy", {}, "unknown"),
        ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", {}, "unknown"),
        ("crd.antrea.io/v1beta1", "NetworkPolicy", {}, "unknown"),
        ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy", {}, "unknown"),
        ("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy", {}, "unknown"),
        ("vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy", {}, "unknown"),
        ("maker.example.com/v1", "GlobalNetworkPolicy", {}, "unknown"),
        ("projectcalico.org/v3", "StagedNetworkPolicy", {}, "allow"),
        ("network.openshift.io/v1", "EgressNetworkPolicy", {}, "allow"),
        ("extensions/v1beta1", "NetworkPolicy", {"podSelector": {}}, "blocked"),
    ],
)
def test_a_policy_whose_rules_are_not_read_leaves_the_pods_that_it_selects_unknown(
    version: str, kind: str, spec: Manifest, verdict: str
) -> None:
    other = {"apiVersion": version, "kind": kind, "metadata": {"name": "other", "namespace": "arena"}, "spec": spec}
    assert ask(cluster(*PAIR, other), "a", "b:8080/").verdict.value == verdict


RULES = st.tuples(st.sampled_from(["Allow", "Deny", "Pass"]), st.sampled_from(APPS), st.sampled_from([0, 8080, 9090]))
POLICIES = st.lists(st.tuples(st.sampled_from(APPS), st.lists(RULES, max_size=3)), max_size=3)
WALLS = st.dictionaries(st.sampled_from(APPS), st.lists(st.sampled_from(APPS), max_size=2), max_size=2)
BASELINE = st.none() | st.tuples(st.sampled_from(APPS), st.lists(RULES.filter(lambda r: r[0] != "Pass"), max_size=2))
Written = list[tuple[str, list[tuple[str, str, int]]]]


def expected(
    admin: Written, network_policies: dict[str, list[str]], baseline: Written, server: str, client: str
) -> bool:
    """Say whether a connection to 8080 comes in, by the words of the API."""

    def action(policies: Written) -> str:
        for subject, rules in policies:
            for found, app, port in rules if subject == server else ():
                if app == client and port in (0, 8080):
                    return found
        return "Pass"

    first = action(admin)
    if first != "Pass":
        return first == "Allow"
    if server in network_policies:
        return client in network_policies[server]
    return action(baseline) != "Deny"


@settings(max_examples=150)
@given(POLICIES, WALLS, BASELINE)
def test_every_connection_between_known_pods_is_decided_as_the_api_says(
    admin: Written, network_policies: dict[str, list[str]], baseline: tuple[str, list[tuple[str, str, int]]] | None
) -> None:
    def rules(entries: list[tuple[str, str, int]]) -> list[Manifest]:
        return [rule(action, app, "from", port) for action, app, port in entries]

    world = cluster(
        *(pod(app, f"10.244.0.{number}", ports={"http": 8080}) for number, app in enumerate(APPS, 2)),
        *(policy(f"p{n}", n, pods(subject), ingress=rules(entries)) for n, (subject, entries) in enumerate(admin)),
        *(
            network_policy(
                app, policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": labels(app=c)}]} for c in allowed]
            )
            for app, allowed in network_policies.items()
        ),
        *([policy("default", 0, pods(baseline[0]), baseline=True, ingress=rules(baseline[1]))] if baseline else []),
    )
    ends = {workload.ref.name: Endpoint(workload) for workload in world.workloads}
    for server, client in product(APPS, APPS):
        found = index_of(world).network_policies.filter(Direction.INGRESS, ends[server], ends[client], 8080)
        allowed = expected(admin, network_policies, [baseline] if baseline else [], server, client)
        assert found.truth is (Truth.YES if allowed else Truth.NO), (server, client)
