"""The trust anchor and the issuer, where cert-manager does not keep them: made here, renewed on request.

Keys are P-256, names are those that Linkerd expects; a key leaves this process only into its Secret.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kindmesh.errors import BadInput
from kindmesh.tools.kube import Object

ANCHOR_LIFETIME = timedelta(days=3650)
ISSUER_LIFETIME = timedelta(days=30)
ANCHOR_NAME = "root.linkerd.cluster.local"
ISSUER_NAME = "identity.linkerd.cluster.local"
SLACK = timedelta(minutes=5)
"""How far back a certificate begins, for clocks that differ."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that may sign others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The key as text: for a Secret and nothing else."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def secret(self, name: str, namespace: str, anchor: str) -> Object:
        """Return the Secret of type kubernetes.io/tls that Linkerd (and cert-manager) read."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": name, "namespace": namespace},
            "data": {
                key: base64.b64encode(value.encode()).decode()
                for key, value in (("tls.crt", self.pem), ("tls.key", self.key_pem), ("ca.crt", anchor))
            },
        }


def make_anchor(now: datetime | None = None) -> Authority:
    """Return a new trust anchor."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(_certificate(ANCHOR_NAME, key, ANCHOR_NAME, key, ANCHOR_LIFETIME, None, now), key)


def make_issuer(anchor: Authority, now: datetime | None = None) -> Authority:
    """Return a new issuer under an anchor."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(_certificate(ISSUER_NAME, key, ANCHOR_NAME, anchor.key, ISSUER_LIFETIME, 0, now), key)


def load_authority(secret: Object) -> Authority:
    """Return what a Secret holds."""
    name = "/".join(secret["metadata"].get(key, "?") for key in ("namespace", "name"))
    hint = "Linkerd asks for ECDSA P-256: put such an anchor into the Secret, or let `kindmesh up` make one"
    try:
        pem, key = (base64.b64decode(secret["data"][entry]) for entry in ("tls.crt", "tls.key"))
        certificate, loaded = x509.load_pem_x509_certificate(pem), serialization.load_pem_private_key(key, None)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"Secret {name}: it holds no certificate with its key ({error})", hint) from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise BadInput(f"Secret {name}: its key is not of an elliptic curve", hint)
    return Authority(certificate, loaded)


def life_left(pem: str, now: datetime | None = None) -> timedelta:
    """Return how long certificates are still valid, all of them; negative when one is not."""
    ends = [found.not_valid_after_utc for found in x509.load_pem_x509_certificates(pem.encode())]
    return min(ends) - (now or datetime.now(UTC))


def is_issued_by(pem: str, roots: str) -> bool:
    """Whether a certificate is signed by one of some anchors."""
    found = x509.load_pem_x509_certificate(pem.encode())
    return any(_signed_by(found, root) for root in x509.load_pem_x509_certificates(roots.encode()))


def _signed_by(found: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(root)
    except (InvalidSignature, TypeError, ValueError):
        # A wrong signature, a key of an unknown kind, another name: in each case it is not this one.
        return False
    return True


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    life: timedelta,
    path_length: int | None,
    now: datetime | None,
) -> x509.Certificate:
    start = now or datetime.now(UTC)
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False
    ) | dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - SLACK)
        .not_valid_after(start + life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
