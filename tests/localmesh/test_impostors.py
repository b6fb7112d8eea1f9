"""Whoever is not who it says: refused by real Envoys, beside the same call by the right one."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from typing import Any

import httpx
import pytest

from localmesh.ask.sending import Observed, send, with_certificate
from localmesh.ask.targets import Target
from localmesh.files import write
from localmesh.identity.authority import Authority
from localmesh.identity.certificates import Leaf, Validity
from localmesh.pods.addresses import HERE
from localmesh.until import until

from .build import pod
from .commands import Commands

pytestmark = pytest.mark.envoy

PINGER = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"
PONGER = PINGER.replace("pinger", "ponger")
PONG = "http://ponger.pingpong.svc.cluster.local/ping"
HOUR = timedelta(hours=1)


def authority(mesh: Commands) -> Authority:
    return Authority.open(mesh.state / "authority", "cluster.local")


def ping(mesh: Commands, leaf: Leaf, identity: str = PONGER) -> Observed:
    """Call ponger directly with a certificate, expecting the server to prove `identity`."""
    ponger = next(iter(mesh.pods("ponger").values()))
    target = Target(pod(local=IPv4Address(ponger.address), identity=identity), 8080, "ponger", "/ping")
    way = with_certificate(target, HERE, leaf, authority(mesh).anchor.pem, mesh.folder)
    return asyncio.run(send(way, target, "GET", ()))


def issued(by: Authority, identity: str = PINGER) -> Leaf:
    return by.issuer.leaf(identity, Validity.lasting(HOUR))


def test_the_right_certificate_is_admitted(mesh: Commands) -> None:
    assert ping(mesh, issued(authority(mesh))).status == 200


@pytest.mark.parametrize("identity", [PONGER, PINGER.replace("pingpong", "other"), "pinger", f"x.{PINGER}"])
def test_another_identity_of_the_same_authority_is_forbidden(identity: str, mesh: Commands) -> None:
    assert ping(mesh, issued(authority(mesh), identity)).status == 403


def test_a_certificate_of_another_authority_is_refused_in_the_handshake(mesh: Commands) -> None:
    assert ping(mesh, issued(Authority.create("cluster.local"))).status is None


def test_an_expired_certificate_is_refused_in_the_handshake(mesh: Commands) -> None:
    # It cannot begin before its issuer does, which began with this mesh: so it ends soon, and that is waited for.
    leaf = authority(mesh).issuer.leaf(PINGER, Validity.lasting(timedelta(seconds=1)))
    # A certificate holds to the end of its last second.
    over = leaf.validity.end + timedelta(seconds=1)
    asyncio.run(until(lambda: datetime.now(UTC) >= over, within=5, what="it did not expire"))
    assert ping(mesh, leaf).status is None


def test_a_server_that_proves_another_name_is_not_spoken_to(mesh: Commands) -> None:
    found = ping(mesh, issued(authority(mesh)), identity=PINGER)
    assert found.status is None


@contextmanager
def impostor(mesh: Commands, identity: str) -> Iterator[None]:
    """Lead pinger to a server that has a good certificate, of `identity`, at the address of ponger's endpoint."""
    (pinger,) = mesh.pods("pinger")
    file = mesh.state / "pods" / pinger / "eds/ponger.pingpong.80.json"
    before = file.read_text()
    document: Any = json.loads(before)
    (endpoint, *_) = document["resources"][0]["endpoints"][0]["lb_endpoints"]
    with serving(mesh, identity) as port:
        endpoint["endpoint"]["address"]["socket_address"] = {"address": str(HERE), "port_value": port}
        document["resources"][0]["endpoints"][0]["lb_endpoints"] = [endpoint]
        write(file, json.dumps(document))
        try:
            yield
        finally:
            write(file, before)


class Impostor(BaseHTTPRequestHandler):
    """Answers `impostor` to everybody."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("content-length", "8")
        self.end_headers()
        self.wfile.write(b"impostor")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is http.server's
        """Say nothing."""


class Quiet(HTTPServer):
    """Takes a refused handshake for what it is: no error of the server."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def serving(mesh: Commands, identity: str) -> Iterator[int]:
    """Run the impostor with a certificate of `identity`; yield its port."""
    leaf = issued(authority(mesh), identity)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = mesh.folder / "impostor.pem"
    write(pem, leaf.chain_pem + leaf.key_pem)
    context.load_cert_chain(pem)
    with Quiet((str(HERE), 0), Impostor) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def through_pinger(mesh: Commands) -> Iterator[str]:
    """Yield the answers that pinger's app gets, one after the other."""
    (pinger,) = mesh.pods("pinger")
    proxy = mesh.processes()[f"{pinger}/pinger"].environ()["HTTP_PROXY"]
    with httpx.Client(proxy=proxy, trust_env=False) as http:
        for _ in range(500):
            response = http.get(PONG)
            yield f"{response.status_code} {response.text.strip()}"


@pytest.mark.parametrize(("identity", "answer"), [(PONGER, "200 impostor"), (PINGER, "502")])
def test_an_impostor_behind_the_right_name_is_refused_by_its_certificate(
    identity: str, answer: str, mesh: Commands
) -> None:
    with impostor(mesh, identity):
        answers = through_pinger(mesh)
        assert next((found for found in answers if not found.startswith("200 pong")), "").strip() == answer
    assert "200 pong" in through_pinger(mesh)
