"""The trust anchor and the issuer where cert-manager makes them, and trust-manager publishes the roots."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kindmesh.errors import StepFailed
from kindmesh.identity.trustroots import NAME, trusted
from kindmesh.tools.kube import Kube, Object, render, until

IDENTITY = "mesh/linkerd/identity"
ANCHOR, ISSUER = "linkerd-trust-anchor", "linkerd-identity-issuer"
PREVIOUS = "linkerd-previous-anchor"
UNFINISHED = "kindmesh.pingpong/unfinished-rotation"
"""The annotation of that Secret while proxies may still trust an anchor that is no longer published."""


@dataclass(frozen=True, slots=True)
class CertManager:
    """Certificates are cert-manager's, the roots trust-manager's: the current anchor, and the one before it.

    While both are equal and there is no mark, no rotation is in progress: so an interrupted one can be continued.
    """

    kube: Kube

    def begin(self, root: Path) -> int:
        """Have cert-manager make the anchor and the issuer, and wait until trust-manager publishes the roots."""
        kube = self.kube
        changes = kube.apply_text(render(root / IDENTITY))
        for namespace, name in (("cert-manager", ANCHOR), ("linkerd", ISSUER)):
            wait_for_certificate(kube, "identity", namespace, name)
        if not kube.exists("-n", "cert-manager", f"secret/{PREVIOUS}"):
            # The Bundle names it from the first day on, so that a later rotation changes no manifest.
            changes += kube.create([previous_anchor(self._anchor())])
        if not until(lambda: kube.exists("-n", "linkerd", f"configmap/{NAME}"), within=60):
            raise StepFailed("identity", f"the ConfigMap {NAME}", kube.attempt("describe", f"bundle/{NAME}").text)
        return changes

    def pending(self) -> bool:
        """Whether the anchor is another than the one before it, or proxies may still trust that one."""
        annotations = self._secret(PREVIOUS)["metadata"].get("annotations", {})
        return UNFINISHED in annotations or self._previous() != self._anchor()

    def trust_both(self) -> None:
        """Have the anchor renewed, unless that is done, and wait until trust-manager publishes both."""
        if not self.pending():
            renew(self.kube, "cert-manager", ANCHOR)
        new = self._anchor()
        self._published(lambda roots: pem(new) in roots and pem(self._previous()) in roots, "both anchors")

    def renew_issuer(self) -> None:
        """Have the issuer renewed: the ClusterIssuer signs with the newest anchor."""
        renew(self.kube, "linkerd", ISSUER)

    def drop_old(self) -> None:
        """Put the new anchor in the place of the previous one too, without its key: nobody signs with that."""
        self.kube.apply([previous_anchor(self._anchor(), {UNFINISHED: "proxies may trust a dropped anchor"})])
        self._published(lambda roots: roots.strip() == pem(self._anchor()), "the new anchor alone")

    def finish(self) -> None:
        """Take the mark away: every proxy has started with the new anchor alone."""
        self.kube.apply([previous_anchor(self._anchor())])

    def _anchor(self) -> str:
        return str(self._secret(ANCHOR)["data"]["tls.crt"])

    def _previous(self) -> str:
        return str(self._secret(PREVIOUS)["data"]["tls.crt"])

    def _secret(self, name: str) -> Object:
        return self.kube.get("-n", "cert-manager", f"secret/{name}")

    def _published(self, good: Callable[[str], bool], what: str) -> None:
        if not until(lambda: good(trusted(self.kube)), within=60):
            state = self.kube.attempt("describe", f"bundle/{NAME}").text
            raise StepFailed("rotate", f"{what} in {NAME}", state, "is trust-manager running?")


def pem(encoded: str) -> str:
    """Return a certificate of a Secret as text, without its last line's end: trust-manager leaves that off too."""
    return base64.b64decode(encoded).decode().strip()


def wait_for_certificate(kube: Kube, step: str, namespace: str, name: str) -> None:
    """Wait until cert-manager has issued a Certificate."""
    target = f"certificates.cert-manager.io/{name}"
    found = kube.attempt("-n", namespace, "wait", "--for=condition=Ready", target, "--timeout=90s")
    if found.code != 0:
        state = kube.attempt("-n", namespace, "describe", target).text[-2000:]
        raise StepFailed(
            step,
            f"the Certificate {namespace}/{name}",
            f"{found.text}\n{state}",
            f"fix the cause, then `kindmesh up --only {step}`",
        )


def previous_anchor(certificate: str, annotations: Mapping[str, str] | None = None) -> Object:
    """Return the Secret of the anchor before this one: its certificate alone."""
    metadata = {"name": PREVIOUS, "namespace": "cert-manager"} | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"tls.crt": certificate}}


def renew(kube: Kube, namespace: str, name: str) -> None:
    """Have cert-manager renew a Certificate, as `cmctl renew` does: by the condition Issuing in its status."""
    target = ("-n", namespace, f"certificate/{name}")
    before = kube.get("-n", namespace, f"secret/{name}")["data"]["tls.crt"]
    certificate = kube.get(*target)
    condition = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "renewed by kindmesh",
        "lastTransitionTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "observedGeneration": certificate["metadata"]["generation"],
    }
    others = [found for found in certificate["status"]["conditions"] if found["type"] != "Issuing"]
    change = json.dumps({"status": {"conditions": [*others, condition]}})
    kube.run("-n", namespace, "patch", target[2], "--subresource=status", "--type=merge", "-p", change)
    if not until(lambda: kube.get("-n", namespace, f"secret/{name}")["data"]["tls.crt"] != before, within=90):
        state = kube.attempt("-n", namespace, "describe", target[2]).text[-2000:]
        raise StepFailed("rotate", f"a new certificate in {namespace}/{name}", state, "is cert-manager running?")
