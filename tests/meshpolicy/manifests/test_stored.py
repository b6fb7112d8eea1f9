"""What a cluster holds is in force as far as Linkerd's index reads it, whatever its webhook would have refused."""

from typing import Any

import pytest

from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, GATEWAY, account, allow, ask, documents, exact, network, ref, route, server, tls

LEGACY: dict[str, Any] = {
    "apiVersion": "policy.linkerd.io/v1beta1",
    "kind": "ServerAuthorization",
    "metadata": {"name": "old", "namespace": "arena"},
    "spec": {
        "server": {"name": "http"},
        "client": {"unauthenticated": True, "meshTLS": {"identities": ["*"]}, "networks": [{"cidr": "0.0.0.0/0"}]},
    },
}
EXEMPT = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "arena", "labels": {"config.linkerd.io/admission-webhooks": "disabled"}},
}
PINGER = "pinger.arena.serviceaccount.identity.linkerd.cluster.local"
INSIDE = {"cidr": "10.0.0.0/8", "except": ["192.168.0.0/16"]}
WHOLE = {"cidr": "192.168.0.0/16", "except": ["192.168.0.0/16"]}


@pytest.mark.parametrize(
    ("stored", "client"),
    [
        ([tls(PINGER, "Not_valid"), allow(ref("MeshTLSAuthentication", "tls"))], "pinger"),
        ([network(INSIDE), allow(ref("NetworkAuthentication", "net"))], "10.9.9.9"),
        ([network(WHOLE, "10.0.0.0/8"), allow(ref("NetworkAuthentication", "net"))], "10.9.9.9"),
        ([allow(account("pinger"), on=ref("Namespace", "elsewhere"))], "pinger"),
        ([LEGACY], "stranger"),
    ],
    ids=["an identity that is not valid", "except outside", "except of all", "another namespace", "two clients"],
)
def test_what_the_webhook_refuses_is_in_force_where_it_is_stored(stored: list[dict[str, Any]], client: str) -> None:
    found = parse_documents(documents(*ARENA, server(), *stored))
    assert found.refused
    assert ask(found.cluster, client).verdict.value == "allow"
    assert found.deciding  # of manifests, which are not stored yet
    exempt = parse_documents(documents(*ARENA, EXEMPT, server(), *stored))
    assert exempt.refused
    assert not exempt.deciding


def test_what_no_webhook_is_asked_about_fits_its_definition_all_the_same() -> None:
    """The API server itself refuses what the definition of a kind does not allow."""
    found = parse_documents(documents(*ARENA, EXEMPT, server(podSelecter={})))
    assert found.deciding


def test_a_stored_server_whose_access_policy_linkerd_cannot_read_grants_nothing() -> None:
    """R19; policy-controller/k8s/index/src/inbound/server.rs: it governs its port all the same."""
    found = parse_documents(documents(*ARENA, server(accessPolicy="all")))
    assert found.refused
    assert ask(found.cluster, "stranger").outcome == "403"


def limit(target: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a rate limit that only the webhook refuses: an identity may have more than all together."""
    metadata = {"name": "limit", "namespace": "arena"}
    rates = {"identity": {"requestsPerSecond": 2}, "total": {"requestsPerSecond": 1}}
    return {
        "apiVersion": "policy.linkerd.io/v1alpha1",
        "kind": "HTTPLocalRateLimitPolicy",
        "metadata": metadata,
        "spec": {"targetRef": target, **rates, **spec},
    }


@pytest.mark.parametrize(
    ("stored", "in_force"),
    [
        (limit(ref("Server", "http")), True),
        (limit(ref("Server", "http", group="policy")), False),
        (limit(ref("HTTPRoute", "http")), False),
        (limit(ref("Server", "http"), total={"requestsPerSecond": 2**32}), False),
        (limit(ref("Server", "http"), total={"requestsPerSecond": -1}), False),
        (limit(ref("Server", "http"), overrides=[{"requestsPerSecond": 1, "clientRefs": [account("rogue")]}]), True),
        (
            limit(
                ref("Server", "http"), overrides=[{"requestsPerSecond": 1, "clientRefs": [ref("Namespace", "arena")]}]
            ),
            False,
        ),
    ],
)
def test_a_stored_rate_limit_that_linkerd_cannot_read_is_not_in_force(stored: dict[str, Any], in_force: bool) -> None:
    """R38; policy-controller/k8s/index/src/inbound/ratelimit_policy.rs: one bad part drops the whole limit."""
    found = parse_documents(documents(*ARENA, server(accessPolicy="all-unauthenticated"), stored))
    assert found.refused
    assert ("lets 1 a second" in str(ask(found.cluster, "stranger").reasons[-1])) is in_force


@pytest.mark.parametrize(
    ("changed", "before", "now"),
    [
        ({**LEGACY, "spec": {"server": {"name": "http"}, "client": {"meshTLS": {}}}}, "403", "unknown"),
        (allow(ref("Namespace", "arena", group="")), "403", "unknown"),
        (route(exact("/x"), group=GATEWAY, filters=[{"type": "URLRewrite"}]), "403", "unknown"),
        (route(exact("/x"), parents=[ref("Server", "http", "other"), ref("Server", "http")]), "403", "unknown"),
        (route(exact("/x"), parents=[ref("Gateway", "http")], filters=[{"type": "URLRewrite"}]), "403", "403"),
    ],
    ids=["admits nobody", "unsupported reference", "unsupported filter", "parent elsewhere", "no parent is a Server"],
)
def test_what_linkerd_drops_may_be_in_force_as_it_was_before(changed: dict[str, Any], before: str, now: str) -> None:
    """R38; policy-controller/k8s/index/src/inbound/index.rs apply: what it cannot take leaves the former state."""
    for generation, expected in ((1, before), (2, now)):
        stored = {**changed, "metadata": {**changed["metadata"], "generation": generation}}
        found = parse_documents(documents(*ARENA, server(), stored))
        assert ask(found.cluster, "stranger").outcome == expected


def test_a_grant_that_was_changed_leaves_ports_without_a_server_as_they_are() -> None:
    """R23, R38."""
    unreadable = allow(ref("Namespace", "arena", group=""))
    unreadable["metadata"] |= {"generation": 2}
    found = parse_documents(documents(*ARENA, unreadable))
    assert ask(found.cluster, "stranger").outcome == "allow"


@pytest.mark.parametrize(("generation", "expected"), [(None, "allow"), (1, "allow"), (2, "unknown")])
def test_a_stored_object_that_was_changed_to_what_linkerd_cannot_read_decides_nothing(
    generation: int | None, expected: str
) -> None:
    """R38; policy-controller/k8s/index/src/inbound/index.rs apply: what it said before is in force."""
    unreadable = server(proxyProtocol="HTTP/9")
    unreadable["metadata"] |= {} if generation is None else {"generation": generation}
    found = parse_documents(documents(*ARENA, unreadable))
    assert found.refused or found.unusable
    assert ask(found.cluster, "stranger").outcome == expected


ON_SERVICE = ({"group": "core", "kind": "Service", "name": "ponger"},)
STORED = "2026-01-31T00:00:00Z"


@pytest.mark.parametrize(
    ("dropped", "metadata", "expected"),
    [
        ({"filters": [{"type": "URLRewrite"}]}, {"generation": 1, "creationTimestamp": STORED}, "allow"),
        ({"filters": [{"type": "URLRewrite"}]}, {"generation": 2, "creationTimestamp": STORED}, "unknown"),
        ({}, {"annotations": {"timeout.linkerd.io/request": "soon"}}, "allow"),
        ({}, {"annotations": {"timeout.linkerd.io/request": "soon"}, "creationTimestamp": STORED}, "unknown"),
        ({}, {"annotations": {"timeout.linkerd.io/request": "1s"}, "creationTimestamp": STORED}, "404"),
    ],
    ids=["created so", "changed", "in a file", "perhaps annotated later", "kept"],
)
@pytest.mark.parametrize(("client", "by_address"), [("pinger", "allow"), ("stranger", "allow")])
def test_a_route_on_a_service_that_linkerd_drops_may_be_in_force_as_it_was(
    dropped: dict[str, Any], metadata: dict[str, Any], expected: str, client: str, by_address: str
) -> None:
    """R38, M4; policy-controller/k8s/index/src/outbound/index.rs apply_http_route: what it cannot take it leaves."""
    stored = route(exact("/x"), group=GATEWAY, parents=ON_SERVICE, **dropped)
    stored["metadata"] |= metadata
    found = parse_documents(documents(*ARENA, server(accessPolicy="all-unauthenticated"), stored)).cluster
    assert ask(found, client).outcome == (expected if client == "pinger" else by_address)
    assert ask(found, client, direct=True).outcome == by_address
