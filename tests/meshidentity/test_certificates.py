"""The certificates mean what Linkerd's mean."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meshidentity.certificates import Issuer, Leaf, TrustAnchor, Validity

NOW = datetime(2030, 1, 1, tzinfo=UTC)
YEAR, DAY = timedelta(days=365), timedelta(days=1)
NAME = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"
ANCHOR = TrustAnchor.create("cluster.local", Validity.lasting(10 * YEAR, NOW))
ISSUER = ANCHOR.issuer("cluster.local", Validity.lasting(YEAR, NOW))
LEAF = ISSUER.leaf(NAME, Validity.lasting(DAY, NOW))


def verified(leaf: Leaf, issuer: Issuer, when: datetime = NOW) -> list[x509.GeneralName]:
    """Return the names in a leaf, if it leads to the anchor."""
    verifier = PolicyBuilder().store(Store([ANCHOR.x509])).time(when).build_client_verifier()
    return list(verifier.verify(leaf.x509, [issuer.x509]).subjects or [])


def test_a_leaf_names_the_identity_and_nothing_else() -> None:
    assert [x509.DNSName(NAME)] == verified(LEAF, ISSUER)
    assert x509.Name([]) == LEAF.x509.subject


def test_a_spiffe_identity_is_a_uri() -> None:
    leaf = ISSUER.leaf("spiffe://root.linkerd.cluster.local/vm", Validity.lasting(DAY, NOW))
    assert [x509.UniformResourceIdentifier("spiffe://root.linkerd.cluster.local/vm")] == verified(leaf, ISSUER)


@pytest.mark.parametrize("seconds", [-1, 24 * 3600 + 1])
def test_a_leaf_holds_for_its_lifetime_only(seconds: int) -> None:
    with pytest.raises(VerificationError):
        verified(LEAF, ISSUER, NOW + timedelta(seconds=seconds))


@given(*(st.integers(-20, 20) for _ in range(3)), *(st.integers(1, 20) for _ in range(3)), st.integers(-25, 45))
@settings(max_examples=60, deadline=None)
def test_a_leaf_is_verified_while_it_its_issuer_and_its_anchor_hold_and_at_no_other_time(
    a: int, i: int, m: int, of_anchor: int, of_issuer: int, of_leaf: int, when: int
) -> None:
    anchor = TrustAnchor.create("cluster.local", Validity.lasting(of_anchor * DAY, NOW + a * DAY))
    assume(NOW + i * DAY < anchor.validity.end)
    issuer = anchor.issuer("cluster.local", Validity.lasting(of_issuer * DAY, NOW + i * DAY))
    assume(NOW + m * DAY < issuer.validity.end)
    leaf = issuer.leaf(NAME, Validity.lasting(of_leaf * DAY, NOW + m * DAY))
    now = NOW + when * DAY
    verifier = PolicyBuilder().store(Store([anchor.x509])).time(now).build_client_verifier()
    if all(one.validity.start <= now <= one.validity.end for one in (anchor, issuer, leaf)):
        assert verifier.verify(leaf.x509, [issuer.x509]).subjects == [x509.DNSName(NAME)]
    else:
        with pytest.raises(VerificationError):
            verifier.verify(leaf.x509, [issuer.x509])


def test_the_issuer_can_sign_leaves_only() -> None:
    constraints = ISSUER.x509.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


def test_a_leaf_can_sign_nothing() -> None:
    assert not LEAF.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not LEAF.x509.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_no_certificate_outlives_its_signer() -> None:
    leaf = ISSUER.leaf(NAME, Validity.lasting(100 * YEAR, NOW))
    assert ISSUER.validity.end == leaf.validity.end


def test_the_chain_is_the_leaf_then_its_issuer() -> None:
    assert [LEAF.x509, ISSUER.x509] == x509.load_pem_x509_certificates(LEAF.chain_pem.encode())


def test_two_leaves_share_nothing_but_the_name() -> None:
    other = ISSUER.leaf(NAME, Validity.lasting(DAY, NOW))
    assert other.x509.serial_number != LEAF.x509.serial_number
    assert other.key_pem != LEAF.key_pem


def test_another_issuer_of_the_same_name_is_told_apart() -> None:
    other = TrustAnchor.create("cluster.local", Validity.lasting(YEAR, NOW))
    with pytest.raises(InvalidSignature):
        ISSUER.x509.verify_directly_issued_by(other.x509)


def test_a_server_for_browsers_is_no_client_of_the_mesh() -> None:
    leaf = ISSUER.server(["localhost"], [IPv4Address("127.0.0.1")], Validity.lasting(DAY, NOW))
    usages = leaf.x509.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH]
    with pytest.raises(VerificationError):
        verified(leaf, ISSUER)


@pytest.mark.parametrize(("hours", "spent"), [(0, 0.0), (6, 0.25), (24, 1.0), (48, 2.0)])
def test_a_validity_knows_how_much_of_it_is_over(hours: int, spent: float) -> None:
    assert spent == LEAF.validity.spent(NOW + timedelta(hours=hours))
