"""What a sidecar does for its app, and for nobody else, on real Envoy."""

import asyncio
from base64 import b64encode

import httpx
import pytest

from localmesh.cases.wire import ByProxy, over_http2
from localmesh.envoy.endpoints import Endpoint
from localmesh.pods.pod import OUTBOUND_PORT

from .realenvoy import SECRET, Sidecar
from .values import at
from .world import PORTS, World, destination, url

pytestmark = pytest.mark.envoy


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("", id="none"),
        pytest.param("app:guess", id="wrong"),
        pytest.param(f"other:{SECRET}", id="other user"),
        pytest.param(f"app:{SECRET} ", id="one character more"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "CONNECT"])
def test_who_does_not_know_the_secret_gets_407(world: World, password: str, method: str) -> None:
    answer = _ask_proxy(world.friend, method, {"proxy-authorization": _basic(password)} if password else {})
    assert answer.startswith(b"HTTP/1.1 407 ")
    assert b'proxy-authenticate: Basic realm="sidecar"' in answer


def test_the_secret_goes_no_further(world: World) -> None:
    with world.friend.client() as asks:
        seen = asks.get(url("http", "/open")).json()["headers"]
    assert not [name for name in seen if name.startswith("proxy-")]


def test_the_app_sees_what_was_asked_and_nothing_of_envoy(world: World) -> None:
    with world.friend.client() as asks:
        seen = asks.get(url("http", "/open"), headers={"x-envoy-max-retries": "9"}).json()
    assert seen["headers"]["host"] == "server.web.svc.cluster.local:8080"
    assert not [name for name in seen["headers"] if name.startswith("x-envoy") or name == "x-request-id"]


@pytest.mark.parametrize(
    "host", ["server", "server.web", "server.web.svc", "server.web.svc.cluster.local", "SERVER.Web"]
)
def test_a_service_is_called_by_each_of_its_names(world: World, host: str) -> None:
    with world.friend.client() as asks:
        assert asks.get(f"http://{host}:{PORTS['http']}/ping").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("nobody.web", 502, id="no such Service"),
        pytest.param("server.web:1", 502, id="no such port"),
        pytest.param("example.com", 502, id="outside of the mesh"),
    ],
)
def test_an_unknown_host_is_bad_gateway(world: World, host: str, status: int) -> None:
    with world.friend.client() as asks:
        assert status == asks.get(f"http://{host}/").status_code


def test_a_pod_that_calls_itself_passes_every_policy(world: World) -> None:
    """M1: no 403, no 404, and no identity header."""
    with world.server.client() as asks:
        answer = asks.get(url("sparse", "/anything"))
    assert answer.status_code == 200
    assert "l5d-client-id" not in answer.json()["headers"]


def test_endpoints_come_and_go_while_the_app_calls(world: World) -> None:
    port = destination("http")
    server = at(world.server.pod, PORTS["http"])
    with world.friend.client() as asks:
        world.friend.change(port)
        assert asks.get(url("http")).status_code == 503, "no endpoint"
        world.friend.change(port, Endpoint(server.address, 1, server.identity))
        assert asks.get(url("http")).status_code == 502, "nobody listens there"
        world.friend.change(port, server)
        assert asks.get(url("http")).status_code == 200


def test_a_port_that_is_opaque_gets_requests_as_a_stream(world: World) -> None:
    """R65: the server's sidecar sees bytes, and its routes do not count."""
    with world.friend.client() as asks:
        answer = asks.get(f"http://hinted:{PORTS['unknown']}/refused-by-routes")
    assert answer.status_code == 200
    assert "l5d-client-id" not in answer.json()["headers"]


@pytest.mark.parametrize(("port", "outcome"), [("http", "200"), ("unknown", "502")])
def test_http2_reaches_an_app_of_http1_where_its_port_is_declared_so(world: World, port: str, outcome: str) -> None:
    """Elsewhere HTTP/2 goes on as such (gRPC could not go on otherwise), and such an app does not understand it."""
    route, authority = ByProxy(world.friend.pod, SECRET), f"server.web:{PORTS[port]}"
    assert asyncio.run(over_http2(route, "GET", "/ping", authority, {})).outcome == outcome


def test_an_opaque_endpoint_on_a_port_for_http_is_bad_gateway(world: World) -> None:
    """M2: the server closes (R64), the client's own sidecar says so."""
    with world.friend.client() as asks:
        assert asks.get(f"http://hinted:{PORTS['http']}/ping").status_code == 502


def test_envoy_administration_is_on_a_private_socket_alone(world: World) -> None:
    assert world.friend.pod.admin.stat().st_mode & 0o777 == 0o600
    listeners = world.friend.admin("/listeners").splitlines()
    assert f"outbound::{world.friend.pod.local}:{OUTBOUND_PORT}" in listeners
    assert len(listeners) == 1


def _ask_proxy(sidecar: Sidecar, method: str, headers: dict[str, str]) -> bytes:
    target = f"server.web:{PORTS['http']}"
    lines = [f"{method} {target if method == 'CONNECT' else f'http://{target}/ping'} HTTP/1.1", f"host: {target}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return sidecar.ask("\r\n".join([*lines, "connection: close", "", ""]).encode())


def _basic(password: str) -> str:
    return "Basic " + b64encode(password.encode()).decode()


def test_the_clients_of_httpx_need_no_more_than_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://app:{SECRET}@{world.friend.pod.local}:{OUTBOUND_PORT}")
    with httpx.Client() as asks:
        assert asks.get(url("http")).status_code == 200
