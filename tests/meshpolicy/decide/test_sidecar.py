"""What passes a sidecar by: skipped ports and subnets, the proxy's own ports, users, settings. R10, R113-R117, R71."""

import pytest

from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, Manifest, account, allow, ask, cluster, labels, pod, ref, server, service
from .sidecars import DENY, PORTS, C, cat, outcome, space


def deployment(annotations: Manifest) -> Manifest:
    """Return a Deployment `cat`, whose sidecar is not there yet."""
    metadata = {"labels": {"app": "cat"}, "annotations": annotations}
    spec = {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cat", "namespace": "arena"},
        "spec": {"template": {"metadata": metadata, "spec": spec}},
    }


def external_workload(address: str) -> Manifest:
    """Return an ExternalWorkload `cat`."""
    spec = {"meshTLS": {"identity": "spiffe://cluster.local/vm", "serverName": "vm"}, "workloadIPs": [{"ip": address}]}
    return {
        "apiVersion": "workload.linkerd.io/v1beta1",
        "kind": "ExternalWorkload",
        "metadata": {"name": "cat", "namespace": "arena", "labels": {"app": "cat"}},
        "spec": {**spec, "ports": [{"name": "http", "port": 8080}]},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8080", "allow"),
        ("8080,http", "allow"),
        ("+8080", "allow"),
        ("0,8080", "allow"),
        ("8000-8090", "allow"),
        ("0-65535", "allow"),
        ("http", "403"),
        ("9090, 8080", "403"),
        (" 8080", "403"),
        ("", "403"),
        ('"8080"', "unknown"),
        ("80\n80", "unknown"),
    ],
)
def test_proxy_init_skips_the_good_entries_of_a_list(text: str, expected: str) -> None:
    """R113: blanks make an entry bad; what is no list at all may keep the pod from starting."""
    assert outcome(cat(skip_inbound_ports=text)) == expected


@pytest.mark.parametrize(
    ("annotation", "port", "expected"),
    [(None, 4567, "allow"), (None, 4569, "closed"), ("", 4567, "closed"), ("1", 4567, "closed")],
)
def test_the_charts_ports_are_skipped_unless_the_pod_says_otherwise(
    annotation: str | None, port: int, expected: str
) -> None:
    """R10: the annotation replaces the list, an empty one too."""
    own = cat() if annotation is None else cat(skip_inbound_ports=annotation)
    opaque = server("more", port, app="cat", proxyProtocol="opaque")
    found = cluster(*ARENA, own, opaque, settings=DENY)
    assert ask(found, "stranger", f"cat:{port}", "tcp", direct=True).outcome == expected


@pytest.mark.parametrize(
    ("client", "subnets", "expected"),
    [
        ("10.9.8.7", "10.0.0.0/8", "allow"),
        ("10.9.8.7", "192.168.0.0/16, 10.9.8.7/32", "allow"),
        ("10.9.8.7", "10.9.8.7/8", "allow"),
        ("11.9.8.7", "10.0.0.0/8", "403"),
        ("unmeshed", "10.0.0.0/8", "unknown"),
        ("unmeshed", "0.0.0.0/0", "allow"),
        ("stranger", "10.244.0.0/16", "allow"),
        ("pinger", "10.244.0.0/16", "403"),
        ("10.9.8.7", "10.0.0.1", "unknown"),
        ("10.9.8.7", "10.0.0.0/33", "unknown"),
        ("10.9.8.7", "fd00::/8", "unknown"),
        ("10.9.8.7", "10.0.0.0/8,", "unknown"),
        ("10.9.8.7", "", "403"),
    ],
)
def test_packets_of_skip_subnets_meet_no_proxy(client: str, subnets: str, expected: str) -> None:
    """R114: a meshed client comes through the tunnel all the same; a wrong entry keeps the pod from starting."""
    assert outcome(cat(skip_subnets=subnets), client) == expected


@pytest.mark.parametrize(
    ("annotations", "port", "expected"),
    [
        ({"control_port": "8080"}, 8080, "allow"),
        ({"control_port": "9999"}, 8080, "403"),
        ({"control_port": "http"}, 8080, "403"),
        ({"admin_port": "8080"}, 8080, "unknown"),
        ({"inbound_port": "8080"}, 8080, "unknown"),
        ({"inbound_port": "9999"}, 8080, "403"),
        ({"outbound_port": "8080"}, 8080, "unknown"),
        ({"outbound_port": "4143"}, 8080, "unknown"),
        ({"outbound_port": "0"}, 8080, "unknown"),
        ({"outbound_port": "9999"}, 8080, "403"),
        ({"outbound_port": "x"}, 8080, "403"),
        ({"admin_port": "0"}, 8080, "unknown"),
        ({"admin_port": "4190"}, 8080, "unknown"),
        ({"admin_port": "70000"}, 8080, "unknown"),
        ({"control_port": "0000000000008080"}, 8080, "allow"),
        ({"control_port": "+8080"}, 8080, "allow"),
        ({"control_port": "2147483648"}, 8080, "403"),
        ({"control_port": "2147483647"}, 8080, "unknown"),
        ({"proxy_uid": "0"}, 8080, "unknown"),
        ({"proxy_uid": "9223372036854775808"}, 8080, "403"),
    ],
)
def test_the_proxys_ports_are_where_annotations_put_them(annotations: dict[str, str], port: int, expected: str) -> None:
    """R113: the control port is left alone; on the others the proxy listens itself."""
    assert outcome(cat(container=None, **annotations), port=port) == expected


def test_an_admin_port_that_moved_is_policed_where_it_is() -> None:
    """R103: and 4191 is a port like any other then."""
    found = cluster(*ARENA, cat(admin_port="9191"), server("cat", "linkerd-admin", app="cat"), settings=DENY)
    assert ask(found, "stranger", "cat:9191/metrics", direct=True).outcome == "403"
    assert "R103" in str(ask(found, "stranger", "cat:9191", "tcp", direct=True).reasons)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"name": "LINKERD2_PROXY_POLICY_WORKLOAD", "value": "{}"}]', "unknown"),
        ('[{"Name": "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY", "value": "deny"}]', "unknown"),
        ('[{"name": "LINKERD2_PROXY_LOG", "value": "debug"}, {"name": "TZ", "value": "UTC"}]', "403"),
        ("[]", "403"),
        ("", "403"),
        ("null", "403"),
        ("{", "403"),
        pytest.param("[" * 100_000, "unknown", id="too deep"),
    ],
)
def test_environment_variables_of_the_proxy_make_all_unknown(text: str, expected: str) -> None:
    """R116: where one replaces a setting on which verdicts rest; what is no JSON is passed over."""
    assert outcome(cat(proxy_additional_env=text)) == expected


def test_environment_variables_of_the_namespace_count_beside_the_pods() -> None:
    """R116; pkg/inject/inject.go, MergeAdditionalEnv: those of the pod only replace what has the same name."""
    decisive, harmless = (f'[{{"name": "LINKERD2_PROXY_{name}", "value": "x"}}]' for name in ("INBOUND_PORTS", "LOG"))
    name = f"{C}proxy-additional-env"
    for of_space, expected in ((decisive, "unknown"), (harmless, "403")):
        found = cluster(*ARENA, space({name: of_space}), deployment({name: harmless}), server("cat", 8080, app="cat"))
        assert ask(found, "stranger", "cat:8080/", direct=True).outcome == expected


@pytest.mark.parametrize(("text", "expected"), [("8080", "allow"), ('80"80', "unknown"), ("80\\80", "unknown")])
def test_a_namespaces_annotation_that_breaks_the_injectors_patch_makes_no_pod(text: str, expected: str) -> None:
    """R8; charts/patch/templates/patch.json writes it between quotes as it is. The pod's own is not written."""
    name = f"{C}skip-inbound-ports"
    found = cluster(*ARENA, space({name: text}), deployment({}), server("cat", 8080, app="cat"))
    assert ask(found, "stranger", "cat:8080/", direct=True).outcome == expected
    log = f"{C}proxy-log-level"
    own = cluster(*ARENA, space({log: "a"}), deployment({log: '"'}), server("cat", 8080, app="cat"))
    assert ask(own, "stranger", "cat:8080/", direct=True).outcome == "403"


def test_a_skipped_port_is_met_through_the_tunnel() -> None:
    """R10, R71: clients are told of the annotation, not of the chart's list; then they come by 4143 and are judged."""
    closed = server("cat", 4567, app="cat", proxyProtocol="HTTP/1")
    front = service("cat", {80: 4567})
    by_list = cluster(*ARENA, cat(), closed, front, settings=DENY)
    assert ask(by_list, "pinger", "cat:4567/").outcome == "403"
    assert ask(by_list, "stranger", "cat:4567/").outcome == "allow"
    told = cluster(*ARENA, cat(skip_inbound_ports="4567"), closed, front, settings=DENY)
    assert ask(told, "pinger", "cat:4567/").outcome == "allow"


def test_clients_that_are_told_of_a_skipped_port_lose_their_identity_though_it_is_not_skipped() -> None:
    """R112, R113: the destination controller trims blanks, proxy-init does not."""
    grant = allow(account("pinger"), on=ref("Server", "cat"))
    closed = server("cat", 8080, app="cat", proxyProtocol="HTTP/1")
    for text, expected in (("9090, 8080", "403"), ("9090", "allow")):
        found = cluster(*ARENA, cat(skip_inbound_ports=text), closed, grant, settings=DENY)
        assert ask(found, "pinger", "cat:8080/", direct=True).outcome == expected


@pytest.mark.parametrize(
    ("users", "expected"), [((None,), "allow"), ((2102,), "403"), ((7, 2102), "unknown"), ((7, 8), "allow")]
)
def test_calls_of_the_proxys_own_user_pass_it_by(users: tuple[int | None, ...], expected: str) -> None:
    """R71: proxy-init leaves packets of that user alone, so that they carry no identity."""
    own = pod("caller", "10.244.0.41")
    contexts = [{} if user is None else {"securityContext": {"runAsUser": user}} for user in users]
    own["spec"]["containers"][:1] = [{"name": f"c{n}", **context} for n, context in enumerate(contexts)]
    found = cluster(*ARENA, own, server(), allow(account("caller")), settings=DENY)
    assert ask(found, "caller").outcome == expected


@pytest.mark.parametrize(
    ("groups", "annotation", "expected"),
    [
        ((3000,), "3000", "403"),
        ((3000,), None, "allow"),
        ((None, 3000), "3000", "unknown"),
        ((0,), "0", "allow"),
        ((3000,), "x", "allow"),
    ],
)
def test_calls_of_the_proxys_own_group_pass_it_by(
    groups: tuple[int | None, ...], annotation: str | None, expected: str
) -> None:
    """R71: proxy-init leaves packets of that group alone, too, unless it is 0 (addOutgoingTrafficRules)."""
    own = pod("caller", "10.244.0.41", annotations={} if annotation is None else {f"{C}proxy-gid": annotation})
    contexts = [{} if group is None else {"securityContext": {"runAsGroup": group}} for group in groups]
    own["spec"]["containers"][:1] = [{"name": f"c{n}", **context} for n, context in enumerate(contexts)]
    found = cluster(*ARENA, own, server(), allow(account("caller")), settings=DENY)
    assert ask(found, "caller").outcome == expected


@pytest.mark.parametrize(
    ("address", "direct", "expected"),
    [
        ("10.244.0.31", True, "allow"),
        ("203.0.113.5", True, "403"),
        ("203.0.113.5", False, "allow"),
    ],
)
def test_a_proxy_uses_no_mtls_to_an_address_outside_of_the_clusters_networks(
    address: str, direct: bool, expected: str
) -> None:
    """R71; linkerd2-proxy service-profiles/src/allowlist.rs: it asks about Services only."""
    grant = allow(account("pinger"), on=ref("Server", "cat"))
    own = pod("cat", address, ports=PORTS)
    found = cluster(*ARENA, own, service("cat"), server("cat", app="cat"), grant, settings=DENY)
    assert ask(found, "pinger", "cat:http", direct=direct).outcome == expected


def test_a_machine_outside_of_the_clusters_networks_is_called_without_mtls() -> None:
    """R71: of an ExternalWorkload the same holds."""
    machine = external_workload("192.0.2.4")
    own = server("cat", app="", externalWorkloadSelector=labels(app="cat"))
    grant = allow(account("pinger"), on=ref("Server", "cat"))
    found = cluster(*ARENA, machine, service("cat"), own, grant, settings=DENY)
    assert ask(found, "pinger", "cat:http", direct=True).outcome == "403"
    assert ask(found, "pinger", "cat:http").outcome == "allow"


@pytest.mark.parametrize(
    ("dialled", "annotation", "expected"),
    [
        (80, None, "allow"),
        (4567, None, "403"),
        (80, "80", "403"),
        (4567, "", "allow"),
        (80, "80,x", "403"),
        (80, "x", "unknown"),
        (80, ",", "unknown"),
    ],
)
def test_calls_past_skip_outbound_ports_carry_no_identity(dialled: int, annotation: str | None, expected: str) -> None:
    """R71: by the port that the client connects to; the chart skips 4567 and 4568.

    A list without any port is an error to iptables, and the pod never starts (proxy-init, makeMultiportDestinations).
    """
    own = {} if annotation is None else {f"{C}skip-outbound-ports": annotation}
    caller = pod("caller", "10.244.0.41", annotations=own)
    base = [manifest for manifest in ARENA if manifest["kind"] != "Service"]
    front = service(ports={dialled: "http"})
    found = cluster(*base, caller, front, server(), allow(account("caller")), settings=DENY)
    assert ask(found, "caller").outcome == expected


def test_the_first_connections_to_an_undeclared_port_are_not_known() -> None:
    """R104: where the default policy would let in what the Server refuses; a port that is probed is declared enough."""
    opened = MeshSettings()
    assert outcome(cat(), port=8080, settings=opened) == "403"
    bare = cluster(*ARENA, cat(), server("cat", 7000, app="cat"), settings=opened)
    assert ask(bare, "stranger", "cat:7000/", direct=True).outcome == "unknown"
    assert (
        ask(cluster(*ARENA, cat(), server("cat", 7000, app="cat"), settings=DENY), "stranger", "cat:7000/").outcome
        == "403"
    )
    for kind, expected in (("readinessProbe", "403"), ("livenessProbe", "403"), ("startupProbe", "unknown")):
        probed = cat(container={kind: {"httpGet": {"path": "/up", "port": 7000}}})
        found = cluster(*ARENA, probed, server("cat", 7000, app="cat"), settings=opened)
        assert ask(found, "stranger", "cat:7000/", direct=True).outcome == expected


def test_a_pods_call_of_its_own_admin_port_is_judged() -> None:
    """R103, M1: it comes from its address without identity; of two replicas nobody knows which is called."""
    grant = allow(account("cat"), on=ref("Server", "cat"))
    found = cluster(*ARENA, cat(), server("cat", "linkerd-admin", app="cat"), grant, settings=DENY)
    assert ask(found, "cat", "cat:4191/metrics", direct=True).outcome == "403"
    assert ask(found, "cat", "cat:8080/", direct=True).outcome == "allow"
    assert ask(found, "pinger", "cat:4191/metrics", direct=True).outcome == "403"


def test_a_service_leads_to_tcp_ports_and_to_the_first_port_of_a_name() -> None:
    """R71: what leads elsewhere says nothing of how a client connects (Kubernetes, FindPort)."""
    own = pod("caller", "10.244.0.41", annotations={f"{C}skip-outbound-ports": "80"})
    cat = pod("cat", "10.244.0.31", ports=PORTS)
    cat["spec"]["containers"] += [{"name": "more", "ports": [{"name": "http", "containerPort": 8082}]}]
    cat["spec"]["initContainers"] = [{"name": "init", "ports": [{"name": "http", "containerPort": 8081}]}]
    grant = allow(account("caller"), on=ref("Server", "cat"))
    front = service("cat", {80: "http"})
    for port, expected in ((8080, "403"), (8081, "allow"), (8082, "allow")):
        found = cluster(*ARENA, own, cat, front, server("cat", port, app="cat"), grant, settings=DENY)
        assert ask(found, "caller", f"cat:{port}/").outcome == expected
    front["spec"]["ports"][0]["protocol"] = "UDP"
    found = cluster(*ARENA, own, cat, front, server("cat", 8080, app="cat"), grant, settings=DENY)
    assert ask(found, "caller", "cat:8080/").outcome == "allow"


@pytest.mark.parametrize(
    ("label", "client", "expected"),
    [
        ("linkerd", "pinger", "unknown"),
        ("another-mesh", "pinger", "unknown"),
        ("", "pinger", "allow"),
        ("linkerd", "stranger", "allow"),
    ],
)
def test_clients_look_for_the_proxy_of_a_pod_that_has_only_the_label(label: str, client: str, expected: str) -> None:
    """R131: no policy guards such a pod, and what its meshed clients get nobody can tell."""
    own = pod("cat", "", meshed=False, ports=PORTS, annotations={"linkerd.io/inject": "disabled"})
    own["metadata"]["labels"]["linkerd.io/control-plane-ns"] = label
    assert outcome(own, client) == expected


@pytest.mark.parametrize(("first", "expected"), [("opaque", "closed"), ("http", "403")])
def test_of_ports_of_one_name_an_external_workloads_first_one_is_opaque(first: str, expected: str) -> None:
    """R112; watcher/workload_watcher.go isNamedInExternalWorkload: the last one of that name is not asked for."""
    own = external_workload("10.244.0.31")
    own["metadata"]["annotations"] = {f"{C}opaque-ports": first}
    own["spec"]["ports"] = [{"name": first, "port": 8080}, {"name": first, "port": 9090}]
    if first == "http":
        own["spec"]["ports"].reverse()
    closed = server("cat", 8080, externalWorkloadSelector=labels(app="cat"), proxyProtocol="HTTP/1")
    found = cluster(*ARENA, own, closed, settings=DENY)
    assert ask(found, "pinger", "cat:8080/", direct=True).outcome == expected


def test_a_server_that_names_a_udp_port_makes_the_tcp_port_of_its_number_opaque() -> None:
    """R65; watcher/endpoints_watcher.go SetToServerProtocol asks for the name alone, whatever the protocol."""
    own = cat(container={"ports": [{"name": "udp", "containerPort": 8080, "protocol": "UDP"}, {"containerPort": 8080}]})
    closed = server("cat", 8080, app="cat", proxyProtocol="HTTP/1")
    named = server("other", "udp", app="cat", proxyProtocol="opaque")
    for more, expected in (((), "403"), ((named,), "closed")):
        found = cluster(*ARENA, own, closed, *more, settings=DENY)
        assert ask(found, "pinger", "cat:8080/", direct=True).outcome == expected


@pytest.mark.parametrize(("label", "expected"), [("linkerd", "allow"), ("other", "unknown"), ("", "unknown")])
def test_the_proxy_of_another_control_plane_is_not_judged(label: str, expected: str) -> None:
    """R5, R7: its policies come from there, and its identity is none of this mesh's."""
    own = cat(default_inbound_policy="all-unauthenticated")
    own["metadata"]["labels"]["linkerd.io/control-plane-ns"] = label
    found = cluster(*ARENA, own, server(), allow(account("cat")), settings=DENY)
    assert ask(found, "stranger", "cat:8080/", direct=True).outcome == expected
    assert ask(found, "cat").outcome == expected
    assert ask(found, "rogue").outcome == "403"


@pytest.mark.parametrize(
    ("asks", "protocol", "expected"),
    [({}, "unknown", "allow"), ({}, "HTTP/1", "unknown"), ({"linkerd.io/inject": "enabled"}, "HTTP/1", "unknown")],
)
def test_where_a_sidecar_is_not_certain_its_clients_call_both_ways(
    asks: Manifest, protocol: str, expected: str
) -> None:
    """R7, R64, R65: with the sidecar meshed clients may connect opaquely, which an HTTP port closes."""
    open_to_all = server("cat", 8080, app="cat", proxyProtocol=protocol, accessPolicy="all-unauthenticated")
    state = [*ARENA, deployment(asks), service("cat", ports={80: "http"}), open_to_all]
    assert ask(cluster(*state), "pinger", "cat:8080/").outcome == expected
