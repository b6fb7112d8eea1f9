"""Anchor and issuer: what Linkerd asks of them."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from kindmesh.errors import BadInput
from kindmesh.identity.authority import as_secret, is_issued_by, life_left, load_anchor, make_anchor, make_issuer

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_the_issuer_is_signed_by_the_anchor_and_may_sign_leaves_alone() -> None:
    anchor = make_anchor(NOW)
    issuer = make_issuer(anchor, NOW)
    issuer.x509.verify_directly_issued_by(anchor.x509)
    constraints = issuer.x509.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length, constraints.critical) == (True, 0, True)
    assert common_name(anchor.x509) == "root.linkerd.cluster.local"
    assert common_name(issuer.x509) == "identity.linkerd.cluster.local"


def test_a_strange_issuer_is_not_of_the_anchor() -> None:
    with pytest.raises(InvalidSignature):
        make_issuer(make_anchor(NOW), NOW).x509.verify_directly_issued_by(make_anchor(NOW).x509)


@pytest.mark.parametrize(("later", "left"), [(0, 30), (29, 1), (31, -1)])
def test_a_life_ends_when_it_ends(later: int, left: int) -> None:
    issuer = make_issuer(make_anchor(NOW), NOW)
    assert life_left(issuer.pem, NOW + timedelta(days=later)) == timedelta(days=left)


def test_a_secret_is_read_back_as_it_was_written() -> None:
    anchor = make_anchor(NOW)
    secret = as_secret(anchor, "linkerd-trust-anchor", anchor.pem)
    assert secret["type"] == "kubernetes.io/tls"
    assert set(secret["data"]) == {"tls.crt", "tls.key", "ca.crt"}
    again = load_anchor(secret)
    assert (again.pem, again.key_pem) == (anchor.pem, anchor.key_pem)


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


RSA = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tls.key": encoded(RSA)}, "the key is not of an elliptic curve"),
        ({"tls.crt": encoded(b"no PEM")}, "not a certificate and an unencrypted key in PEM"),
        ({"tls.crt": encoded(make_anchor(NOW).pem.encode())}, "the key is not the certificate's"),
        ({"tls.key": "%"}, ""),
        ({"tls.key": None}, ""),
    ],
)
def test_an_anchor_that_cannot_sign_is_named_with_what_is_wrong(changed: dict[str, str | None], words: str) -> None:
    anchor = make_anchor(NOW)
    secret = as_secret(anchor, "linkerd-trust-anchor", anchor.pem)
    secret["data"] |= changed
    with pytest.raises(
        BadInput, match=f"Secret linkerd/linkerd-trust-anchor: tls.crt and tls.key cannot be used: {words}"
    ) as caught:
        load_anchor(secret)
    assert "P-256" in caught.value.hint


def test_an_issuer_is_told_from_one_of_another_anchor_among_several() -> None:
    anchor, others = make_anchor(NOW), [make_anchor(NOW).pem for _ in range(2)]
    issuer = make_issuer(anchor, NOW).pem
    assert is_issued_by(issuer, "".join([others[0], anchor.pem, others[1]]))
    assert not is_issued_by(issuer, "".join(others))
    assert not is_issued_by(issuer, make_issuer(anchor, NOW).pem)
