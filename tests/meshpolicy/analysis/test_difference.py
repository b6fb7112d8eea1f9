"""The difference of two states: no call that flips is missed, and none is told that does not flip."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.change import Change
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.pods import NODE
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, Manifest, account, allow, cluster, documents, network_policy, pod, prefix, ref, route, server
from ..flips import PAIRS, State, faults

DENY, OPEN = {"accessPolicy": "deny"}, {"accessPolicy": "all-unauthenticated"}
DECISIVE = '[{"name": "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY", "value": "%s"}]'


# The same pairs each time; `bench/diff.py` asks others.
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(PAIRS, st.integers(0, 2**32))
def test_every_call_that_flips_is_in_a_line_and_every_line_flips(pair: tuple[State, State], seed: int) -> None:
    assert list(faults(*pair, seed)) == []


def servers(older: dict[str, str], newer: dict[str, str]) -> list[Manifest]:
    """Return two Servers of one port whose ages are not known."""
    return [server("a", **older), server("z", **newer)]


def granted(name: str) -> list[Manifest]:
    """Return two routes of unknown age that match alike, of which one admits pinger."""
    return [
        server(),
        *(route(prefix("/"), name=one) for one in "ab"),
        allow(account("pinger"), on=ref("HTTPRoute", name)),
    ]


def cat(port: str, value: str) -> list[Manifest]:
    """Return a pod whose proxy gets a variable, and its Server."""
    annotations = {"config.linkerd.io/proxy-additional-env": DECISIVE % value}
    return [pod("cat", "10.244.0.31", ports={port: 8080}, annotations=annotations), server("cat", port, app="cat")]


def cilium(port: str) -> list[Manifest]:
    """Return a policy whose rules are not read."""
    rules = [{"toPorts": [{"ports": [{"port": port}]}]}]
    spec = {"endpointSelector": {"matchLabels": {"app": "ponger"}}, "ingress": rules}
    metadata = {"name": "c", "namespace": "arena"}
    return [{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata, "spec": spec}]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (servers(DENY, OPEN), servers(OPEN, DENY)),
        (granted("a"), granted("b")),
        (cat("http", "deny"), cat("http", "all-unauthenticated")),
        (cilium("80"), cilium("8080")),
    ],
    ids=["Servers of unknown age", "routes of unknown age", "a variable of the proxy", "a policy that is not read"],
)
def test_what_is_open_before_and_after_is_no_reason_to_call_two_states_equal(
    before: list[Manifest], after: list[Manifest]
) -> None:
    """Both answers are unknown, and the one may be allowed where the other is refused."""
    old, new = (cluster(*ARENA, *state) for state in (before, after))
    assert Change.UNKNOWN in {changed.change for changed in compare(old, new)}
    assert compare(old, cluster(*ARENA, *before)) == ()


def test_an_object_with_variables_may_change_what_nobody_knows() -> None:
    def read(port: int) -> Cluster:
        written: dict[str, Any] = server(port=port, accessPolicy="${POLICY}")
        first, *others = documents(written, *ARENA)
        return parse_documents((replace(first, unset=("POLICY",)), *others)).cluster

    assert {changed.change for changed in compare(read(8080), read(9090))} == {Change.UNKNOWN}
    assert compare(read(8080), read(8080)) == ()


def test_what_is_open_in_the_same_way_stays_out_of_the_difference() -> None:
    """Another port's change does not make it a change."""
    old = cluster(*ARENA, *servers(DENY, OPEN), server("more", 9090))
    new = cluster(*ARENA, *servers(DENY, OPEN), server("more", 9090, **OPEN))
    assert {(changed.change, changed.port) for changed in compare(old, new)} == {(Change.OPENED, 9090)}


@pytest.mark.parametrize("port", [6060, "linkerd-admin"])
def test_a_server_on_a_port_that_is_not_declared_changes_who_may_call_it(port: int | str) -> None:
    """R15, R103: a number needs no declaration, and the proxy's own port is one like any other."""
    number = 4191 if port == "linkerd-admin" else port
    states = [cluster(*ARENA, server("more", port, app="ponger", **access)) for access in (DENY, OPEN)]
    assert {(changed.change, changed.port) for changed in compare(*states)} == {(Change.OPENED, number)}


def test_a_server_on_a_gateways_own_port_is_shown_and_nobody_knows_who_passes() -> None:
    """R64, R68: policies on 4143 decide what comes through the gateway, which these manifests do not tell."""
    gateway = pod("gateway", "10.244.0.71", annotations={"config.linkerd.io/enable-gateway": "true"})
    states = [cluster(*ARENA, gateway, server("own", "linkerd-proxy", app="gateway", **spec)) for spec in (DENY, OPEN)]
    assert {(changed.change, changed.port) for changed in compare(*states)} == {(Change.UNKNOWN, 4143)}
    assert 4143 in callable_ports(states[0], next(one for one in states[0].workloads if one.ref.name == "gateway"))


def denies_pods(port: int) -> Manifest:
    """Return an AdminNetworkPolicy that keeps pods from a port of the server."""
    ingress = [
        {"action": "Deny", "from": [{"namespaces": {}}], "ports": [{"portNumber": {"protocol": "TCP", "port": port}}]}
    ]
    subject = {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "ponger"}}}}
    spec = {"priority": 1, "subject": subject, "ingress": ingress}
    group = "policy.networking.k8s.io/v1alpha1"
    return {"apiVersion": group, "kind": "AdminNetworkPolicy", "metadata": {"name": "pods"}, "spec": spec}


@pytest.mark.parametrize(
    ("more", "open_to_others"),
    [(cilium("80"), {Change.UNKNOWN}), ([denies_pods(9090)], set()), ([network_policy()], {Change.CLOSED})],
)
def test_who_is_no_pod_is_kept_away_by_rules_for_pods_only_where_the_rules_are_known_to_admit(
    more: list[Manifest], open_to_others: set[Change]
) -> None:
    """N5, N20, N21, N23: NetworkPolicies admit whom they mean, AdminNetworkPolicies deny whom they mean."""
    changed = compare(cluster(*ARENA), cluster(*ARENA, *more))
    pairs = ((one.change, one.region) for one in changed if (one.server.name, one.port) == ("ponger", 9090))
    assert {
        change
        for change, region in pairs
        if change.changes_requests and region is not None and any(pods.example is None for pods in region.pods)
    } == open_to_others


def test_probes_that_a_route_shuts_out_are_told_behind_a_network_policy() -> None:
    """N2: nobody but the pod's own node loses them."""
    closed = [network_policy(policyTypes=["Ingress"]), server()]
    before, after = cluster(*ARENA, *closed), cluster(*ARENA, *closed, route(prefix("/charge"), name="charge"))
    found = [one for one in compare(before, after) if one.change.changes_requests]
    assert {(one.change, one.port) for one in found} == {(Change.CLOSED, 8080)}
    assert [one.region.pods for one in found if one.region is not None] == [(NODE,)] * len(found)
