"""Who keeps the trust anchor and the issuer below it: `kindmesh` itself, or cert-manager with trust-manager.

Both rotate in the same order (rotate.py); they differ in who makes a certificate and who publishes the roots.
"""

import json
from dataclasses import dataclass
from typing import Protocol

from kindmesh.certmanager import CertManager
from kindmesh.errors import StepFailed
from kindmesh.identity import Authority, load_authority, make_anchor, make_issuer
from kindmesh.kube import Kube
from kindmesh.roots import bundle, trusted
from kindmesh.settings import Settings

NEXT = "linkerd-next-anchor"


class Keeper(Protocol):
    """What a rotation asks of whoever keeps the certificates; each may be asked again after it broke off."""

    def pending(self) -> bool:
        """Whether a rotation of the anchor broke off."""

    def trust_both(self) -> None:
        """Have a new anchor, and publish it beside the old one."""

    def renew_issuer(self) -> None:
        """Have a new issuer, signed by the newest anchor."""

    def drop_old(self) -> None:
        """Publish the new anchor alone."""

    def finish(self) -> None:
        """Forget what only the rotation needed."""


def keeper_of(kube: Kube, settings: Settings) -> Keeper:
    """Return who keeps the certificates of a cluster."""
    return CertManager(kube) if settings.has("cert-manager") else Itself(kube)


@dataclass(frozen=True, slots=True)
class Itself:
    """Anchor and issuer are made here. The next anchor is stored before it is trusted, so it survives a broken run."""

    kube: Kube

    def pending(self) -> bool:
        """Whether a next anchor is stored."""
        return self._next() is not None

    def trust_both(self) -> None:
        """Store the next anchor, then publish it beside the old one."""
        roots, new = trusted(self.kube), self._next() or make_anchor()
        self.kube.apply([new.secret(NEXT, "linkerd", new.pem)])
        self.kube.apply([bundle(roots if new.pem in roots else f"{roots.rstrip()}\n{new.pem}")])

    def renew_issuer(self) -> None:
        """Sign an issuer with the next anchor, or with the one that is where no rotation of it goes on."""
        anchor = self._next() or load_authority(self.kube.get("-n", "linkerd", "secret/linkerd-trust-anchor"))
        issuer = make_issuer(anchor).secret("linkerd-identity-issuer", "linkerd", trusted(self.kube))
        self.kube.apply([issuer])

    def drop_old(self) -> None:
        """Make the next anchor the anchor."""
        new = self._next()
        if new is None:
            raise StepFailed("rotate", f"the Secret linkerd/{NEXT}", "it is gone", "start the rotation again")
        self.kube.apply([new.secret("linkerd-trust-anchor", "linkerd", new.pem), bundle(new.pem)])

    def finish(self) -> None:
        """Forget the next anchor: it is the anchor now."""
        self.kube.run("-n", "linkerd", "delete", "secret", NEXT, "--ignore-not-found")

    def _next(self) -> Authority | None:
        """Return the stored next anchor; an error, and not none, where the cluster does not answer."""
        found = self.kube.run("-n", "linkerd", "get", f"secret/{NEXT}", "--ignore-not-found", "-o", "json")
        return load_authority(json.loads(found)) if found.strip() else None
