"""Who reaches a port that no proxy guards: the NetworkPolicies say it, and say so by name."""

import pytest

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.words import access_words
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, Manifest, account, allow, cluster, labels, network_policy, pod, ref, route, server, tls

DATABASE = pod("ponger", "10.244.0.7", meshed=False, ports={"tcp": 5432})
IN: Manifest = {"policyTypes": ["Ingress"]}
PINGER = [{"podSelector": labels(app="pinger")}]


@pytest.mark.parametrize(
    ("rules", "client", "blocked"),
    [
        (None, "anyone", False),
        ([], "anyone", True),
        ([{"from": PINGER, "ports": [{"port": 80}]}], "anyone", True),
        ([{"from": PINGER, "ports": [{"port": 5432}]}], "anyone whom NetworkPolicy arena/policy-ponger admits", False),
        ([{"from": PINGER}], "anyone whom NetworkPolicy arena/policy-ponger admits", False),
        ([{"ports": [{"port": 5432}]}], "anyone", False),
        ([{"from": PINGER}, {}], "anyone", False),
    ],
)
def test_an_unmeshed_port_is_open_to_whom_the_network_lets_in(
    rules: list[Manifest] | None, client: str, blocked: bool
) -> None:
    """N1, N3, N6."""
    network_policies = [] if rules is None else [network_policy(**IN, ingress=rules)]
    (found,) = accesses(cluster(DATABASE, *network_policies))
    assert (access_words(found, MeshSettings())[2], bool(found.blocked)) == (client, blocked)
    assert found.unmeshed


OPEN, ANY_MESHED, OTHER = (
    [server(accessPolicy="all-unauthenticated")],
    [server(), tls("*"), allow({"group": "policy.linkerd.io", "kind": "MeshTLSAuthentication", "name": "tls"})],
    [server(), allow(account("elsewhere"))],
)
ADMIN: Manifest = {
    "apiVersion": "policy.networking.k8s.io/v1alpha1",
    "kind": "AdminNetworkPolicy",
    "metadata": {"name": "shut"},
    "spec": {
        "priority": 1,
        "subject": {"pods": {"namespaceSelector": {}, "podSelector": labels(app="ponger")}},
        "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
    },
}


@pytest.mark.parametrize(
    ("grants", "walls", "client", "blocked"),
    [
        (OPEN, [], "anyone", False),
        (OPEN, [network_policy(**IN, ingress=[])], "anyone", True),
        (OPEN, [network_policy(**IN, ingress=[{"from": PINGER}])], "anyone whom {} admits", False),
        (OPEN, [network_policy(**IN, ingress=[{"ports": [{"port": 8080}]}])], "anyone", False),
        (OPEN, [network_policy("rogue", **IN, ingress=[])], "anyone", False),
        (OPEN, [ADMIN], "anyone whom AdminNetworkPolicy shut admits", False),
        (ANY_MESHED, [network_policy(**IN, ingress=[{"ports": [{"port": 4143}]}])], "any meshed client", False),
        (ANY_MESHED, [network_policy(**IN, ingress=[{"ports": [{"port": 8080}]}])], "any meshed client", True),
        (ANY_MESHED, [network_policy(**IN, ingress=[{"from": PINGER}])], "any meshed client whom {} admits", False),
        (OTHER, [network_policy(**IN, ingress=[{"from": PINGER}])], "arena/elsewhere", False),
        (OTHER, [network_policy(**IN, ingress=[])], "arena/elsewhere", True),
    ],
)
def test_a_meshed_port_is_open_to_whom_the_network_lets_in(
    grants: list[Manifest], walls: list[Manifest], client: str, blocked: bool
) -> None:
    """N1, N6, N9: of clients that have no workload here the rules alone say it."""
    found = accesses(cluster(*ARENA, *grants, *walls))
    told = {(access_words(one, MeshSettings())[2], bool(one.blocked)) for one in found if one.port == 8080}
    assert (client.format("NetworkPolicy arena/policy-ponger"), blocked) in told


PINGER_ID = "pinger.arena.serviceaccount.identity.linkerd.cluster.local"
BY_ID = {"name": "l5d-client-id", "value": PINGER_ID}
OTHERS = {("any meshed client (not arena/pinger)", "any method /a/*"), ("any unmeshed client", "any method /a/*")}
TO_A: Manifest = {"path": {"type": "PathPrefix", "value": "/a"}}


@pytest.mark.parametrize(
    ("matches", "who", "told"),
    [
        ([{"headers": [BY_ID]}], [], {("arena/pinger", "every request")}),
        ([{"headers": [BY_ID | {"value": "*"}]}], [], set()),
        (
            [{"headers": [BY_ID]}, TO_A],
            [],
            {("arena/pinger", "every request"), *OTHERS},
        ),
        ([{"headers": [BY_ID]}], [account("pinger")], {("arena/pinger", "every request")}),
        ([{"headers": [BY_ID]}], [account("rogue")], set()),
        ([{"headers": [BY_ID]}, TO_A], [account("rogue")], {("arena/rogue", "any method /a/*")}),
        ([TO_A], [], {("anyone", "any method /a/*")}),
    ],
)
def test_a_route_by_identity_is_for_whom_it_names(
    matches: list[Manifest], who: list[Manifest], told: set[tuple[str, str]]
) -> None:
    """R86: routes see the verified identity in l5d-client-id, whatever the client wrote there."""
    on = ref("HTTPRoute", "r", group="policy.linkerd.io")
    found = accesses(cluster(*ARENA, server(), route(*matches, name="r"), allow(*who, on=on)))
    words = [access_words(one, MeshSettings()) for one in found if one.server.name == "ponger"]
    assert {(client, what) for _, port, client, what in words if port == "8080"} == told
