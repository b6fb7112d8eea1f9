"""The way in from outside: real sockets, real TLS, and certificates that curl and OpenSSL take as well."""

import base64
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kindmesh.errors import BadInput
from kindmesh.probes.entrance import Entrance, describe_entrance, find_entrance
from kindmesh.tools.kube import Kube

from ...onpath import really
from ...rendered import ROOT, load_all
from ..standins import items, settings, tools

MANIFEST = ROOT / "mesh/ingress/tls/certificate.yaml"


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def whole(self) -> str:
        """The certificate and its key as text."""
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.pem + self.key.private_bytes(*form).decode()


def issue(spec: dict[str, Any], authority: Signed | None = None) -> Signed:
    """Return the certificate that cert-manager makes of a Certificate's spec; self-signed without an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    words = [(NameOID.ORGANIZATION_NAME, word) for word in spec.get("subject", {}).get("organizations", [])]
    words += [(NameOID.COMMON_NAME, spec["commonName"])] if spec.get("commonName") else []
    subject = x509.Name([x509.NameAttribute(kind, word) for kind, word in words])
    issuer = authority.certificate.subject if authority else subject
    signer, now, leads = (authority.key if authority else key), datetime.now(UTC), spec.get("isCA", False)
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in spec.get("dnsNames", [])]
    names += [x509.IPAddress(ip_address(address)) for address in spec.get("ipAddresses", [])]
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=leads, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, False, not leads, False, False, leads, False, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if "server auth" in spec.get("usages", []):
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not words)
    return Signed(builder.sign(signer, hashes.SHA256()), key)


def written() -> tuple[Signed, Signed]:
    """Return the authority and the certificate of the manifest."""
    specs = {one["metadata"]["name"]: one["spec"] for one in load_all(MANIFEST) if one["kind"] == "Certificate"}
    authority = issue(specs["ingress-ca"])
    return authority, issue(specs["ingress-tls"], authority)


class Front(BaseHTTPRequestHandler):
    """Offers /rally alone."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/rally" else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def served(shown: Signed, authority: Signed, folder: Path, *names: str) -> Iterator[Entrance]:
    """Serve HTTP, and HTTPS with a certificate."""
    whole = folder / "whole.pem"
    whole.write_text(shown.whole)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    with HTTPServer(("127.0.0.1", 0), Front) as plain, HTTPServer(("127.0.0.1", 0), Front) as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        threads = [Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in (plain, secure)]
        for thread in threads:
            thread.start()
        ports = {"web": plain.server_port, "websecure": secure.server_port}
        try:
            yield Entrance("127.0.0.1", ports, names or ("localhost", "127.0.0.1"), authority.pem)
        finally:
            for server, thread in zip((plain, secure), threads, strict=True):
                server.shutdown()
                thread.join()


def asked_by_curl(door: Entrance, name: str, folder: Path, *, by_environment: bool) -> str:
    """Return the status that the real curl gets, or why it gets none."""
    file = folder / "authority.pem"
    file.write_text(door.authority)
    words = ("--silent", "--show-error", "--noproxy", "*", "--output", "/dev/null", "--write-out", "%{http_code}")
    trusted = () if by_environment else ("--cacert", str(file))
    found = subprocess.run(
        [really("curl"), *words, *trusted, f"https://{name}:{door.ports['websecure']}/rally"],
        capture_output=True,
        text=True,
        env={"SSL_CERT_FILE": str(file)} if by_environment else {},
        timeout=30,
        check=False,
    )
    return found.stdout if found.returncode == 0 else found.stderr


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("by_environment", [False, True], ids=["--cacert", "SSL_CERT_FILE"])
def test_curl_takes_the_certificate_of_the_manifest_by_both_of_its_names(
    name: str, by_environment: bool, tmp_path: Path
) -> None:
    authority, leaf = written()
    with served(leaf, authority, tmp_path) as door:
        assert asked_by_curl(door, name, tmp_path, by_environment=by_environment) == "200"
        assert door.get("/rally", name=name) == "200"


def test_openssl_verifies_the_certificate_of_the_manifest_strictly(tmp_path: Path) -> None:
    authority, leaf = written()
    for name, one in (("authority", authority), ("leaf", leaf)):
        (tmp_path / f"{name}.pem").write_text(one.pem)
    for check in (("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1")):
        words = (really("openssl"), "verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", *check)
        files = ("-CAfile", tmp_path / "authority.pem", tmp_path / "leaf.pem")
        found = subprocess.run([*words, *files], capture_output=True, text=True, timeout=30, check=False)
        assert found.stdout.endswith("leaf.pem: OK\n"), found.stderr


def test_a_certificate_with_empty_names_is_refused_as_curl_refuses_it(tmp_path: Path) -> None:
    nameless = issue({"dnsNames": ["localhost"], "ipAddresses": ["127.0.0.1"]})
    with served(nameless, nameless, tmp_path) as door:
        assert door.get("/rally", name="localhost") == (
            "the certificate has an empty subject and issuer, which curl refuses"
        )
        assert "issuer name" in asked_by_curl(door, "localhost", tmp_path, by_environment=False)


def test_a_certificate_for_another_name_is_not_taken(tmp_path: Path) -> None:
    authority, _ = written()
    with served(issue({"commonName": "a", "dnsNames": ["elsewhere"]}, authority), authority, tmp_path) as door:
        assert (door.get("/rally"), door.get("/metrics")) == ("200", "404")
        assert "mismatch" in door.get("/rally", name="localhost")
        assert door.get("/rally", name="elsewhere") == "200"


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


@pytest.mark.parametrize(
    ("authority", "words"), [("", "unable to get local issuer"), ("no certificate", "certificate")]
)
def test_who_did_not_sign_is_not_believed(authority: str, words: str, tmp_path: Path) -> None:
    signer, leaf = written()
    with served(leaf, signer, tmp_path) as door:
        assert words in replace(door, authority=authority).get("/rally", name="localhost")


@pytest.mark.parametrize(("data", "authority"), [({"ca.crt": base64.b64encode(b"who").decode()}, "who"), ({}, "")])
def test_a_cluster_of_ones_own_is_entered_by_a_nodes_address_and_a_public_authority_is_the_systems(
    data: dict[str, str], authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = {
        "status": {"addresses": [{"type": "Hostname", "address": "vm"}, {"type": "InternalIP", "address": "10.0.0.1"}]}
    }
    answers = {
        "secret/ingress-tls": {"data": data},
        "certificate/ingress-tls": {"spec": {"dnsNames": ["ping.example.org"], "ipAddresses": ["10.0.0.1"]}},
        "service/traefik": {"spec": {"ports": PORTS}},
        "get nodes": items(node),
    }
    tools(tmp_path, monkeypatch, answers)
    found = find_entrance(Kube("some"), settings(KINDMESH_CONTEXT="some"))
    assert found == Entrance(
        "10.0.0.1", {"web": 30080, "websecure": 30443}, ("ping.example.org", "10.0.0.1"), authority
    )


def test_the_entrance_is_told_with_the_way_to_its_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "-o name": "it\n",
        "secret/ingress-tls": {"data": {"ca.crt": base64.b64encode(b"who").decode()}},
        "certificate/ingress-tls": {"spec": {"dnsNames": ["localhost"]}},
        "service/traefik": {"spec": {"ports": PORTS}},
    }
    tools(tmp_path, monkeypatch, answers)
    kube = Kube("kind-pingpong")
    assert describe_entrance(kube, settings()) == (
        "Open http://127.0.0.1:8080/ or https://localhost:8443/",
        "Its CA: kubectl --context kind-pingpong -n ingress get secret ingress-tls"
        " -o jsonpath='{.data.ca\\.crt}' | base64 -d >ca.crt",
    )
    assert describe_entrance(kube, settings(KINDMESH_WITHOUT="cert-manager")) == ("Open http://127.0.0.1:8080/",)
    assert describe_entrance(kube, settings(KINDMESH_WITHOUT="ingress")) == ()


def test_an_entrance_that_is_not_there_yet_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, {"get": ""})
    assert describe_entrance(Kube("kind-pingpong"), settings()) == ()
