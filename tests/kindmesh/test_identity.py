"""Anchor and issuer: what Linkerd asks of them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from kindmesh.identity import life_left, load_authority, make_anchor, make_issuer

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_the_issuer_is_signed_by_the_anchor_and_may_sign_leaves_alone() -> None:
    anchor = make_anchor(NOW)
    issuer = make_issuer(anchor, NOW)
    issuer.certificate.verify_directly_issued_by(anchor.certificate)
    constraints = issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length, constraints.critical) == (True, 0, True)
    assert common_name(anchor.certificate) == "root.linkerd.cluster.local"
    assert common_name(issuer.certificate) == "identity.linkerd.cluster.local"


def test_a_strange_issuer_is_not_of_the_anchor() -> None:
    with pytest.raises(InvalidSignature):
        make_issuer(make_anchor(NOW), NOW).certificate.verify_directly_issued_by(make_anchor(NOW).certificate)


@pytest.mark.parametrize(("later", "left"), [(0, 30), (29, 1), (31, -1)])
def test_a_life_ends_when_it_ends(later: int, left: int) -> None:
    issuer = make_issuer(make_anchor(NOW), NOW)
    assert life_left(issuer.pem, NOW + timedelta(days=later)) == timedelta(days=left)


def test_a_secret_is_read_back_as_it_was_written() -> None:
    anchor = make_anchor(NOW)
    secret = anchor.secret("linkerd-trust-anchor", "linkerd", anchor.pem)
    assert secret["type"] == "kubernetes.io/tls"
    assert set(secret["data"]) == {"tls.crt", "tls.key", "ca.crt"}
    again = load_authority(secret)
    assert (again.pem, again.key_pem) == (anchor.pem, anchor.key_pem)
