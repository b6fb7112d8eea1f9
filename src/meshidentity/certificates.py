"""The certificates of the mesh: a trust anchor signs issuers, an issuer signs one leaf a pod. No I/O.

The shape is Linkerd's: ECDSA P-256, an issuer that can sign leaves only (path length 0), and a leaf whose single
subject alternative name is the identity. Lifetimes are given by the caller, so that a test can ask for an expired leaf.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Names = Iterable[x509.GeneralName]

MESH_USAGES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
SERVER_USAGES = (ExtendedKeyUsageOID.SERVER_AUTH,)
"""The key usage of certificates for browsers; it excludes use as a client's identity."""


@dataclass(frozen=True, slots=True)
class Validity:
    """The time for which a certificate holds."""

    start: datetime
    end: datetime

    @classmethod
    def lasting(cls, lifetime: timedelta, start: datetime | None = None) -> Self:
        """Return a validity from `start` (default: now), to the second, as certificates have it."""
        start = (start or datetime.now(UTC)).replace(microsecond=0)
        return cls(start, start + lifetime)

    def ending_with(self, other: "Validity") -> "Validity":
        """Return the part before the end of `other`: no certificate outlives the one that signed it."""
        return Validity(self.start, min(self.end, other.end))

    def spent(self, now: datetime) -> float:
        """Return how much of the time is over: 0.7 is when Linkerd's proxy renews its leaf."""
        return (now - self.start) / (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key."""

    x509: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def validity(self) -> Validity:
        """The time for which it holds."""
        return Validity(self.x509.not_valid_before_utc, self.x509.not_valid_after_utc)

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.x509.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The private key, unencrypted: for private files only."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def read_pair(pem: bytes, key_pem: bytes) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return a certificate and its unencrypted key from PEM, or raise ValueError with what is wrong with them."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not a certificate and an unencrypted key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key is not of an elliptic curve")  # noqa: TRY004 the value is wrong, not a caller's type
    if key.public_key() != certificate.public_key():
        raise ValueError("the key is not the certificate's")
    return certificate, key


@dataclass(frozen=True, slots=True)
class Leaf(Certificate):
    """What a proxy proves its identity with, and the issuer's certificate that goes with it."""

    issuer_pem: str

    @property
    def chain_pem(self) -> str:
        """What is sent in a handshake: the leaf, then its issuer."""
        return self.pem + self.issuer_pem


@dataclass(frozen=True, slots=True)
class Issuer(Certificate):
    """Signs leaves, and nothing that could sign in turn."""

    def leaf(self, identity: str, validity: Validity) -> Leaf:
        """Issue the certificate of a meshed pod; `identity` is a DNS name (R5) or a `spiffe://` id."""
        spiffe = identity.startswith("spiffe://")
        name = x509.UniformResourceIdentifier(identity) if spiffe else x509.DNSName(identity)
        return self._issue([name], MESH_USAGES, validity)

    def server(self, hosts: Iterable[str], addresses: Iterable[IPv4Address], validity: Validity) -> Leaf:
        """Issue a certificate for an HTTPS server outside the mesh."""
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
        return self._issue([*names, *map(x509.IPAddress, addresses)], SERVER_USAGES, validity)

    def _issue(self, names: Names, usages: Iterable[x509.ObjectIdentifier], validity: Validity) -> Leaf:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(x509.Name([]), self.x509.subject, key, validity.ending_with(self.validity))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(_authority_key(self.x509), critical=False)
            # Critical, because the subject is empty (RFC 5280, 4.2.1.6).
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
        )
        return Leaf(builder.sign(self.key, hashes.SHA256()), key, self.pem)


@dataclass(frozen=True, slots=True)
class TrustAnchor(Certificate):
    """The root that every proxy of the mesh trusts."""

    @classmethod
    def create(cls, domain: str, validity: Validity) -> Self:
        """Make a new root for a trust domain."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _common_name(f"root.linkerd.{domain}")
        builder = _authority(_builder(name, name, key, validity), path_length=1)
        return cls(builder.sign(key, hashes.SHA256()), key)

    def issuer(self, domain: str, validity: Validity) -> Issuer:
        """Sign a new issuer."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _common_name(f"identity.linkerd.{domain}")
        builder = _builder(name, self.x509.subject, key, validity.ending_with(self.validity))
        builder = _authority(builder, path_length=0).add_extension(_authority_key(self.x509), critical=False)
        return Issuer(builder.sign(self.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        _key_usage(signs_certificates=True), critical=True
    )


def _authority_key(signer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    found = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
