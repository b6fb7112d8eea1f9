"""The way in from outside: real sockets, real TLS, and a certificate that is checked."""

import base64
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kindmesh.errors import BadInput
from kindmesh.probes.entrance import Entrance, find_entrance
from kindmesh.tools.kube import Kube

from ..standins import items, settings, tools


def self_signed(name: str, key: ec.EllipticCurvePrivateKey) -> str:
    """Return the certificate that a self-signed Issuer of cert-manager would make."""
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode()


class Front(BaseHTTPRequestHandler):
    """Offers /rally alone."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/rally" else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture(params=["localhost", "elsewhere"])
def entrance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Entrance]]:
    """Serve HTTP and HTTPS, with a certificate for a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = self_signed(request.param, key)
    whole = tmp_path / "whole.pem"
    kept = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    whole.write_text(pem + key.private_bytes(*kept).decode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    with HTTPServer(("127.0.0.1", 0), Front) as plain, HTTPServer(("127.0.0.1", 0), Front) as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        threads = [Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in (plain, secure)]
        for thread in threads:
            thread.start()
        ports = {"web": plain.server_port, "websecure": secure.server_port}
        yield request.param, Entrance("127.0.0.1", ports, "localhost", pem)
        for server, thread in zip((plain, secure), threads, strict=True):
            server.shutdown()
            thread.join()


def test_a_request_is_answered_and_a_certificate_for_another_name_is_not_taken(
    entrance: tuple[str, Entrance],
) -> None:
    name, door = entrance
    assert (door.get("/rally"), door.get("/metrics")) == ("200", "404")
    found = door.get("/rally", secure=True)
    assert found == "200" if name == "localhost" else "mismatch" in found


def test_a_closed_door_is_told_and_does_not_raise() -> None:
    assert "refused" in Entrance("127.0.0.1", {"web": 1}).get("/")


PORTS = [{"name": "web", "nodePort": 30080}, {"name": "websecure", "nodePort": 30443}]
CONFIG = """
nodes:
  - role: control-plane
    extraPortMappings:
      - {containerPort: 30080, hostPort: 9080}
  - role: worker
  - role: worker
    extraPortMappings:
      - {containerPort: 30443, hostPort: 9443}
"""


def test_kind_is_entered_by_the_ports_of_this_machine_that_its_configuration_maps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {"service/traefik": {"spec": {"ports": PORTS}}})
    chosen = settings(KINDMESH_WITHOUT="cert-manager")
    assert find_entrance(Kube("kind-pingpong"), chosen).ports == {"web": 8080, "websecure": 8443}
    (tmp_path / "kind-config.yaml").write_text(CONFIG)
    found = find_entrance(Kube("kind-pingpong"), replace(chosen, root=tmp_path))
    assert found == Entrance("127.0.0.1", {"web": 9080, "websecure": 9443})


def test_a_way_in_that_is_mapped_nowhere_or_has_no_address_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {"service/traefik": {"spec": {"ports": PORTS}}, "get nodes": items()})
    (tmp_path / "kind-config.yaml").write_text(CONFIG.replace("30443", "30444"))
    chosen = settings(KINDMESH_WITHOUT="cert-manager")
    with pytest.raises(BadInput, match=r"kind-config.yaml: .* NodePort 30443 \(websecure\)"):
        find_entrance(Kube("kind-pingpong"), replace(chosen, root=tmp_path))
    with pytest.raises(BadInput, match="no node of some has an InternalIP"):
        find_entrance(Kube("some"), replace(chosen, existing=True))


@pytest.mark.parametrize(("authority", "words"), [("", "self-signed"), ("no certificate", "certificate")])
def test_who_did_not_sign_is_not_believed(authority: str, words: str, entrance: tuple[str, Entrance]) -> None:
    _, door = entrance
    assert words in replace(door, authority=authority).get("/rally", secure=True)


@pytest.mark.parametrize(("data", "authority"), [({"ca.crt": base64.b64encode(b"who").decode()}, "who"), ({}, "")])
def test_a_cluster_of_ones_own_is_entered_by_a_nodes_address_and_a_public_authority_is_the_systems(
    data: dict[str, str], authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = {
        "status": {"addresses": [{"type": "Hostname", "address": "vm"}, {"type": "InternalIP", "address": "10.0.0.1"}]}
    }
    answers = {
        "secret/ingress-tls": {"data": data},
        "certificate/ingress-tls": {"spec": {"dnsNames": ["ping.example.org"]}},
        "service/traefik": {"spec": {"ports": PORTS}},
        "get nodes": items(node),
    }
    tools(tmp_path, monkeypatch, answers)
    found = find_entrance(Kube("some"), settings(KINDMESH_CONTEXT="some"))
    assert found == Entrance("10.0.0.1", {"web": 30080, "websecure": 30443}, "ping.example.org", authority)
