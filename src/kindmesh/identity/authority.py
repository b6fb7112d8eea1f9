"""The trust anchor and the issuer, where cert-manager does not keep them: made here, renewed on request.

A key leaves this process only into its Secret.
"""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from kindmesh.errors import BadInput
from kindmesh.tools.kube import Object
from meshidentity.certificates import Certificate, Issuer, TrustAnchor, Validity, read_pair

ANCHOR_LIFETIME = timedelta(days=3650)
ISSUER_LIFETIME = timedelta(days=30)
DOMAIN = "cluster.local"
"""The trust domain."""
SLACK = timedelta(minutes=5)
"""How far back a certificate begins, for clocks that differ."""


def make_anchor(now: datetime | None = None) -> TrustAnchor:
    """Return a new trust anchor."""
    return TrustAnchor.create(DOMAIN, _lasting(ANCHOR_LIFETIME, now))


def make_issuer(anchor: TrustAnchor, now: datetime | None = None) -> Issuer:
    """Return a new issuer under an anchor."""
    return anchor.issuer(DOMAIN, _lasting(ISSUER_LIFETIME, now))


def _lasting(lifetime: timedelta, now: datetime | None) -> Validity:
    now = now or datetime.now(UTC)
    return Validity(now - SLACK, now + lifetime)


def as_secret(certificate: Certificate, name: str, anchor: str) -> Object:
    """Return the Secret of type kubernetes.io/tls in the namespace linkerd that Linkerd (and cert-manager) read."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": "linkerd"},
        "data": {
            key: base64.b64encode(value.encode()).decode()
            for key, value in (("tls.crt", certificate.pem), ("tls.key", certificate.key_pem), ("ca.crt", anchor))
        },
    }


def load_anchor(found: Object) -> TrustAnchor:
    """Return the anchor that a Secret holds."""
    name = "/".join(found["metadata"].get(key, "?") for key in ("namespace", "name"))
    try:
        pem, key = (base64.b64decode(found["data"][entry]) for entry in ("tls.crt", "tls.key"))
        return TrustAnchor(*read_pair(pem, key))
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        hint = "Linkerd requires ECDSA P-256: put such an anchor into the Secret, or let `kindmesh up` make one"
        raise BadInput(f"Secret {name}: tls.crt and tls.key cannot be used: {reason}", hint) from error


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
