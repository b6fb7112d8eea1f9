"""Who calls: certificates that another implementation of X.509 accepts or refuses, too, and headers that only lie."""

from datetime import UTC, datetime
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from localmesh.identity.authority import Authority
from localmesh.verify.clients import VerifyClient, liars, lookalikes, meshed, strangers, unaccepted

PINGER = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"
AUTHORITY = Authority.create("cluster.local")
CLIENT = meshed("pinger", PINGER, IPv4Address("127.244.0.2"), AUTHORITY)
NODE = IPv4Address("127.244.0.1")


def verified(client: VerifyClient) -> str:
    """Return the name that X.509 verification of a client's certificate yields; raises VerificationError."""
    assert client.leaf is not None
    leaf, *others = x509.load_pem_x509_certificates(client.leaf.chain_pem.encode())
    policy = PolicyBuilder().store(Store([AUTHORITY.anchor.x509])).time(datetime.now(UTC))
    found = policy.build_client_verifier().verify(leaf, others)
    assert found.subjects is not None
    return str(found.subjects[0].value)


@pytest.mark.parametrize("client", [CLIENT, *lookalikes(PINGER, AUTHORITY)], ids=lambda client: str(client.name))
def test_an_honest_client_proves_just_its_own_identity(client: VerifyClient) -> None:
    assert verified(client) == client.identity
    assert client.fault == ""


def test_no_lookalike_has_the_identity_itself() -> None:
    assert PINGER not in [client.identity for client in lookalikes(PINGER, AUTHORITY)]


@pytest.mark.parametrize("client", [*unaccepted(CLIENT, AUTHORITY)], ids=lambda client: str(client.fault))
def test_a_certificate_with_a_fault_names_the_identity_and_is_refused(client: VerifyClient) -> None:
    assert client.leaf is not None
    names = client.leaf.x509.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [PINGER]
    with pytest.raises(VerificationError):
        verified(client)


def test_every_fault_is_another() -> None:
    faults = [client.fault for client in unaccepted(CLIENT, AUTHORITY)]
    assert len(set(faults)) == len(faults) == 6


def test_a_liar_is_seen_as_who_it_is() -> None:
    stranger = VerifyClient("unmeshed", IPv4Address("127.0.0.1"))
    found = [*liars(stranger, PINGER, NODE)]
    assert all(client.headers and client.seen == stranger.seen for client in found)
    assert {"l5d-client-id", "x-forwarded-client-cert"} <= {name for client in found for name, _ in client.headers}


def test_strangers_prove_nothing() -> None:
    assert [(client.name, client.identity, client.leaf) for client in strangers(NODE)] == [
        ("unmeshed", "", None),
        ("TLS without a certificate", "", None),
        ("node", "", None),
    ]
