"""What injection and the sidecar bring along: annotations, named ports, probes. Rules R7 to R11, R58, R61, R68."""

from typing import Any

import pytest

from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, PORTS, Manifest, account, allow, ask, cluster, outcome, pod, ref, route, server, service

OPAQUE = "config.linkerd.io/opaque-ports"
OPEN = "all-unauthenticated"
CREATED = "2026-01-01T00:00:00Z"


def deployment(annotations: Manifest | None = None, labels: Manifest | None = None, **container: Any) -> Manifest:
    """Return a Deployment `cat` as an author writes it: its sidecar is not there yet."""
    metadata = {"labels": {"app": "cat", **(labels or {})}, "annotations": annotations or {}}
    ports = [{"name": "http", "containerPort": 8080}, {"name": "db", "containerPort": 3306}]
    spec = {"containers": [{"name": "app", "ports": ports, **container}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cat", "namespace": "arena"},
        "spec": {"template": {"metadata": metadata, "spec": spec}},
    }


def space(**annotations: str) -> Manifest:
    """Return the namespace of the arena."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena", "annotations": annotations}}


ENABLED = {"linkerd.io/inject": "enabled"}


@pytest.mark.parametrize(
    ("of_pod", "of_namespace", "expected"),
    [
        ({}, {}, "allow"),
        ({"linkerd.io/inject": "enabled"}, {}, "403"),
        ({}, {"linkerd.io/inject": "enabled"}, "403"),
        ({}, {"linkerd.io/inject": "ingress"}, "403"),
        ({"linkerd.io/inject": "disabled"}, {"linkerd.io/inject": "enabled"}, "allow"),
        ({"linkerd.io/inject": ""}, {"linkerd.io/inject": "enabled"}, "403"),
        ({"linkerd.io/inject": "Enabled"}, {"linkerd.io/inject": "enabled"}, "allow"),
        ({"linkerd.io/inject": "enabled"}, {"linkerd.io/inject": "yes"}, "allow"),
    ],
)
def test_a_workload_is_injected_by_its_own_word_or_the_namespaces(
    of_pod: Manifest, of_namespace: Manifest, expected: str
) -> None:
    """R7: what is not injected has no proxy, so no policy acts."""
    found = cluster(*ARENA, space(**of_namespace), deployment(of_pod), server(app="cat"))
    assert ask(found, "stranger", "cat:http", direct=True).outcome == expected


@pytest.mark.parametrize(
    ("of_pod", "of_namespace", "expected"),
    [("deny", OPEN, "403"), ("", "deny", "allow"), (None, "deny", "403"), (None, None, "allow")],
)
def test_a_namespaces_annotation_counts_where_the_pod_has_none(
    of_pod: str | None, of_namespace: str | None, expected: str
) -> None:
    """R8: it is copied when the pod is created."""
    name = "config.linkerd.io/default-inbound-policy"
    own = ENABLED | ({name: of_pod} if of_pod is not None else {})
    inherited = {name: of_namespace} if of_namespace is not None else {}
    found = cluster(*ARENA, space(**inherited), deployment(own))
    assert ask(found, "stranger", "cat:http", direct=True).outcome == expected


@pytest.mark.parametrize(
    ("own", "expected"), [(None, "unknown"), (OPEN, "allow"), ("deny", "unknown"), ("nonsense", "allow")]
)
def test_the_default_policy_of_a_namespace_outside_of_the_manifests_is_not_known(
    own: str | None, expected: str
) -> None:
    """R8, R130: it may annotate `deny`; refused calls are unknown since the pod may have no sidecar."""
    annotated = {} if own is None else {"config.linkerd.io/default-inbound-policy": own}
    found = cluster(*ARENA, deployment(ENABLED | annotated))
    assert ask(found, "stranger", "cat:http", direct=True).outcome == expected
    governed = cluster(*ARENA, deployment(ENABLED | annotated), server(app="cat", accessPolicy=OPEN))
    assert ask(governed, "stranger", "cat:http", direct=True).outcome == "allow"


def test_a_running_pod_does_not_learn_of_its_namespaces_annotations() -> None:
    """R8: until it is created anew."""
    found = cluster(*ARENA, space(**{"config.linkerd.io/default-inbound-policy": "deny"}))
    assert ask(found, "stranger").outcome == "allow"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8080", ("allow", "closed")),
        (" 8000 - 8090 ", ("404", "403")),
        ("25,,8080", ("allow", "closed")),
        ("8080,db", ("allow", "closed")),
        ("http", ("allow", "closed")),
        ("0", ("allow", "403")),
        ("", ("allow", "403")),
    ],
)
def test_two_readers_take_a_list_of_opaque_ports_differently(text: str, expected: tuple[str, str]) -> None:
    """R9, R112: for the server a wrong entry empties it; clients skip the entry, read names, and want no blanks."""
    found = cluster(*ARENA, pod("cat", "10.244.0.31", ports=PORTS, annotations={OPAQUE: text}))
    denied = cluster(*ARENA, pod("cat", "10.244.0.31", ports=PORTS, annotations={OPAQUE: text}), server(app="cat"))
    answers = tuple(ask(one, "pinger", "cat:http", direct=True).outcome for one in (found, denied))
    assert answers == expected


@pytest.mark.parametrize(("port", "number"), [("linkerd-admin", 4191), ("linkerd-proxy", 4143)])
def test_the_sidecars_ports_have_names_before_it_is_there(port: str, number: int) -> None:
    """R11: a Server on `linkerd-admin` governs 4191 of a template, too; an unmeshed workload has no such port."""
    metrics = server(app="cat", port=port)
    meshed = ask(
        cluster(*ARENA, space(), deployment(ENABLED), metrics), "stranger", f"cat:{number}/metrics", direct=True
    )
    assert meshed.outcome == {4191: "403", 4143: "closed"}[number]
    bare = ask(cluster(*ARENA, space(), deployment(), metrics), "stranger", f"cat:{number}/metrics", direct=True)
    assert bare.outcome == "allow"


@pytest.mark.parametrize("native", [True, False])
def test_a_server_governs_the_sidecars_port_beside_an_applications_of_the_same_name(native: bool) -> None:
    """R11: names are those of all containers, and the injector adds one more; a stored Pod holds it already."""
    template = deployment(ENABLED)
    own = template["spec"]["template"]["spec"]["containers"][0]
    own["ports"] = [{"name": "linkerd-admin", "containerPort": 9990}]
    world = (*ARENA, space(), template, server(app="cat", port="linkerd-admin"))
    found = cluster(*world, settings=MeshSettings(native_sidecar=native))
    for number in (4191, 9990):
        assert ask(found, "stranger", f"cat:{number}/metrics", direct=True).outcome == "403"
    proxy = {"name": "linkerd-proxy", "ports": [{"name": "other", "containerPort": 4191}]}
    template["spec"]["template"]["spec"]["containers"].append(proxy)
    held = cluster(*world).workload("arena", "cat")
    assert held is not None
    assert port_numbers(held, "linkerd-admin") == (9990,)


@pytest.mark.parametrize(
    ("get", "expected"),
    [
        ({"path": "/live", "port": 8080}, "allow"),
        ({"path": "/live", "port": "HTTP"}, "allow"),
        ({"path": "/live?deep=1", "port": "http"}, "allow"),
        ({"path": "http://example.com/live", "port": "http"}, "allow"),
        ({"path": "http://example.com", "port": "http"}, "403"),
        ({"path": "/live?é", "port": "http"}, "403"),
        ({"path": "live", "port": "http"}, "403"),
        ({"path": "/live", "port": "8080"}, "403"),
        ({"path": "/li ve", "port": "http"}, "403"),
        ({"path": "/live", "port": 9999}, "403"),
    ],
)
def test_a_probe_is_let_in_where_the_controller_can_read_it(get: Manifest, expected: str) -> None:
    """R57, R58: the kubelet asks more than the controller understands."""
    found = cluster(*ARENA, space(), deployment(ENABLED, livenessProbe={"httpGet": get}), server(app="cat"))
    assert ask(found, "stranger", "cat:http/live", direct=True).outcome == expected


def test_a_probe_with_an_empty_path_asks_for_the_root() -> None:
    """R58: the API server stores a slash."""
    probe = {"httpGet": {"path": "", "port": "http"}}
    found = cluster(*ARENA, space(), deployment(ENABLED, livenessProbe=probe), server(app="cat"))
    assert [ask(found, "stranger", f"cat:http{path}", direct=True).outcome for path in ("/", "/a")] == ["allow", "403"]


@pytest.mark.parametrize(
    "handler", [{"tcpSocket": {"port": 8080}}, {"exec": {"command": ["x"]}}, {"grpc": {"port": 8080}}]
)
def test_only_http_probes_are_let_in(handler: Manifest) -> None:
    """R58."""
    found = cluster(*ARENA, space(), deployment(ENABLED, livenessProbe=handler), server(app="cat"))
    assert ask(found, "stranger", "cat:http/", direct=True).outcome == "403"


@pytest.mark.parametrize(
    ("ports", "annotation", "of_namespace", "expected"),
    [
        ({3306: "db"}, None, None, "closed"),
        ({80: "db"}, None, None, "502"),
        ({3306: 3306}, None, None, "closed"),
        ({80: 3306}, None, None, "closed"),
        ({80: 3306}, "", None, "502"),
        ({80: 3306}, None, "9999", "502"),
        ({80: 3306}, None, "80", "closed"),
    ],
)
def test_a_service_is_made_opaque_when_it_is_created(
    ports: dict[int, str | int], annotation: str | None, of_namespace: str | None, expected: str
) -> None:
    """R65: by the namespace's annotation, else where it leads to a port of the usual list by number, or is one.

    Then the client's proxy looks for no HTTP, and a refused client sees a close instead of a 502.
    """
    front = service("cat", ports=ports, annotations={} if annotation is None else {OPAQUE: annotation})
    home = space(**({} if of_namespace is None else {OPAQUE: of_namespace}))
    own = deployment({**ENABLED, OPAQUE: "3306"})
    found = cluster(*ARENA, home, own, front, server(app="cat", port="db", proxyProtocol="HTTP/1", accessPolicy=OPEN))
    assert ask(found, "pinger", "cat:db").outcome == expected


@pytest.mark.parametrize(("labels", "expected"), [({}, "closed"), ({"linkerd.io/cni-resource": "true"}, "502")])
def test_a_service_that_the_webhook_leaves_out_is_not_made_opaque(labels: Manifest, expected: str) -> None:
    """R110: its objectSelector is about Services, too (values.yaml, proxyInjector)."""
    front = service("cat", ports={80: 3306})
    front["metadata"]["labels"] = labels
    own = deployment({**ENABLED, OPAQUE: "3306"})
    closed = server(app="cat", port="db", proxyProtocol="HTTP/1", accessPolicy=OPEN)
    assert ask(cluster(*ARENA, space(), own, front, closed), "pinger", "cat:db").outcome == expected


@pytest.mark.parametrize(
    ("listed", "expected"), [("3306", "closed"), ("25,3306", "closed"), ("3300-3310", "403"), ("25, 3306", "403")]
)
def test_the_injector_annotates_the_usual_opaque_ports_that_are_written_so(listed: str, expected: str) -> None:
    """R9; pkg/inject/inject.go, FilterPodOpaquePorts: it compares texts, and knows neither ranges nor blanks."""
    mesh = MeshSettings("deny", opaque_ports=listed)
    found = cluster(*ARENA, space(), deployment(ENABLED), settings=mesh)
    assert ask(found, "stranger", "cat:db", direct=True).outcome == expected


@pytest.mark.parametrize(("metadata", "expected"), [({}, "502"), ({"creationTimestamp": CREATED}, "closed")])
def test_a_service_of_a_cluster_stays_as_it_is_stored(metadata: Manifest, expected: str) -> None:
    """R65: the injector would annotate 25 alone; without an annotation the usual list holds for 3306, too."""
    front = service("cat", ports={25: 25, 3306: "db"})
    front["metadata"] |= metadata
    own = deployment({**ENABLED, OPAQUE: "3306"})
    closed = server(app="cat", port="db", proxyProtocol="HTTP/1", accessPolicy=OPEN)
    assert ask(cluster(*ARENA, space(), own, front, closed), "pinger", "cat:db").outcome == expected


def test_the_proxys_own_port_takes_other_proxies_only() -> None:
    """R61, R68: whatever the policies say; what a proxy sends there the manifests do not tell."""
    assert outcome(client="stranger", server="ponger:4143", direct=True) == "closed"
    assert outcome(client="stranger", server="ponger:4143", direct=True, traffic="tls") == "closed"
    assert outcome(client="pinger", server="ponger:4143", direct=True) == "unknown"


def test_two_references_of_one_class_undo_a_policy() -> None:
    """R29: the webhook refuses them; where they got in, the policy is ignored as a whole."""
    assert outcome(server(), allow(account("pinger"), account("rogue"))) == "403"
    assert outcome(server(), allow(account("pinger"), account("pinger"))) == "403"


@pytest.mark.parametrize("kind", ["Server", "server", "SERVER"])
def test_the_kind_of_a_parent_is_compared_without_case(kind: str) -> None:
    """R45, R47."""
    parents = [{"group": "policy.linkerd.io", "kind": kind, "name": "http"}]
    attached = route({"path": {"type": "Exact", "value": "/ping"}}, parents=parents)
    policy = allow(account("pinger"), on=ref("Server", "http"))
    assert outcome(server(), attached, policy, server="ponger:http/other") == "404"
