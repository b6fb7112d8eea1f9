"""What Servers and default policies do: rules R1 to R26, R43, R80."""

from copy import deepcopy

import pytest

from meshpolicy.core.policy import Protocol
from meshpolicy.index.effective import effective
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, POLICY, Manifest, account, allow, ask, cluster, network, outcome, pod, ref, server, tls


@pytest.mark.parametrize(
    ("mode", "pinger", "stranger", "outside"),
    [
        ("all-unauthenticated", "allow", "allow", "allow"),
        ("all-authenticated", "allow", "403", "403"),
        ("cluster-unauthenticated", "allow", "allow", "403"),
        ("cluster-authenticated", "allow", "403", "403"),
        ("deny", "403", "403", "403"),
        ("audit", "allow", "allow", "allow"),
    ],
)
def test_each_default_policy_and_access_policy_admits_whom_it_names(
    mode: str, pinger: str, stranger: str, outside: str
) -> None:
    """R1, R2, R22, R43, R44: the six modes mean the same as a default and as an accessPolicy."""
    settings = MeshSettings(default_inbound_policy=mode)
    for client, expected in (("pinger", pinger), ("stranger", stranger), ("203.0.113.7", outside)):
        assert outcome(client=client, settings=settings) == expected
        assert outcome(server(accessPolicy=mode), client=client) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"), [("deny", "403"), ("Deny", "allow"), ("all-authenticated", "403"), ("", "allow")]
)
def test_a_pods_annotation_sets_its_default_unless_it_is_misspelled(annotation: str, expected: str) -> None:
    """R8: an invalid value is ignored, and the mesh's own default holds."""
    own = pod(
        "cat", "10.244.0.31", ports={"http": 8080}, annotations={"config.linkerd.io/default-inbound-policy": annotation}
    )
    assert ask(cluster(*ARENA, own), "stranger", "cat").outcome == expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("8080", "403"),
        ("8000-8090", "403"),
        ("9999,8080", "403"),
        ("8080,http", "allow"),
        ("8090-8000", "allow"),
        ("0,8080", "allow"),
    ],
)
def test_one_bad_entry_empties_a_list_of_ports(ports: str, expected: str) -> None:
    """R9, R20: require-identity makes the default ask for identities; a list with a bad entry is read as empty."""
    annotations = {"config.linkerd.io/proxy-require-identity-inbound-ports": ports}
    own = pod("cat", "10.244.0.31", ports={"http": 8080}, annotations=annotations)
    assert ask(cluster(*ARENA, own), "stranger", "cat").outcome == expected
    assert ask(cluster(*ARENA, own), "pinger", "cat").outcome == "allow"


@pytest.mark.parametrize(
    ("annotations", "port", "expected"),
    [
        ({}, 4567, "allow"),
        ({"config.linkerd.io/skip-inbound-ports": "8080"}, 8080, "allow"),
        ({"config.linkerd.io/skip-inbound-ports": "8080"}, 4567, "403"),
        ({}, 8080, "403"),
        ({}, 4190, "allow"),
        ({}, 4191, "403"),
    ],
)
def test_ports_that_bypass_the_proxy_are_open(annotations: dict[str, str], port: int, expected: str) -> None:
    """R10: the annotation replaces the chart's 4567 and 4568; 4191 is policed all the same."""
    own = pod("cat", "10.244.0.31", annotations={**annotations, "config.linkerd.io/default-inbound-policy": "deny"})
    assert ask(cluster(*ARENA, own), "pinger", f"cat:{port}/x").outcome == expected


def test_one_name_selects_every_port_of_that_name() -> None:
    """R11: a name means all ports that bear it, TCP ones only."""
    twice = pod("cat", "10.244.0.31")
    twice["spec"]["containers"][:1] = [
        {"name": "a", "ports": [{"name": "http", "containerPort": 8080}]},
        {
            "name": "b",
            "ports": [
                {"name": "http", "containerPort": 8081},
                {"name": "http", "containerPort": 53, "protocol": "UDP"},
            ],
        },
    ]
    found = cluster(*ARENA, twice, server(app="cat"))
    assert [ask(found, "pinger", f"cat:{port}").outcome for port in (8080, 8081, 53)] == ["403", "403", "allow"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"key": "app", "operator": "In", "values": ["ponger"]}, "403"),
        ({"key": "app", "operator": "In", "values": []}, "allow"),
        ({"key": "app", "operator": "NotIn", "values": ["ponger"]}, "allow"),
        ({"key": "absent", "operator": "NotIn", "values": ["x"]}, "403"),
        ({"key": "app", "operator": "Exists"}, "403"),
        ({"key": "app", "operator": "Exists", "values": []}, "allow"),
        ({"key": "absent", "operator": "DoesNotExist"}, "403"),
    ],
)
def test_expressions_select_as_linkerd_reads_them(expression: dict[str, object], expected: str) -> None:
    """R14: Exists with an empty list of values is false; NotIn is true for a missing key."""
    assert outcome(server(podSelector={"matchExpressions": [expression]})) == expected


@pytest.mark.parametrize(("port", "expected"), [(8080, "403"), ("8080", "allow"), ("http", "403"), (6060, "allow")])
def test_a_number_in_quotes_is_a_name(port: int | str, expected: str) -> None:
    """R15."""
    assert outcome(server(port=port)) == expected


def test_a_server_governs_ports_that_the_pod_does_not_declare() -> None:
    """R15."""
    assert outcome(server(port=6060), server="ponger:6060", settings=MeshSettings("deny")) == "403"


@pytest.mark.parametrize(
    ("first", "second", "governs"),
    [
        (("a", "2026-02-01T00:00:00Z"), ("b", "2026-01-01T00:00:00Z"), "b"),
        (("a", "2026-01-01T00:00:00Z"), ("b", "2026-01-01T00:00:00Z"), "a"),
        (("a", "2026-01-01T00:00:00Z"), ("b", ""), "b"),
    ],
)
def test_the_oldest_server_governs_a_port(first: tuple[str, str], second: tuple[str, str], governs: str) -> None:
    """R16: by time of creation, one without first, then by name."""
    found = cluster(*ARENA, *(server(name, created=created) for name, created in (first, second)))
    policy = effective(found, found.workload("arena", "ponger") or found.workloads[0], 8080)
    assert policy.server.name == governs


def test_a_server_replaces_the_pods_own_default() -> None:
    """R17: the annotation no longer matters for the port, nor does opaque-ports."""
    annotations = {"config.linkerd.io/default-inbound-policy": "deny", "config.linkerd.io/opaque-ports": "8080"}
    own = pod("cat", "10.244.0.31", ports={"http": 8080}, annotations=annotations)
    found = cluster(*ARENA, own, server(app="cat", accessPolicy="all-unauthenticated"))
    assert ask(found, "stranger", "cat").outcome == "allow"
    assert effective(found, found.workloads[-1], 8080).protocol is Protocol.UNKNOWN


def test_a_server_without_an_access_policy_grants_nothing() -> None:
    """R19."""
    assert outcome(server()) == "403"


def test_policies_reach_no_port_without_a_server() -> None:
    """R23: a Namespace policy as little as any."""
    strict = MeshSettings(default_inbound_policy="deny")
    everywhere = allow(on=ref("Namespace", "arena"))
    assert outcome(everywhere, settings=strict) == "403"
    assert outcome(everywhere, server(), settings=strict) == "allow"


def test_grants_are_a_union_and_nothing_takes_away() -> None:
    """R24, R25: any policy, of the Server or the Namespace, or the accessPolicy admits."""
    one, other = (
        allow(account("pinger"), name="one"),
        allow(account("rogue"), on=ref("Namespace", "arena"), name="other"),
    )
    for client, expected in (("pinger", "allow"), ("rogue", "allow"), ("stranger", "403")):
        assert outcome(server(), one, other, client=client) == expected
    assert outcome(server(accessPolicy="all-unauthenticated"), one, client="stranger") == "allow"


def test_a_server_selects_pods_of_its_own_namespace_only() -> None:
    """R13."""
    elsewhere = server()
    elsewhere["metadata"]["namespace"] = "other"
    assert outcome(elsewhere) == "allow"


def test_an_external_workload_is_selected_by_its_own_selector() -> None:
    """R13, R58: externalWorkloadSelector and podSelector never select the other's; it has no probes."""
    outside = {
        "apiVersion": "workload.linkerd.io/v1beta1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "vm", "namespace": "arena", "labels": {"app": "vm"}},
        "spec": {
            "meshTLS": {"identity": "spiffe://cluster.local/vm", "serverName": "vm.cluster.local"},
            "workloadIPs": [{"ip": "192.0.2.7"}],
            "ports": [{"port": 8080, "name": "http"}],
        },
    }
    by_pods, by_outside = server(app="vm"), server(externalWorkloadSelector={"matchLabels": {"app": "vm"}})
    assert ask(cluster(*ARENA, outside, by_pods), "pinger", "vm").outcome == "allow"
    assert ask(cluster(*ARENA, outside, by_outside), "pinger", "vm").outcome == "403"


def test_of_ports_with_one_name_an_external_workload_has_the_last() -> None:
    """R11: the API takes the name twice, and the controller keeps one port of it."""
    outside = {
        "apiVersion": "workload.linkerd.io/v1beta1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "vm", "namespace": "arena", "labels": {"app": "vm"}},
        "spec": {
            "meshTLS": {"identity": "vm.example", "serverName": "vm.example"},
            "workloadIPs": [{"ip": "192.0.2.7"}],
            "ports": [{"port": 8080, "name": "http"}, {"port": 8081, "name": "http"}],
        },
    }
    found = cluster(*ARENA, outside, server(externalWorkloadSelector={}))
    assert [ask(found, "pinger", f"vm:{port}", direct=True).outcome for port in (8080, 8081)] == ["allow", "403"]


@pytest.mark.parametrize(
    ("ports", "governed"),
    [
        ([{"port": 8080, "name": ""}], [True, False]),
        ([{"port": 8080}], [False, False]),
        ([{"port": 8080, "name": None}], [False, False]),
        ([{"port": 8080, "name": ""}, {"port": 8081, "name": ""}], [False, True]),
        ([{"port": 8080, "name": ""}, {"port": 8081, "name": "", "protocol": "UDP"}], [True, False]),
    ],
)
def test_a_port_of_an_external_workload_may_bear_the_empty_name(ports: list[Manifest], governed: list[bool]) -> None:
    """R15: the API stores it, and a Server of that name selects the port; a port without a name is another thing."""
    outside = {
        "apiVersion": "workload.linkerd.io/v1beta1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "vm", "namespace": "arena", "labels": {"app": "vm"}},
        "spec": {
            "meshTLS": {"identity": "vm.example", "serverName": "vm.example"},
            "workloadIPs": [{"ip": "192.0.2.7"}],
            "ports": ports,
        },
    }
    found = cluster(*ARENA, outside, server(port="", externalWorkloadSelector={}))
    outcomes = [ask(found, "pinger", f"vm:{port}", direct=True).outcome for port in (8080, 8081)]
    assert outcomes == ["403" if closed else "allow" for closed in governed]


def test_an_external_workload_of_the_first_version_has_a_policy_that_nobody_knows() -> None:
    """R7, R104: the API server stores it, the controller reads nothing of it, and its proxy keeps its own default."""
    outside = {
        "apiVersion": "workload.linkerd.io/v1alpha1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "vm", "namespace": "arena", "labels": {"app": "vm"}},
        "spec": {
            "meshTls": {"identity": "spiffe://cluster.local/vm", "serverName": "vm.cluster.local"},
            "workloadIPs": [{"ip": "192.0.2.7"}],
            "ports": [{"port": 8080, "name": "http"}],
        },
    }
    by_outside = server(externalWorkloadSelector={"matchLabels": {"app": "vm"}})
    answer = ask(cluster(*ARENA, outside, by_outside), "pinger", "vm")
    assert answer.outcome == "unknown"
    assert "v1beta1" in str(answer.reasons[-1])


@pytest.mark.parametrize(
    ("key", "value"), [("workloadIPs", [{"ip": None}]), ("meshTLS", {"identity": "spiffe://a/vm"})]
)
def test_an_external_workload_that_linkerd_cannot_read_has_a_policy_that_nobody_knows(key: str, value: object) -> None:
    """R7; k8s/api/src/external_workload.rs: the API server stores it without a text that Linkerd needs."""
    spec = {
        "meshTLS": {"identity": "spiffe://a/vm", "serverName": "vm"},
        "workloadIPs": [{"ip": "192.0.2.7"}],
        "ports": [{"port": 8080, "name": "http"}],
    }
    outside = {
        "apiVersion": "workload.linkerd.io/v1beta1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "vm", "namespace": "arena", "labels": {"app": "vm"}},
        "spec": spec | {key: value},
    }
    answer = ask(cluster(*ARENA, outside, server(externalWorkloadSelector={})), "stranger", "vm")
    assert answer.outcome == "unknown"
    assert "cannot read it without" in str(answer.reasons[-1])


def test_a_pod_may_call_itself_through_localhost() -> None:
    """R80: the proxy adds a grant for 127.0.0.1, which saves from no 404."""
    assert outcome(server(), client="127.0.0.1", direct=True) == "allow"
    assert outcome(server(), client="127.0.0.2", direct=True) == "403"
    assert outcome(server(), client="::1", direct=True) == "allow"


def test_identities_are_those_of_this_installation() -> None:
    """R4, R5: control plane namespace and trust domain are part of each identity."""
    settings = MeshSettings(trust_domain="example.org", control_plane_namespace="mesh")
    mine = tls("pinger.arena.serviceaccount.identity.mesh.example.org")
    usual = tls("pinger.arena.serviceaccount.identity.linkerd.cluster.local")
    by_name = allow(ref("MeshTLSAuthentication", "tls"))
    arena = deepcopy(ARENA)
    for one in arena:
        if "linkerd.io/control-plane-ns" in (own := one["metadata"].get("labels", {})):
            own["linkerd.io/control-plane-ns"] = "mesh"
    for grants, expected in (
        ([mine, by_name], "allow"),
        ([usual, by_name], "403"),
        ([allow(account("pinger"))], "allow"),
    ):
        assert ask(cluster(*arena, server(), *grants, settings=settings), "pinger").outcome == expected


def test_without_probe_networks_there_is_no_probe_route() -> None:
    """R3, R57."""
    closed = MeshSettings(probe_networks=())
    assert outcome(server(), client="stranger", server="ponger:http/live") == "allow"
    assert outcome(server(), client="stranger", server="ponger:http/live", settings=closed) == "403"


def test_a_network_authentication_of_the_other_family_admits_nobody() -> None:
    """R36."""
    by_network = allow(ref("NetworkAuthentication", "net"))
    assert outcome(server(), network("::/0"), by_network) == "403"
    assert outcome(server(), network("10.244.0.11"), by_network) == "allow"
    assert outcome(server(), network("10.244.0.99/24"), by_network) == "allow"


def test_groups_and_kinds_of_targets_are_compared_without_case() -> None:
    """R27, R28: a Server's name is compared exactly."""
    assert outcome(server(), allow(on={"group": POLICY.upper(), "kind": "server", "name": "http"})) == "allow"
    assert outcome(server(), allow(on=ref("Server", "HTTP"))) == "403"
