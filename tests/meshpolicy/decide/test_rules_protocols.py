"""How bytes meet a port: kinds of clients, protocols, opaque ports. Rules R60 to R68, R95, R96, R103, M1 to M3."""

from typing import Any

import pytest

from meshpolicy.kinds.settings import MeshSettings

from ..build import (
    ARENA,
    PORTS,
    account,
    allow,
    ask,
    cluster,
    exact,
    network_policy,
    outcome,
    pod,
    ref,
    route,
    server,
    service,
)

OPEN = "all-unauthenticated"
TRANSPARENT = MeshSettings(outbound_transport_mode="transparent")


@pytest.mark.parametrize(
    ("protocol", "unmeshed", "meshed"),
    [
        ("unknown", ["allow"] * 4, ["allow"] * 4),
        ("HTTP/1", ["allow", "closed", "400", "closed"], ["allow", "allow", "closed", "closed"]),
        ("HTTP/2", ["closed", "allow", "closed", "closed"], ["allow", "allow", "closed", "closed"]),
        ("opaque", ["allow"] * 4, ["allow"] * 4),
        ("TLS", ["allow"] * 4, ["404", "404", "allow", "allow"]),
    ],
)
def test_each_protocol_takes_its_own_bytes(protocol: str, unmeshed: list[str], meshed: list[str]) -> None:
    """R63, R64, M3: on an open Server, for HTTP/1, HTTP/2, plain TCP and TLS."""
    manifest = server(proxyProtocol=protocol, accessPolicy=OPEN)
    traffics = ("http", "http2", "tcp", "tls")
    assert [outcome(manifest, client="stranger", traffic=t) for t in traffics] == unmeshed
    assert [outcome(manifest, client="pinger", traffic=t) for t in traffics] == meshed


def test_tcp_is_judged_by_the_server_alone() -> None:
    """R95: routes admit no connection."""
    on_route = allow(account("pinger"), on=ref("HTTPRoute", "route"))
    assert outcome(server(), route(exact("/")), on_route, traffic="tcp") == "closed"
    assert outcome(server(), route(exact("/")), allow(account("pinger")), traffic="tcp") == "allow"


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [("HTTP/1", "502"), ("HTTP/2", "502"), ("gRPC", "502"), ("unknown", "allow"), ("opaque", "allow")],
)
def test_an_opaque_port_with_an_http_server_refuses_every_meshed_client(protocol: str, expected: str) -> None:
    """R63, R65: the hint of the annotation decides how clients connect, and they read 502."""
    tube = pod("tube", "10.244.0.31", ports=PORTS, annotations={"config.linkerd.io/opaque-ports": "8080"})
    found = cluster(*ARENA, tube, service("tube"), server(app="tube", proxyProtocol=protocol, accessPolicy=OPEN))
    assert ask(found, "pinger", "tube:http").outcome == expected


def test_ports_of_the_default_list_are_opaque_to_clients() -> None:
    """R65: 9300, for one, where the pod says nothing else."""
    base = (*ARENA, service(ports={9300: 9300}), server(port=9300, proxyProtocol="HTTP/1", accessPolicy=OPEN))
    found = cluster(
        *(m for m in base if m["kind"] != "Service"),
        server("x", 9301, accessPolicy=OPEN),
        settings=MeshSettings("deny"),
    )
    assert ask(found, "pinger", "ponger:9300").outcome == "closed"
    assert ask(found, "pinger", "ponger:9301").outcome == "allow"
    assert ask(found, "stranger", "ponger:9300").outcome == "allow"


def test_an_opaque_server_that_lost_its_port_steers_clients_nevertheless() -> None:
    """R65: any opaque Server that matches, whichever governs."""
    older = server("older", created="2026-01-01T00:00:00Z", proxyProtocol="HTTP/1", accessPolicy=OPEN)
    loser = server("loser", created="2026-02-01T00:00:00Z", proxyProtocol="opaque")
    assert outcome(older, loser) == "502"
    assert outcome(older, loser, client="stranger") == "allow"


@pytest.mark.parametrize("marked", ["annotation", "appProtocol"])
def test_a_service_that_is_opaque_makes_its_clients_opaque(marked: str) -> None:
    """R65: then the client's proxy looks for no HTTP, and a refused client sees a closed connection."""
    own = service(annotations={"config.linkerd.io/opaque-ports": "80"} if marked == "annotation" else {})
    if marked == "appProtocol":
        own["spec"]["ports"][0]["appProtocol"] = "linkerd.io/opaque"
    base = [m for m in ARENA if m["kind"] != "Service"]
    assert ask(cluster(*base, own, server(proxyProtocol="HTTP/1", accessPolicy=OPEN)), "pinger").outcome == "closed"
    assert ask(cluster(*base, own, server(accessPolicy=OPEN), route(exact("/x"))), "pinger").outcome == "allow"


def test_a_refused_meshed_http_client_reads_502_and_an_unmeshed_one_sees_a_close() -> None:
    """R96, M2: gRPC clients read status 14."""
    manifest = server(proxyProtocol="opaque")
    assert outcome(manifest) == "502"
    assert outcome(manifest, traffic="grpc", server="ponger:http/a.B/c") == "grpc-14"
    assert outcome(manifest, client="stranger") == "closed"
    assert outcome(manifest, direct=True) == "closed"


def test_in_transparent_mode_an_opaque_port_knows_nobody() -> None:
    """R62, R63: TLS is not terminated there, so identities count for nothing."""
    manifests = (server(proxyProtocol="opaque"), allow(account("pinger")))
    assert outcome(*manifests, traffic="tcp") == "allow"
    assert outcome(*manifests, traffic="tcp", settings=TRANSPARENT) == "closed"
    assert outcome(server(), allow(account("pinger")), settings=TRANSPARENT) == "allow"
    assert outcome(server(proxyProtocol="HTTP/1", accessPolicy=OPEN), traffic="tcp", settings=TRANSPARENT) == "closed"


def test_the_admin_port_is_policed_and_serves_http_only() -> None:
    """R103: a redirect becomes 500 there."""
    assert outcome(server="ponger:4191/metrics", direct=True) == "allow"
    assert outcome(server(port=4191), server="ponger:4191/metrics", direct=True) == "403"
    assert outcome(server(port=4191), server="ponger:4191/live", direct=True, client="stranger") == "allow"
    assert outcome(server="ponger:4191", direct=True, traffic="tcp") == "closed"
    filters = [{"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org"}}]
    moved = (server(port=4191, accessPolicy=OPEN), route(exact("/metrics"), filters=filters))
    assert outcome(*moved, server="ponger:4191/metrics", direct=True) == "500"


def test_a_pod_that_calls_itself_passes_all_policies() -> None:
    """M1: other pods of its namespace do not."""
    found = cluster(*ARENA, server(), route(exact("/ping")))
    assert ask(found, "ponger").outcome == "allow"
    assert ask(found, "ponger", traffic="tcp").outcome == "allow"
    assert ask(found, "pinger").outcome == "404"


@pytest.mark.parametrize(
    ("sent", "by_address", "through_the_service"),
    [
        ({"server": "ponger:http/ping"}, "allow", "allow"),
        ({"server": "ponger:http/other"}, "allow", "404"),
        ({"server": "ponger:http/<"}, "allow", "400"),
        ({"server": "ponger:http/ping", "method": "CONNECT"}, "allow", "400"),
        ({"server": "ponger:http", "traffic": "tcp"}, "allow", "allow"),
    ],
)
def test_a_pod_that_calls_itself_by_a_service_meets_its_proxy(
    sent: dict[str, Any], by_address: str, through_the_service: str
) -> None:
    """M1, M4, R136: by its address no proxy sees the call, whatever is sent (linkerd2-proxy-init iptables.go)."""
    of_service = route(exact("/ping"), parents=[{"group": "core", "kind": "Service", "name": "ponger"}])
    manifests = (server(), of_service)
    assert outcome(*manifests, client="ponger", **sent, direct=True) == by_address
    assert outcome(*manifests, client="ponger", **sent) == through_the_service


def test_one_of_several_replicas_may_or_may_not_reach_itself() -> None:
    """M1: through the Service, so the answer is unknown unless both are allowed, by NetworkPolicies too."""
    template = ARENA[3]
    inject = {"linkerd.io/inject": "enabled"}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena", "annotations": inject}}
    pods = {"template": {"metadata": template["metadata"], "spec": template["spec"]}}

    def deployment(replicas: int) -> dict[str, object]:
        meta = {"name": "ponger", "namespace": "arena"}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"replicas": replicas, **pods}}

    assert ask(cluster(home, deployment(2), server()), "ponger").outcome == "unknown"
    assert ask(cluster(home, deployment(2)), "ponger").outcome == "allow"
    isolated = network_policy(policyTypes=["Ingress"])
    assert ask(cluster(home, deployment(2), isolated), "ponger").outcome == "unknown"
    assert ask(cluster(home, deployment(1), isolated), "ponger").outcome == "allow"


def test_the_application_sees_the_verified_identity() -> None:
    """R86: and none for a client without, whatever it wrote."""
    found = cluster(*ARENA)
    pinger = ask(found, "pinger").headers
    assert pinger["l5d-client-id"] == "pinger.arena.serviceaccount.identity.linkerd.cluster.local"
    assert ask(found, "stranger", headers={"l5d-client-id": "me"}).headers["l5d-client-id"] is None
