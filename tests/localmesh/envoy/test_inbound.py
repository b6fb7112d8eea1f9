"""What real Envoy answers to whom, port by port: the matrix of R63 with the verdicts that Linkerd gives."""

import json

import httpx
import pytest

from localmesh.observe.entry import from_line
from localmesh.pods.addresses import to_cluster
from localmesh.pods.pod import Pod
from meshpolicy.decide.decision import Verdict

from .realenvoy import say
from .values import identity
from .world import PORTS, World, url

pytestmark = pytest.mark.envoy

CLOSED = b""
HELLO = b"hello\n"
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    ("client", "port", "method", "path", "status"),
    [
        ("friend", "http", "GET", "/ping", 200),
        ("friend", "http", "GET", "/ping?loud=yes", 200),
        ("friend", "http", "POST", "/ping", 403),
        ("friend", "http", "GET", "/ping/", 403),
        ("friend", "http", "GET", "/PING", 403),
        ("friend", "http", "GET", "//ping", 403),
        ("friend", "http", "GET", "/%70ing", 403),
        ("other", "http", "GET", "/ping", 403),
        ("stranger", "http", "GET", "/ping", 403),
        ("stranger", "http", "GET", "/open/door", 200),
        ("friend", "sparse", "GET", "/", 404),
        ("stranger", "sparse", "GET", "/", 404),
        ("stranger", "sparse", "GET", "/ping", 403),
        ("friend", "unknown", "GET", "/ping", 200),
        ("other", "unknown", "GET", "/ping", 403),
        ("stranger", "unknown", "GET", "/open", 200),
        ("friend", "http2", "GET", "/ping", 200),
        ("friend", "opaque", "GET", "/ping", 404),
        ("friend", "tls", "GET", "/ping", 404),
        ("friend", "grpc", "POST", "/ping.Ping/Once", 200),
        ("friend", "grpc", "POST", "/ping.Ping/Once/more", 200),
        ("friend", "grpc", "POST", "/ping.Ping/Twice", 404),
        ("friend", "grpc", "GET", "/ping.Ping/Once", 404),
        ("other", "grpc", "POST", "/ping.Ping/Once", 403),
        ("friend", "invalid", "GET", "/ping", 403),
        ("stranger", "invalid", "GET", "/open", 403),
        ("stranger", "skipped", "GET", "/ping", 200),
    ],
)
def test_a_request_gets(world: World, client: str, port: str, method: str, path: str, status: int) -> None:
    with getattr(world, client).client() as asks:
        answer = asks.request(method, url(port, path))
    assert status == answer.status_code
    assert (b"" if status != 200 else answer.content) == answer.content


@pytest.mark.parametrize(
    ("port", "sent", "answer"),
    [
        ("http", HELLO, b"HTTP/1.1 400 Bad Request\r\n"),
        ("http", HTTP2_PREFACE, b"HTTP/1.1 4"),
        ("unknown", HELLO, CLOSED),
        ("opaque", HELLO, CLOSED),
        ("tls", HELLO, CLOSED),
        ("deny", HELLO, CLOSED),
        ("skipped", HELLO, b"<!DOCTYPE"),
    ],
)
def test_bytes_of_an_unmeshed_client_get(world: World, port: str, sent: bytes, answer: bytes) -> None:
    found = say(world.server.pod, PORTS[port], sent)
    assert found.startswith(answer)
    assert (found == CLOSED) == (answer == CLOSED)


@pytest.mark.parametrize(
    ("client", "port", "answer"),
    [
        ("friend", "opaque", b"echo hello\n"),
        ("friend", "tls", b"echo hello\n"),
        ("friend", "unknown", b"<!DOCTYPE"),
        ("friend", "http", CLOSED),
        ("friend", "deny", CLOSED),
        ("other", "opaque", CLOSED),
        ("other", "unknown", CLOSED),
        ("stranger", "opaque", CLOSED),
    ],
)
def test_a_stream_through_the_sidecar_gets(world: World, client: str, port: str, answer: bytes) -> None:
    found = getattr(world, client).tunnel(f"server.web:{PORTS[port]}", HELLO)
    assert found.startswith(answer)
    assert (found == CLOSED) == (answer == CLOSED)


@pytest.mark.parametrize("port", ["http2", "grpc"])
def test_http1_is_a_protocol_error_on_a_port_for(world: World, port: str) -> None:
    assert b"HTTP/1.1" not in say(world.server.pod, PORTS[port], b"GET /open HTTP/1.1\r\nhost: x\r\n\r\n")


@pytest.mark.parametrize(
    ("client", "path", "status"),
    [
        ("friend", "/ping.Ping/Twice", "5"),
        ("other", "/ping.Ping/Once", "7"),
    ],
)
def test_a_refused_call_is_told_by_grpc_status(world: World, client: str, path: str, status: str) -> None:
    with getattr(world, client).client() as asks:
        answer = asks.post(url("grpc", path), headers={"content-type": "application/grpc"})
    assert (200, status) == (answer.status_code, answer.headers["grpc-status"])


@pytest.mark.parametrize("client", ["friend", "stranger"])
def test_identity_headers_of_a_client_are_worth_nothing(world: World, client: str) -> None:
    forged = {"l5d-client-id": identity("forged"), "x-forwarded-client-cert": f"DNS={identity('forged')}"}
    with getattr(world, client).client() as asks:
        assert asks.get(url("http", "/open"), headers=forged).status_code == 200
        seen = asks.get(url("http", "/open"), headers=forged).json()["headers"]
    assert "x-forwarded-client-cert" not in seen
    assert seen.get("l5d-client-id") == (identity("friend") if client == "friend" else None)


def test_a_forged_identity_opens_nothing(world: World) -> None:
    forged = {"l5d-client-id": identity("friend"), "x-forwarded-client-cert": f"DNS={identity('friend')}"}
    answer = httpx.get(_direct(world.server.pod, "http", "/ping"), headers=forged, trust_env=False)
    assert answer.status_code == 403


def test_the_log_says_who_called_and_what_decided(world: World) -> None:
    with world.friend.client() as asks:
        asks.get(url("http", "/ping?logged"), headers={"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"})
        asks.get(url("http", "/refused?logged"))
    allowed = world.server.wait_for_log(path="/ping?logged")
    assert identity("friend") == allowed["identity"]
    assert allowed["authorization"] == "AuthorizationPolicy web/friends-may"
    assert allowed["route"] == "HTTPRoute web/offer"
    assert str(world.friend.pod.local) == allowed["peer"]
    assert "1" * 32 in allowed["traceparent"]
    refused = world.server.wait_for_log(path="/refused?logged", status=403)
    assert (refused["route"], refused.get("authorization")) == ("HTTPRoute web/rest", None)
    sent = world.friend.wait_for_log(path="/ping?logged")
    assert identity("server") == sent["upstream_identity"]


def test_a_stream_is_logged_with_its_identity_and_grant(world: World) -> None:
    world.friend.tunnel(f"server.web:{PORTS['opaque']}", HELLO)
    line = world.server.wait_for_log(port=PORTS["opaque"], identity=identity("friend"))
    assert line["authorization"] == "AuthorizationPolicy web/friends-may"


@pytest.mark.parametrize(
    ("client", "port"), [("friend", "deny"), ("friend", "http"), ("other", "invalid"), ("other", "opaque")]
)
def test_a_stream_that_is_refused_is_logged_with_who_sent_it(world: World, client: str, port: str) -> None:
    """Also where nobody is granted anything, so that nobody need be asked who it is."""
    assert getattr(world, client).tunnel(f"server.web:{PORTS[port]}", HELLO) == CLOSED
    line = world.server.wait_for_log(port=PORTS[port], identity=identity(client))
    entry = from_line("server", json.dumps(line))
    assert entry is not None
    assert (entry.verdict, entry.request) == (Verdict.CLOSED, "stream")


def test_bytes_of_a_stranger_that_are_refused_are_logged(world: World) -> None:
    assert say(world.server.pod, PORTS["deny"], HELLO) == CLOSED
    entry = from_line("server", json.dumps(world.server.wait_for_log(port=PORTS["deny"], peer="127.0.0.1")))
    assert entry is not None
    assert (entry.verdict, entry.identity) == (Verdict.CLOSED, "")


def test_header_changes_reach_the_app(world: World) -> None:
    with world.friend.client() as asks:
        seen = asks.get(url("filters", "/change"), headers={"x-set": "old", "x-remove": "1", "x-add": "1"}).json()
    found = {name: value for name, value in seen["headers"].items() if name in ("x-add", "x-set", "x-remove")}
    assert found == {"x-add": "1,50%", "x-set": "new"}


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/old/page?a=b", 301, "/new/page?a=b"),
        ("/old", 301, "/new"),
        ("/exact", 500, ""),
        ("/closed", 403, ""),
    ],
)
def test_a_redirect_is_for_the_authorized(world: World, path: str, status: int, location: str) -> None:
    with world.stranger.client() as asks:
        answer = asks.get(url("filters", path))
    assert status == answer.status_code
    assert answer.headers.get("location", "").endswith(location)


def test_a_server_that_speaks_first_says_nothing_to_a_stranger(world: World) -> None:
    """R95: the app is not even connected to before the stream is authorized."""
    before = _connections(world, "opaque")
    assert say(world.server.pod, PORTS["opaque"], HELLO) == CLOSED
    assert before == _connections(world, "opaque")


def test_an_unmeshed_pod_is_seen_by_its_own_address(world: World) -> None:
    with world.stranger.client() as asks:
        asks.get(url("http", "/open?address"))
    line = world.server.wait_for_log(path="/open?address")
    assert str(world.stranger.pod.local) == line["peer"]
    assert to_cluster(world.stranger.pod.local) == world.stranger.pod.address


def _connections(world: World, port: str) -> int:
    return world.server.stat(f"cluster.app_{PORTS[port]}.upstream_cx_total")


def _direct(pod: Pod, port: str, path: str) -> str:
    return f"http://{pod.local}:{PORTS[port]}{path}"


def test_what_a_caller_writes_is_cut_in_the_access_log(world: World) -> None:
    path = f"/open/door?cut={'x' * 5000}"
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01-{'c' * 5000}"}
    with world.stranger.client() as asks:
        assert asks.get(url("http", path), headers=headers).status_code == 200
    line = world.server.wait_for_log(path=path[:2048])
    assert len(line["traceparent"]) == 55
    assert len(str(line)) < 5000
