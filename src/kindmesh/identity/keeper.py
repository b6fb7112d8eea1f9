"""Who keeps the trust anchor and the issuer below it: `kindmesh` itself, or cert-manager with trust-manager.

Both rotate in the same order (rotate.py); they differ in who makes a certificate and who publishes the roots.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kindmesh.errors import BadInput, StepFailed
from kindmesh.identity.authority import as_secret, load_anchor, make_anchor, make_issuer
from kindmesh.identity.certmanager import ANCHOR, ISSUER, CertManager
from kindmesh.identity.trustroots import NAME, bundle, trusted
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube
from meshidentity.certificates import TrustAnchor

NEXT = "linkerd-next-anchor"


class Keeper(Protocol):
    """The operations of whoever keeps the certificates; each can be repeated after an interruption."""

    def begin(self, root: Path) -> int:
        """Ensure an anchor, an issuer signed by it, and the trust roots; return how many objects changed."""

    def pending(self) -> bool:
        """Whether a rotation of the anchor was interrupted."""

    def trust_both(self) -> None:
        """Have a new anchor, and publish it beside the old one."""

    def renew_issuer(self) -> None:
        """Have a new issuer, signed by the newest anchor."""

    def drop_old(self) -> None:
        """Publish the new anchor alone."""

    def finish(self) -> None:
        """Forget what only the rotation needed."""


def keeper_of(kube: Kube, settings: Settings) -> Keeper:
    """Return who keeps the certificates of a cluster: the cluster knows, and a setting that disagrees is refused."""
    wanted = settings.has("cert-manager")
    certificates = kube.items("-n", "linkerd", "certificates.cert-manager.io")
    kept = ISSUER in {found["metadata"]["name"] for found in certificates}
    if kept and not wanted:
        raise BadInput(
            f"KINDMESH_WITHOUT leaves cert-manager out, but it keeps this cluster's certificates: linkerd/{ISSUER}",
            "take cert-manager out of KINDMESH_WITHOUT: it would overwrite what `kindmesh` publishes",
        )
    if wanted and not kept and kube.exists("-n", "linkerd", f"secret/{ISSUER}"):
        raise BadInput(
            f"this cluster's certificates are kept without cert-manager: no Certificate makes linkerd/{ISSUER}",
            "set KINDMESH_WITHOUT=cert-manager: it would make a new anchor, which no running sidecar trusts",
        )
    return CertManager(kube) if wanted else SelfManagedKeeper(kube)


@dataclass(frozen=True, slots=True)
class SelfManagedKeeper:
    """`kindmesh` makes both. It stores the next anchor before it publishes it, so an interrupted run can continue."""

    kube: Kube

    def begin(self, root: Path) -> int:  # noqa: ARG002 no manifest is needed here
        """Create what is missing, the issuer last: if it exists, all exists. An existing key is never replaced."""
        kube, changes = self.kube, 0
        if kube.exists("-n", "linkerd", f"secret/{ISSUER}"):
            return 0
        if not kube.exists("-n", "linkerd", f"secret/{ANCHOR}"):
            new = make_anchor()
            changes += kube.create([as_secret(new, ANCHOR, new.pem)])
        anchor = self._anchor()
        if not kube.exists("-n", "linkerd", f"configmap/{NAME}"):
            changes += kube.create([bundle(anchor.pem)])
        self._must_trust(anchor.pem)
        return changes + kube.create([as_secret(make_issuer(anchor), ISSUER, trusted(kube))])

    def pending(self) -> bool:
        """Whether a next anchor is stored."""
        return self._next() is not None

    def trust_both(self) -> None:
        """Store the next anchor, then publish it beside the old one."""
        roots, new = trusted(self.kube), self._next()
        if new is None:
            new = make_anchor()
            self.kube.create([as_secret(new, NEXT, new.pem)])
        self.kube.apply([bundle(roots if new.pem in roots else f"{roots.rstrip()}\n{new.pem}")])
        self._must_trust(roots, new.pem)

    def renew_issuer(self) -> None:
        """Sign an issuer with the next anchor, or with the current one if no rotation is in progress."""
        anchor = self._next() or self._anchor()
        self._must_trust(anchor.pem)
        self.kube.apply([as_secret(make_issuer(anchor), ISSUER, trusted(self.kube))])

    def drop_old(self) -> None:
        """Make the next anchor the anchor."""
        new = self._next()
        if new is None:
            raise StepFailed("rotate", f"the Secret linkerd/{NEXT}", "it is gone", "start the rotation again")
        self.kube.apply([as_secret(new, ANCHOR, new.pem), bundle(new.pem)])

    def finish(self) -> None:
        """Forget the next anchor: it is the anchor now."""
        self.kube.run("-n", "linkerd", "delete", "secret", NEXT, "--ignore-not-found")

    def _must_trust(self, *anchors: str) -> None:
        """Raise StepFailed if the published roots lack an anchor: something else publishes them too."""
        published = trusted(self.kube)
        if not all(anchor.strip() in published for anchor in anchors):
            state = self.kube.attempt("-n", "linkerd", "describe", f"configmap/{NAME}").text
            raise StepFailed("identity", f"the anchor in linkerd/{NAME}", state, "who else writes this ConfigMap?")

    def _anchor(self) -> TrustAnchor:
        return load_anchor(self.kube.get("-n", "linkerd", f"secret/{ANCHOR}"))

    def _next(self) -> TrustAnchor | None:
        """Return the stored next anchor, or None; CommandFailed if the cluster does not answer."""
        found = self.kube.run("-n", "linkerd", "get", f"secret/{NEXT}", "--ignore-not-found", "-o", "json")
        return load_anchor(json.loads(found)) if found.strip() else None
