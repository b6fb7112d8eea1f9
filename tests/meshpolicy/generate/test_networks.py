"""The NetworkPolicies that are generated, held against the network's rules in small clusters at random."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.core.match import Address
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import connection, judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, find_service_targets
from meshpolicy.generate.callers import Groups, name_of
from meshpolicy.generate.generate import Generated, Wishes, generate
from meshpolicy.generate.spot import Spots, Unplaced
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload
from meshpolicy.render.generated import manifests_as_yaml
from meshpolicy.traffic.call import ObservedCall

from ..build import cluster as read_cluster
from ..command import run
from .shops import PORTS, WORLDS, App, Manifest, Sent, Shop, manifests, observed
from .test_proofs import BOUNDED

SKIPPED, DATAGRAMS = 9000, 5353
WIRES = (4143, 4190, 4191, SKIPPED, *PORTS.values())


def policy(name: str, space: str, **spec: object) -> Manifest:
    """Return a NetworkPolicy."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": space},
        "spec": {"podSelector": {}, **spec},
    }


EDGE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}
BACK = {"podSelector": {"matchLabels": {"tier": "back"}}}
THERE: tuple[Manifest, ...] = (
    policy("shut", "shop", policyTypes=["Ingress"]),
    policy("from-edge", "shop", ingress=[{"from": [EDGE], "ports": [{"port": 4143}]}]),
    policy("among-backs", "shop", **BACK, ingress=[{"from": [BACK]}]),
    policy("nothing-out", "edge", policyTypes=["Egress"]),
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "not-from-edge"},
        "spec": {
            "priority": 5,
            "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}},
            "ingress": [{"action": "Deny", "from": [{"namespaces": EDGE["namespaceSelector"]}]}],
        },
    },
)
"""Policies that may be there already."""


@dataclass(frozen=True)
class World:
    """A cluster with its traffic."""

    before: list[Manifest]
    calls: list[ObservedCall]

    def with_more(self, more: Sequence[Mapping[str, Any]] = ()) -> Cluster:
        """Return the cluster with more objects."""
        return read_cluster(*self.before, *map(dict, more))


def changed(document: Manifest, how: str) -> Manifest:
    """Return a Deployment some of whose packets no proxy sees."""
    found = copy.deepcopy(document)
    pod = found["spec"]["template"]
    if how == "host":
        pod["spec"]["hostNetwork"] = True
    elif how == "skips":
        pod["metadata"]["annotations"]["config.linkerd.io/skip-inbound-ports"] = str(SKIPPED)
    elif how == "subnets":
        pod["metadata"]["annotations"]["config.linkerd.io/skip-subnets"] = "10.9.0.0/16"
    elif how == "datagrams":
        pod["spec"]["containers"][0]["ports"].append({"containerPort": DATAGRAMS, "protocol": "UDP"})
    return found


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Return clusters in which NetworkPolicies of others, twins, and packets past the proxy are."""
    shop, some = draw(WORLDS)
    there = draw(st.lists(st.sampled_from(THERE), max_size=2, unique_by=lambda one: one["metadata"]["name"]))
    ways = st.sampled_from(("", "", "", "host", "skips", "subnets", "datagrams"))
    documents = [changed(one, draw(ways)) if one["kind"] == "Deployment" else one for one in manifests(shop)]
    return World([*documents, *there], observed(shop, some))


def made(world: World) -> tuple[Generated, list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is generated, with the documents that are policies of Linkerd, and those that are NetworkPolicies."""
    found = generate(world.with_more(), world.calls, Wishes(network_policies=True))
    documents = list(yaml.safe_load_all(manifests_as_yaml(found.made)))
    networks = [one for one in documents if one["kind"] == "NetworkPolicy"]
    return found, [one for one in documents if one not in networks], networks


def sent(cluster: Cluster, call: ObservedCall) -> Iterator[Call]:
    """Yield the calls of a cluster that an observed one may have been: of each pod with its identity, in each way."""
    try:
        spot = Spots(cluster).reached(call)
    except Unplaced:
        return
    request = Request(call.method or "GET", call.path or "/", {}, "x")
    for client in cluster.workloads:
        identity = cluster.settings.identity(client.ref.namespace, client.service_account)
        if client.meshed and identity == call.client.identity:
            for server in spot.workloads:
                for target in (None, *find_service_targets(cluster, server, spot.port)):
                    yield Call(server, spot.port, client, service_target=target, request=request)


def passing(cluster: Cluster, calls: Sequence[ObservedCall]) -> set[tuple[str, str, int, str, str]]:
    """Return the observed calls that pass network and policies, by who, whom, port and request."""
    return {
        (str(one.client.ref), str(one.server.ref), one.port, one.request.method, one.request.path)
        for call in calls
        for one in sent(cluster, call)
        if one.client is not None and judge(cluster, one).verdict is Verdict.ALLOW and reaches_its_twin(cluster, one)
    }


def reaches_its_twin(cluster: Cluster, call: Call) -> bool:
    """Whether a pod that calls its own workload reaches the other pods of it: itself it always reaches."""
    if call.client is None or call.client.ref != call.server.ref:
        return True
    port = connection(cluster, call).wire_port
    return gets_in(cluster, call.server, Endpoint(call.client), port)


@given(worlds())
@BOUNDED
def test_no_observed_call_that_passes_the_policies_is_kept_out(world: World) -> None:
    found, policies, networks = made(world)
    without = passing(world.with_more(policies), world.calls)
    assert passing(world.with_more([*policies, *networks]), world.calls) >= without
    assert found.networks is not None


@given(worlds())
@BOUNDED
def test_each_server_of_a_granted_call_is_guarded_or_told_of(world: World) -> None:
    found, _, networks = made(world)
    assert found.networks is not None
    told = {one.name for one in found.networks.without} | set(found.networks.covered)
    told |= {name_of(one.servers) for one in found.networks.policies}
    groups = Groups(found.proved.cluster)
    for grant in found.plan.grants:
        assert name_of(groups.of(grant.spot.workloads[0])) in told
    assert len(networks) == len(found.networks.policies)


@given(worlds())
@BOUNDED
def test_no_caller_can_be_removed_without_keeping_out_an_observed_call(world: World) -> None:
    _, policies, networks = made(world)
    # What is kept in by a policy for the other end is no call that this end lets in or not.
    within = World([one for one in world.before if one["metadata"]["name"] != "nothing-out"], world.calls)
    whole = passing(within.with_more([*policies, *networks]), world.calls)
    for less in smaller(networks):
        assert passing(within.with_more([*policies, *less]), world.calls) < whole


def smaller(networks: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the policies without one caller."""
    for at, one in enumerate(networks):
        for number, rule in enumerate(one["spec"]["ingress"]):
            for peer in rule.get("from", ()):
                less = copy.deepcopy(one)
                peers = [other for other in rule["from"] if other is not peer]
                if peers:
                    less["spec"]["ingress"][number]["from"] = peers
                else:
                    del less["spec"]["ingress"][number]
                yield [*networks[:at], less, *networks[at + 1 :]]


@given(worlds())
@BOUNDED
def test_nobody_gets_in_who_was_kept_out_but_who_was_seen_to_call(world: World) -> None:
    found, policies, networks = made(world)
    before, after = world.with_more(policies), world.with_more([*policies, *networks])
    assert found.networks is not None
    seen = {
        (caller.ref, server.ref, port.first)
        for one in found.networks.policies
        for rule in one.rules
        for caller in rule.callers
        for server in one.servers
        for port in rule.ports
    }
    for server, client, port, protocol in ends(before):
        opened = gets_in(after, server, client, port, protocol) and not gets_in(before, server, client, port, protocol)
        known = client.workload is not None and (client.workload.ref, server.ref, port) in seen
        assert not opened or known, (server.ref, client, port)


def ends(cluster: Cluster) -> Iterator[tuple[Workload, Endpoint, int, str]]:
    """Yield who may call whom: all pods of the cluster, and somebody outside of it."""
    clients = (*(Endpoint(one) for one in cluster.workloads), Endpoint(None, outside()))
    ports = (*((port, "TCP") for port in WIRES), (DATAGRAMS, "UDP"))
    return ((server, client, *port) for server in cluster.workloads for client in clients for port in ports)


def outside() -> Address:
    """Return an address that is no pod's."""
    return ip_address("203.0.113.7")


def gets_in(cluster: Cluster, server: Workload, client: Endpoint, port: int, protocol: str = "TCP") -> bool:
    """Whether NetworkPolicies let somebody in, or may."""
    policies = index_of(cluster).network_policies
    return policies.filter(Direction.INGRESS, Endpoint(server), client, port, protocol).truth.possible


@given(worlds())
@BOUNDED
def test_ways_in_that_no_log_shows_stay_as_they_were(world: World) -> None:
    _, policies, networks = made(world)
    before, after = world.with_more(policies), world.with_more([*policies, *networks])
    for server in before.workloads:
        unseen = [(4190, "TCP"), (4191, "TCP"), (DATAGRAMS, "UDP")] if server.meshed else []
        declared = {(port.number, port.protocol) for one in server.containers for port in one.ports}
        unseen += [(SKIPPED, "TCP")] if server.sidecar.skips(SKIPPED) else []
        for port, protocol in unseen:
            if protocol == "UDP" and (port, protocol) not in declared:
                continue
            for client in (*map(Endpoint, before.workloads), Endpoint(None, outside())):
                assert gets_in(after, server, client, port, protocol) == gets_in(before, server, client, port, protocol)


WEB, API = (
    App("shop", name, (("app", name),), name, ("http",), True, name == "api", False, "") for name in ("web", "api")
)
TWO = Shop((API, WEB), "deny", False, False)


def seen_by(*clients: str) -> list[ObservedCall]:
    """Return calls to `api` of some identities."""
    return observed(TWO, [Sent(0, 0, client, "GET", "/a", 200, 9, True, True) for client in clients])


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        ("spiffe://root/vm", "spiffe://root/vm was seen to call, and no workload of these manifests has its identity"),
        (
            "web.other.serviceaccount.identity.linkerd.cluster.local",
            "other/web was seen to call, and no workload of these manifests has its identity",
        ),
    ],
)
def test_a_caller_whose_pods_are_not_known_leaves_its_server_without_a_network_policy(client: str, reason: str) -> None:
    world = World(manifests(TWO), seen_by(client, WEB.identity))
    found, _, networks = made(world)
    assert found.networks is not None
    assert networks == []
    assert [(one.name, one.reasons) for one in found.networks.without] == [("shop/api", (reason,))]


def test_an_unmeshed_caller_that_a_policy_of_others_lets_in_leaves_its_server_open() -> None:
    ports = {"podSelector": {"matchLabels": {"app": "api"}}, "port": 8080, "accessPolicy": "all-unauthenticated"}
    theirs = {
        "apiVersion": "policy.linkerd.io/v1beta3",
        "kind": "Server",
        "metadata": {"name": "theirs", "namespace": "shop"},
        "spec": ports,
    }
    found, _, networks = made(World([*manifests(TWO), theirs], seen_by("", WEB.identity)))
    assert found.networks is not None
    (without,) = found.networks.without
    assert networks == []
    assert without.reasons == ("unmeshed 10.42.0.7 is let in, and the manifests do not say which pods it is",)


def test_pods_that_a_default_deny_selects_get_just_the_callers_that_were_seen() -> None:
    shut = policy("shut", "shop", policyTypes=["Ingress"])
    _, _, (network,) = made(World([*manifests(TWO), shut], seen_by(WEB.identity)))
    peers = [{"podSelector": {"matchLabels": {"app": "web"}}}]
    assert network["spec"]["ingress"] == [{"from": peers, "ports": [{"protocol": "TCP", "port": 4143}]}]


def test_a_caller_without_labels_is_told_with_whom_it_gets_in() -> None:
    web = next(one for one in manifests(TWO) if one["metadata"]["name"] == "web" and one["kind"] == "Deployment")
    job = copy.deepcopy(web["spec"]["template"])
    job["metadata"].pop("labels")
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": job}}}
    job["spec"] |= {"serviceAccountName": "nightly", "restartPolicy": "Never"}
    nightly = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "shop"}}
    who = "nightly.shop.serviceaccount.identity.linkerd.cluster.local"
    found, _, _ = made(World([*manifests(TWO), nightly | {"spec": spec}], seen_by(who)))
    assert found.networks is not None
    (one,) = found.networks.policies
    assert "shop/nightly (which has no labels: with it all pods of its namespace without" in one.made.why


def test_pods_with_the_same_labels_keep_the_ports_of_their_own_sidecars() -> None:
    twin = copy.deepcopy(next(one for one in manifests(TWO) if one["metadata"]["name"] == "api"))
    twin["metadata"]["name"] = "api-canary"
    own = twin["spec"]["template"]["metadata"].setdefault("annotations", {})
    own |= {"config.linkerd.io/control-port": "5190", "config.linkerd.io/admin-port": "5191"}
    _, _, (network,) = made(World([*manifests(TWO), twin], seen_by(WEB.identity)))
    open_to_all = [port["port"] for rule in network["spec"]["ingress"] if "from" not in rule for port in rule["ports"]]
    assert open_to_all == [4190, 5190, 4191, 5191]


def test_who_has_the_account_and_no_sidecar_takes_nothing_from_the_proof() -> None:
    twin = copy.deepcopy(next(one for one in manifests(TWO) if one["metadata"]["name"] == "web"))
    twin["metadata"]["name"] = "web-on-host"
    twin["spec"]["template"]["spec"]["hostNetwork"] = True
    found, _, _ = made(World([*manifests(TWO), twin], seen_by(WEB.identity)))
    assert found.proved.proofs.refused == ()


def test_in_the_transparent_mode_the_port_itself_is_let_in() -> None:
    before = read_cluster(*manifests(TWO), settings=MeshSettings(outbound_transport_mode="transparent"))
    found = generate(before, seen_by(WEB.identity), Wishes(network_policies=True))
    assert found.networks is not None
    (one,) = found.networks.policies
    assert [port.first for rule in one.rules if rule.observed for port in rule.ports] == [8080]


def test_the_pingpong_project_gets_what_its_own_network_policies_let_in(tmp_path: Path) -> None:
    """Its own policies are left out, and so are its Servers: who was seen gets in, at the port where it arrives."""
    log = tmp_path / "calls.log"
    line = (
        '[pod/ponger-6d4cf56db6-xk2lq/linkerd-proxy] {{"client.addr":"10.42.0.9:41","client.id":"{}",'
        '"host":"ponger","method":"GET","uri":"http://ponger/ping","status":"200",'
        '"timestamp":"2026-01-05T10:00:0{}.0Z","version":"HTTP/1.1"}}\n'
    )
    identity = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"
    log.write_text("".join(line.format(identity, second) for second in range(3)))
    _, out, _ = run("generate", "k8s/base", "--traffic", log, "--network-policies", "-o", "-")
    networks = [one for one in yaml.safe_load_all(out) if one["kind"] == "NetworkPolicy"]
    (own,) = (
        one
        for one in yaml.safe_load_all(Path("mesh/network/pingpong.yaml").read_text())
        if one["metadata"]["name"] == "ponger-from-pinger"
    )
    assert len(networks) == 1
    assert networks[0]["spec"]["podSelector"] == own["spec"]["podSelector"]
    assert networks[0]["spec"]["ingress"][0] == own["spec"]["ingress"][0]


def test_the_network_policies_are_written_only_when_asked_for(tmp_path: Path) -> None:
    books = "tests/meshpolicy/generate/sets/books"
    words = ("generate", f"{books}/manifests.yaml", "--traffic", f"{books}/traffic.log", "-o", tmp_path / "out")
    run(*words)
    assert not (tmp_path / "out" / "networkpolicies.yaml").exists()
    _, out, _ = run(*words, "--network-policies")
    assert len(list(yaml.safe_load_all((tmp_path / "out" / "networkpolicies.yaml").read_text()))) == 3
    assert "  callers are the pods of these manifests: others with the same account are kept out" in out.splitlines()
    assert "  proved: each call that was seen and is granted passes these NetworkPolicies" in out.splitlines()
    assert run("lint", f"{books}/manifests.yaml", tmp_path / "out")[0] == 0
