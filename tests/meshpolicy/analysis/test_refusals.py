"""What is refused between workloads, found for all at once, is what each pair alone would be refused."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.clients import ANYONE
from meshpolicy.analysis.offers import Offers
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.analysis.refusals import denied
from meshpolicy.analysis.words import asked_words
from meshpolicy.core.truth import Truth
from meshpolicy.decide.authorized import authorized
from meshpolicy.decide.judge import client_of, connection
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.index.effective import effective
from meshpolicy.index.index import index_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents

from ..build import (
    PORTS,
    Manifest,
    account,
    allow,
    cluster,
    documents,
    labels,
    network,
    network_policy,
    pod,
    ref,
    server,
    service,
    tls,
)

HOST = pod("host", "10.0.0.1", meshed=False, ports=PORTS)
HOST["spec"]["hostNetwork"] = True
NAMELESS = pod("nameless", "", ports=PORTS, namespace="yard")
PODS = (
    pod("pinger", "10.244.0.11", ports=PORTS),
    pod("ponger", "10.244.0.12", ports=PORTS, annotations={"config.linkerd.io/skip-inbound-ports": "9090"}),
    pod("choosy", "10.244.0.13", ports=PORTS, annotations={"config.linkerd.io/skip-outbound-ports": "80"}),
    pod("stranger", "10.244.0.14", meshed=False, ports={"http": 9090}),
    pod("pinger", "10.244.1.11", ports=PORTS, namespace="yard"),
    NAMELESS,
    HOST,
)
PEERS: list[Manifest] = [
    {"podSelector": {}},
    {"podSelector": labels(app="pinger")},
    {"namespaceSelector": {}},
    {"namespaceSelector": labels(**{"kubernetes.io/metadata.name": "yard"})},
    {"namespaceSelector": {}, "podSelector": labels(app="pinger")},
    {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["pinger", "host"]}]}},
    {"ipBlock": {"cidr": "10.244.0.0/16", "except": ["10.244.0.14/32"]}},
]
WIRE: list[Manifest] = [{"port": 4143}, {"port": "http"}, {"port": 8000, "endPort": 9090}, {"protocol": "UDP"}]
GRANTS = [
    account("pinger"),
    account("choosy"),
    ref("MeshTLSAuthentication", "tls"),
    ref("NetworkAuthentication", "net"),
]


@st.composite
def network_policies(draw: st.DrawFn, number: int) -> Manifest:
    """Return some NetworkPolicy."""

    def rules(way: str) -> list[dict[str, Any]]:
        peers, ports = st.lists(st.sampled_from(PEERS), max_size=2), st.lists(st.sampled_from(WIRE), max_size=2)
        return draw(st.lists(st.fixed_dictionaries({way: peers, "ports": ports}), max_size=2))

    types = draw(st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]))
    found = network_policy(draw(st.sampled_from(["pinger", "ponger", "choosy", "stranger", "host"])), policyTypes=types)
    found["spec"] |= {"ingress": rules("from"), "egress": rules("to")}
    found["metadata"] |= {"name": f"w{number}", "namespace": draw(st.sampled_from(["arena", "yard"]))}
    return found


def one_by_one(found: Cluster) -> Iterator[tuple[str, str, int, str, str]]:
    """Ask about each pair by itself."""
    for callee in found.workloads:
        for port in callable_ports(found, callee):
            policy = effective(found, callee, port)
            for client in found.workloads:
                call = Call(callee, port, client, service_target=find_service_target(found, callee, port))
                pair = (f"{client.ref.namespace}/{client.ref.name}", f"{callee.ref.namespace}/{callee.ref.name}", port)
                blocked = connection(found, call).blocked(index_of(found).network_policies)
                if blocked is not None and blocked.truth is Truth.NO:
                    yield *pair, "connections", ", ".join(map(str, blocked.policies))
                elif not policy.skipped and client.ref != callee.ref:
                    caller = replace(client_of(found, call), in_every_network=True)
                    for one in Offers(Port(found, callee, port)).lists(caller.arrival):
                        if authorized(one.grants, caller) is None:
                            yield *pair, asked_words(one.asked), "Linkerd"


@given(
    st.data(),
    st.integers(0, 6),
    st.lists(st.sampled_from(GRANTS), max_size=2, unique_by=lambda grant: grant["kind"] == "NetworkAuthentication"),
    st.sampled_from([MeshSettings(), MeshSettings("deny"), MeshSettings(outbound_transport_mode="transparent")]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_at_once_equals_one_by_one(
    data: st.DataObject, many: int, grants: list[Manifest], mode: MeshSettings
) -> None:
    """N1 to N10, R24, R81: for generated NetworkPolicies and grants."""
    policies = [data.draw(network_policies(number)) for number in range(many)]
    rules = (
        server(),
        allow(*grants),
        tls("*.yard.serviceaccount.identity.linkerd.cluster.local"),
        network("10.244.0.0/16"),
    )
    found = cluster(*PODS, service(), service("stranger"), *rules, *policies, settings=mode)
    together = [
        (row.client, row.server, row.port, row.what, row.why if row.layer == "NetworkPolicy" else row.layer)
        for row in denied(found)
    ]
    assert together == list(one_by_one(found))


@pytest.mark.parametrize(
    ("policies", "told"),
    [
        ([server("a"), server("z", accessPolicy="all-unauthenticated")], "whichever is older"),
        ([server(), allow(ref("NetworkAuthentication", "net") | {"namespace": "elsewhere"})], "elsewhere/net"),
        ([server()], ""),
        ([], ""),
    ],
)
def test_of_a_port_that_is_not_decided_one_line_says_why_and_none_refuses(policies: list[Manifest], told: str) -> None:
    rows = [row for row in denied(cluster(*PODS, service(), *policies)) if row.server == "arena/ponger"]
    unknown = {(row.client, row.port, row.what) for row in rows if row.unknown}
    assert unknown == ({("anyone", 8080, "anything")} if told else set())
    assert all(told in row.why for row in rows if row.unknown)
    assert any(row.port == 8080 and not row.unknown for row in rows) is (policies == [server()])


PAST = {"config.linkerd.io/skip-subnets": "10.244.0.14/32"}


def test_who_passes_the_proxy_by_is_not_refused() -> None:
    """R114: a client in a skipped subnet, if it has no sidecar; one whose address is not known may be."""
    unmeshed = [pod("near", "10.244.0.14", meshed=False), pod("far", "10.244.0.15", meshed=False)]
    unmeshed += [pod("somewhere", "", meshed=False), pod("meshed", "10.244.0.14")]
    state = [*unmeshed, pod("ponger", "10.244.0.12", ports=PORTS, annotations=PAST), server(), service()]
    found = parse_documents(documents(*state), closed=True).cluster
    assert {row.client for row in denied(found) if row.port == 8080} == {"arena/far", "arena/meshed"}


def test_nobody_else_is_admitted_as_the_pod_itself() -> None:
    """R80: on the host's network, too, a client of unknown address does not come from 127.0.0.1."""
    host = pod("host", "", meshed=False)
    host["spec"]["hostNetwork"] = True
    found = cluster(host, pod("ponger", "10.244.0.12", ports=PORTS), server(), service())
    assert "arena/host" in {row.client for row in denied(found) if row.port == 8080}


def test_a_skipped_port_is_open_whichever_server_governs_it() -> None:
    """R10, R16: so nothing of it is unknown."""
    skipping = pod("ponger", "10.244.0.12", ports=PORTS, annotations={"config.linkerd.io/skip-inbound-ports": "8080"})
    found = cluster(pod("pinger", "10.244.0.11"), skipping, server("a"), server("z", "http"), service())
    [access] = [one for one in accesses(found) if one.port == 8080]
    assert (access.clients, access.unknown, str(access.by)) == (ANYONE, "", "the port bypasses the proxy")
    assert [row for row in denied(found) if row.port == 8080] == []
