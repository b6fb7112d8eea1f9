"""The certificate authority of a local mesh, kept in its state folder, so that each `up` has the same trust anchor."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from localmesh.errors import BadInput
from localmesh.files import make_folder, write
from meshidentity.certificates import Certificate, Issuer, TrustAnchor, Validity, read_pair

ANCHOR_LIFETIME = timedelta(days=3650)
ISSUER_LIFETIME = timedelta(days=365)
RENEWED_AT = 0.7
"""Share of a certificate's lifetime after which it is replaced."""
ANCHOR = "ca.crt"
"""File of the trust anchor, for `curl --cacert`; file names are those of Linkerd's identity secret."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A trust anchor and the current issuer."""

    anchor: TrustAnchor
    issuer: Issuer
    domain: str

    @classmethod
    def create(cls, domain: str, now: datetime | None = None) -> Self:
        """Make a new authority, in memory."""
        anchor = TrustAnchor.create(domain, Validity.lasting(ANCHOR_LIFETIME, now))
        return cls(anchor, anchor.issuer(domain, Validity.lasting(ISSUER_LIFETIME, now)), domain)

    @classmethod
    def open(cls, folder: Path, domain: str, now: datetime | None = None) -> Self:
        """Return the authority in `folder`; create or renew it there if that is due.

        Raises BadInput for files that cannot be used.
        """
        now = now or datetime.now(UTC)
        if not (folder / ANCHOR).exists():
            return cls.create(domain, now).saved(folder)
        found = cls(
            TrustAnchor(*_read(folder, "ca")),
            Issuer(*_read(folder, "issuer")),
            domain,
        )
        if found.anchor.validity.spent(now) >= RENEWED_AT:
            return cls.create(domain, now).saved(folder)
        if found.issuer.validity.spent(now) >= RENEWED_AT:
            return found.renewed(now).saved(folder)
        return found

    def renewed(self, now: datetime | None = None) -> Self:
        """Return the same anchor with a new issuer; certificates of the old issuer stay valid."""
        issuer = self.anchor.issuer(self.domain, Validity.lasting(ISSUER_LIFETIME, now))
        return type(self)(self.anchor, issuer, self.domain)

    def saved(self, folder: Path) -> Self:
        """Write all files into `folder`, mode 0600, the anchor's certificate last; return the authority."""
        make_folder(folder)
        for name, certificate in (("issuer", self.issuer), ("ca", self.anchor)):
            _write(folder, name, certificate)
        return self


def _write(folder: Path, name: str, certificate: Certificate) -> None:
    write(folder / f"{name}.key", certificate.key_pem)
    write(folder / f"{name}.crt", certificate.pem)


def _read(folder: Path, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        return read_pair((folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _unusable(folder, name, str(reason)) from error


def _unusable(folder: Path, name: str, reason: str) -> BadInput:
    return BadInput(
        f"{folder}: {name}.crt and {name}.key cannot be used: {reason}",
        hint=f"remove {folder}: the next start makes a new authority",
    )
