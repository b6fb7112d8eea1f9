"""What a person means by the target of a question."""

import pytest

from localmesh.ask.targets import Target, find_target
from localmesh.errors import BadInput, LocalMeshError
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.container import ContainerPort
from meshpolicy.kinds.service import ServicePort

from ..build import HTTP, container, pod, service

PORTS = (HTTP, ContainerPort(9090, "metrics"))
PONGERS = tuple(pod(f"ponger-{n}", 2 + n, containers=(container(ports=PORTS),)) for n in range(2))
BATCH = pod("batch-0", 9, containers=(container("batch", ports=(ContainerPort(7000),)),))
DUMB = pod("dumb-0", 8, containers=(container("dumb", ports=()),))
PONGER = service(ports=(ServicePort(80, "http", "http"), ServicePort(9090, "metrics", "metrics")))
FQDN = "ponger.pingpong.svc.cluster.local"


@pytest.mark.parametrize(
    ("text", "pod_name", "number", "authority", "path"),
    [
        ("ponger", "ponger-1", 8080, FQDN, "/"),
        ("ponger/ping?x=1", "ponger-1", 8080, FQDN, "/ping?x=1"),
        ("ponger.pingpong/ping", "ponger-1", 8080, FQDN, "/ping"),
        ("ponger.pingpong.svc/ping", "ponger-1", 8080, FQDN, "/ping"),
        (f"{FQDN}:80/ping", "ponger-1", 8080, FQDN, "/ping"),
        ("ponger:80", "ponger-1", 8080, FQDN, "/"),
        ("ponger:metrics/metrics", "ponger-1", 9090, f"{FQDN}:9090", "/metrics"),
        ("ponger-0:metrics/a:b", "ponger-0", 9090, "127.244.0.2:9090", "/a:b"),
        ("ponger-0:8080", "ponger-0", 8080, "127.244.0.2:8080", "/"),
        ("batch", "batch-0", 7000, "127.244.0.9:7000", "/"),
        ("ponger/../ping", "ponger-1", 8080, FQDN, "/../ping"),
        ("ponger//a%2e/./b#f", "ponger-1", 8080, FQDN, "//a%2e/./b#f"),
        ("ponger/http://x/", "ponger-1", 8080, FQDN, "/http://x/"),
        ("dumb-0:81", "dumb-0", 81, "127.244.0.8:81", "/"),
    ],
)
def test_a_target_is_a_service_a_pod_or_a_workload_with_port_and_path(
    text: str, pod_name: str, number: int, authority: str, path: str
) -> None:
    found = find_target(text, [PONGER], [*PONGERS, BATCH, DUMB], [PONGERS[1], BATCH])
    assert (found.pod.name, found.number, found.authority, found.path) == (pod_name, number, authority, path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "NAME[:PORT][/PATH] is expected"),
        ("ponger:80:90", "NAME[:PORT][/PATH] is expected"),
        ("/ping", "NAME[:PORT][/PATH] is expected"),
        ("pong/ping", "pong: there is no such service, workload or pod; known are ponger, ponger-0, ponger-1, twin"),
        ("ponger:8080", "there is no port 8080; its ports are http (80), metrics (9090)"),
        ("ponger-0:grpc", "there is no port grpc; its ports are http (8080), metrics (9090)"),
        ("twin", "more than one Service has this name; write twin.a or twin.b"),
    ],
)
def test_a_target_that_is_not_there_is_answered_with_what_is(text: str, complaint: str) -> None:
    twins = [service("twin", ref=Ref("", "Service", namespace, "twin")) for namespace in "ab"]
    with pytest.raises(BadInput) as caught:
        find_target(text, [PONGER, *twins], PONGERS, PONGERS)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("path", "by_proxy", "read"),
    [
        ("/ping", False, ("/ping", "header")),
        ("/../ping#f", False, ("/../ping#f", "header")),
        ("", False, ("", "header")),
        ("*", False, ("*", "header")),
        (" /ping \t", False, ("/ping", "header")),
        ("/pi ng", False, ("/pi ng", "header")),
        ("http://a.b:80/ping?x", False, ("/ping?x", "a.b:80")),
        ("HTTP://a.b", False, ("/", "a.b")),
        ("https://a.b?x", False, ("/?x", "a.b")),
        ("/ping", True, ("/ping", "ponger:80")),
        ("", True, ("/", "ponger:80")),
        ("?x", True, ("/?x", "ponger:80")),
        ("//ping", True, ("//ping", "ponger:80")),
    ],
)
def test_a_proxy_reads_path_and_authority_of_the_request_target(
    path: str, by_proxy: bool, read: tuple[str, str]
) -> None:
    assert Target(PONGERS[0], 8080, "ponger:80", path).received("header", by_proxy=by_proxy) == read


def test_a_service_without_ready_pods_is_no_bad_input() -> None:
    with pytest.raises(LocalMeshError, match="ponger: no pod behind the Service is ready") as caught:
        find_target("ponger", [PONGER], PONGERS, [])
    assert not isinstance(caught.value, BadInput)
