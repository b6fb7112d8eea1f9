"""Whom a person means by a name: a workload, or the pods that one has made on a live cluster."""

import re

import pytest

from meshpolicy.analysis.questions import caller, target
from meshpolicy.core.errors import UnknownWorkload

from ..build import ARENA, Manifest, cluster, pod, server, service

HASHED = {"pod-template-hash": "59c4bf5799"}
SET = {"controller-revision-hash": "db-6b5f"}


def made(name: str, address: str, labels: dict[str, str], namespace: str = "arena") -> Manifest:
    """Return a pod as a controller makes it."""
    found = pod(name, address, ports={"http": 8080}, namespace=namespace)
    found["metadata"]["labels"] |= labels
    return found


LIVE = cluster(
    made("ponger-59c4bf5799-l7zn9", "10.244.0.7", HASHED),
    made("ponger-59c4bf5799-q545c", "10.244.0.8", HASHED),
    made("db-0", "10.244.0.9", SET),
    made("ponger-too-59c4bf5799-abcde", "10.244.0.10", HASHED, "other"),
    made("alone", "10.244.0.11", {}),
)

CALLED = cluster(
    pod("tom", "10.244.0.7", ports={"http": 8080, "admin": 9090}),
    service("cat", {80: "http", 9000: "admin"}, app="tom"),
    service("dog"),
    service("tom", {80: "web"}),
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ponger", "ponger-59c4bf5799-l7zn9"),
        ("arena/ponger:http", "ponger-59c4bf5799-l7zn9"),
        ("ponger/ping", "ponger-59c4bf5799-l7zn9"),
        ("ponger-59c4bf5799-q545c", "ponger-59c4bf5799-q545c"),
        ("ponger-too", "ponger-too-59c4bf5799-abcde"),
        ("db", "db-0"),
        ("alone", "alone"),
    ],
)
def test_a_workload_of_a_live_cluster_is_meant_by_the_name_of_its_controller(text: str, name: str) -> None:
    assert target(LIVE, text).workload.ref.name == name


@pytest.mark.parametrize(
    ("text", "port", "path"),
    [
        ("cat.arena.svc.cluster.local/charge", 8080, "/charge"),
        ("cat.arena.svc:9000", 9090, ""),
        ("http://cat.arena:9000/a.svc", 9090, "/a.svc"),
        ("http://cat.arena.svc.cluster.local", 8080, ""),
    ],
)
def test_a_service_is_called_by_its_name_or_by_a_url(text: str, port: int, path: str) -> None:
    found = target(CALLED, text)
    assert (found.workload.ref.name, found.port, found.path, found.called) == ("tom", port, path, "cat")


@pytest.mark.parametrize("text", ["cat:80/charge", "arena/cat:80/charge", "cat:p80/charge", "arena/cat:9000", "cat/a"])
def test_a_name_that_no_workload_has_may_be_a_services(text: str) -> None:
    found = target(CALLED, text)
    assert (found.workload.ref.name, found.called) == ("tom", "cat")
    assert (found.port, found.dialled) == ((9090, 9000) if "9000" in text else (8080, 80))


def test_a_service_of_several_pods_is_called_by_its_name() -> None:
    """On a live cluster each replica is a pod of its own: `judge_name` asks about all."""
    pods = [made(f"tom-59c4bf5799-{end}", f"10.244.0.{end}", {**HASHED, "app": "tom"}) for end in (7, 8)]
    found = target(cluster(*pods, service("cat", app="tom")), "http://cat.arena/")
    assert (found.workload.ref.name, found.port, found.dialled) == ("tom-59c4bf5799-7", 8080, 80)


def test_a_port_of_udp_is_none_of_http() -> None:
    names = service("cat", {53: "admin"}, app="tom")
    names["spec"]["ports"].insert(0, {"name": "udp", "protocol": "UDP", "port": 53, "targetPort": "http"})
    both = cluster(pod("tom", "10.244.0.7", ports={"http": 8080, "admin": 9090}), names)
    assert target(both, "http://cat.arena:53/").port == 9090


@pytest.mark.parametrize("name", ["cat.arena.svc.example.org", "http://cat.arena.svc.other.local/"])
def test_a_service_of_another_domain_is_none_of_the_cluster(name: str) -> None:
    with pytest.raises(UnknownWorkload):
        target(CALLED, name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://cat.arena:81/", "Service arena/cat has no TCP port 81; its TCP ports: 80 (p80), 9000 (p9000)"),
        ("http://cta.arena/", "no Service `arena/cta` in these manifests; did you mean arena/cat?"),
        (
            "dog.arena.svc",
            "port 80 of Service arena/dog leads to no workload of these manifests: write namespace/workload:port",
        ),
        ("http://tom.arena", "port 80 of Service arena/tom leads nowhere: Pod arena/tom has no port `web`"),
        ("tom:80", "port 80 of Service arena/tom leads nowhere: Pod arena/tom has no port `web`"),
        ("cat:81", "Service arena/cat has no TCP port 81; its TCP ports: 80 (p80), 9000 (p9000)"),
        ("cat.arena.svc:adm", "Service arena/cat has no TCP port adm; its TCP ports: 80 (p80), 9000 (p9000)"),
        (
            "http://cat/a",
            "`http://cat/a` is no URL of a Service of this cluster: write http://SERVICE.NAMESPACE[:PORT][/PATH], "
            "such as http://cart.shop:8080/items",
        ),
        (
            "https://cat.arena/a",
            "`https://cat.arena/a`: only URLs with http:// are taken; for TLS of the application's own write "
            "SERVICE.NAMESPACE.svc:PORT and --protocol tls",
        ),
    ],
)
def test_what_a_service_lacks_is_said(text: str, told: str) -> None:
    with pytest.raises(UnknownWorkload) as error:
        target(CALLED, text)
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("arena/nobody", "there are arena/tom"),
        ("arena/tim", "did you mean arena/tom?"),
        ("other/tom", "did you mean arena/tom?"),
        ("tim", "did you mean tom?"),
    ],
)
def test_names_are_compared_without_the_namespace_that_they_share(text: str, told: str) -> None:
    with pytest.raises(UnknownWorkload, match=f"no workload `{text}` in these manifests; {re.escape(told)}"):
        caller(CALLED, text)


@pytest.mark.parametrize("text", ["kubelet", "node"])
def test_the_kubelet_is_an_address(text: str) -> None:
    with pytest.raises(UnknownWorkload, match="the address of its node: write that address, such as 10"):
        caller(CALLED, text)


def test_a_caller_is_found_so_too() -> None:
    found = caller(LIVE, "arena/ponger").workload
    assert found is not None
    assert found.ref.name == "ponger-59c4bf5799-l7zn9"


def test_a_name_that_two_namespaces_have_is_not_clear() -> None:
    twice = cluster(
        made("ponger-59c4bf5799-l7zn9", "10.244.0.7", HASHED),
        made("ponger-59c4bf5799-x", "10.244.0.8", HASHED, "other"),
    )
    with pytest.raises(UnknownWorkload, match="not clear"):
        target(twice, "ponger")


def test_an_address_means_the_pod_that_has_it() -> None:
    """R71: with its sidecar, and so its identity; the address of a node may be several pods'."""
    shared = made("node-agent", "10.0.0.5", {})
    shared["spec"]["hostNetwork"] = True
    found = cluster(made("tom", "10.244.0.7", {}), shared)
    meant = {"10.244.0.7": "tom", "::ffff:10.244.0.7": "tom", "::ffff:1.2.3.4": "1.2.3.4", "fd00::7": "fd00::7"}
    for text, name in {**meant, "10.244.0.8": "10.244.0.8", "10.0.0.5": "10.0.0.5"}.items():
        asked = caller(found, text)
        assert (asked.workload.ref.name if asked.workload else str(asked.address)) == name


def test_a_slip_of_the_pen_is_answered_with_the_names_of_controllers() -> None:
    with pytest.raises(UnknownWorkload, match="did you mean ponger"):
        target(LIVE, "pongr")


@pytest.mark.parametrize(
    ("manifests", "text", "direct", "port"),
    [
        ([], "ponger:80", False, 8080),
        ([], "ponger:80", True, 80),
        ([], "ponger:8080", False, 8080),
        ([], "ponger:81", False, 81),
        ([server("own", 80)], "ponger:80", False, 80),
        ([service("more", {80: "metrics"}, app="ponger")], "ponger:80", False, 8080),
        ([service(x, {82: to}, app="ponger") for x, to in (("a", "http"), ("b", "metrics"))], "ponger:82", False, 82),
        ([service("more", {8080: "metrics"}, app="ponger")], "ponger:8080", False, 8080),
        ([service("other", {81: "http"}, app="nobody")], "ponger:81", False, 81),
    ],
)
def test_a_port_that_only_its_service_has_means_what_it_leads_to(
    manifests: list[Manifest], text: str, direct: bool, port: int
) -> None:
    """One that the workload has means itself, and so does one that two Services of other names lead elsewhere."""
    found = target(cluster(*ARENA, *manifests), text, direct=direct)
    assert (found.port, found.through is None) == (port, not (text == "ponger:80" and port == 8080))
