"""What `check` is asked to send, and the curl that it shows for it."""

from pathlib import Path

import pytest
import yaml

from ..build import ARENA, account, allow, exact, ref, route, server, service
from ..command import run

MATCHED = route(exact("/a", headers=[{"name": "X-A", "value": "1"}, {"name": "x-url", "value": "http://b"}]))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return manifests whose only route asks for two headers."""
    policy = allow(account("pinger"), on=ref("HTTPRoute", "route"))
    manifests = tmp_path / "arena.yaml"
    manifests.write_text(yaml.safe_dump_all([*ARENA, server(), MATCHED, policy]))
    return manifests


@pytest.mark.parametrize(
    ("headers", "head"),
    [
        (("x-a: 1", "x-url: http://b"), "ALLOWED"),
        (("X-A=1", "x-url=http://b"), "ALLOWED"),
        (("x-a:1", "x-url :  http://b  "), "ALLOWED"),
        (("x-a: 2", "x-a: 1", "x-url: http://b"), "ALLOWED"),
        (("x-a: 2", "x-url: http://b"), "REFUSED (not found, seen as 404)"),
        (("x-a: 1",), "REFUSED (not found, seen as 404)"),
    ],
)
def test_a_header_is_written_as_curl_takes_it_or_with_an_equals_sign(
    headers: tuple[str, ...], head: str, file: Path
) -> None:
    """R93: of several lines of one header, one is enough."""
    options = [word for header in headers for word in ("--header", header)]
    assert run("check", "pinger", "ponger:http/a", file, *options)[1].startswith(head)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--header", "x"), "write 'NAME: VALUE' or NAME=VALUE"),
        (("--header", ": x"), "write 'NAME: VALUE' or NAME=VALUE"),
        (("--header", "x: a\r\nb: c"), "in printable ASCII"),
        (("--header", "x y: é"), "in printable ASCII"),
        (("--path", "a"), "a path begins with /"),
        (("--path", "/a b"), "no spaces"),
        (("--method", "GET /"), "a method such as GET is expected"),
        (("--protocol", "smtp"), "'smtp' is not one of"),
    ],
)
def test_what_cannot_be_sent_is_refused(options: tuple[str, ...], message: str, file: Path) -> None:
    code, out, told = run("check", "pinger", "ponger:http", file, *options)
    assert (code, out) == (2, "")
    assert message in told


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "curl -i http://ponger.arena.svc.cluster.local/a"),
        (("--method", "post"), "curl -i -X POST http://ponger.arena.svc.cluster.local/a"),
        (("--host", "b.org"), "curl -i -H 'host: b.org' http://ponger.arena.svc.cluster.local/a"),
        (
            ("--header", "x: it's", "--header", "x: 2"),
            """curl -i -H 'x: it'"'"'s' -H 'x: 2' http://ponger.arena.svc.cluster.local/a""",
        ),
        (("--path", "/a?b&c"), "curl -i 'http://ponger.arena.svc.cluster.local/a?b&c'"),
        (("--direct",), "curl -i http://10.244.0.21:8080/a"),
    ],
)
def test_the_curl_that_is_shown_sends_the_same(options: tuple[str, ...], expected: str, file: Path) -> None:
    out = run("check", "pinger", "ponger:http/a", file, *options)[1]
    assert f"  kubectl exec -n arena pinger -- {expected}\n" in out
    assert f"  {expected}\n" in run("check", "unmeshed", "ponger:http/a", file, *options)[1]


@pytest.mark.parametrize(
    ("options", "head"),
    [
        ((), "ALLOWED"),
        (("--direct",), "ALLOWED"),
        (("--host", "ponger"), "REFUSED (redirect, seen as 302)"),
        (("--host", "ponger:8080"), "ALLOWED"),
    ],
)
def test_the_host_that_a_client_sends_by_itself_has_the_port(
    options: tuple[str, ...], head: str, tmp_path: Path
) -> None:
    """R54: a redirect to the port that was called leads to where the request came from."""
    to_port = [{"type": "RequestRedirect", "requestRedirect": {"port": 8080}}]
    manifests = tmp_path / "arena.yaml"
    pods = [manifest for manifest in ARENA if manifest["kind"] != "Service"]
    called = [service(ports={8080: "http"}), server(accessPolicy="all-unauthenticated")]
    manifests.write_text(yaml.safe_dump_all([*pods, *called, route(exact("/a"), filters=to_port)]))
    assert run("check", "pinger", "ponger:http/a", manifests, *options)[1].startswith(head)


def test_over_http_2_a_host_is_no_header(tmp_path: Path) -> None:
    """R93: it is the authority of the request."""
    matched = route({"headers": [{"name": "host", "type": "RegularExpression", "value": ".*"}]})
    manifests = tmp_path / "arena.yaml"
    manifests.write_text(yaml.safe_dump_all([*ARENA, server(accessPolicy="all-unauthenticated"), matched]))
    asked = ("check", "pinger", "ponger:http/a", manifests)
    assert run(*asked)[1].startswith("ALLOWED")
    assert run(*asked, "--protocol", "http2")[1].startswith("REFUSED (not found")
