"""Renews the issuer, or the trust anchor above it, in the order in which no sidecar ever meets a stranger.

A sidecar reads its anchors when it starts. So a new anchor is trusted everywhere before anything is signed under it,
and the old one is dropped only when nothing signed under it is left. The new one is stored before it is trusted:
a rotation that broke off is taken up again with the same anchor.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kindmesh.errors import StepFailed
from kindmesh.identity import Authority, bundle, load_authority, make_anchor, make_issuer
from kindmesh.kube import Kube, until
from kindmesh.steps import Site, wait_for_rollout

CONTROL_PLANE = ("linkerd-identity", "linkerd-destination", "linkerd-proxy-injector")
DATA_PLANE = {"pingpong": ("ponger", "pinger"), "tracing": ("jaeger",), "ingress": ("traefik",)}
VIZ = ("prometheus", "metrics-api", "tap", "tap-injector", "web")
NEXT = "linkerd-next-anchor"
NOTICED = 180.0
"""Kubelet brings a changed Secret into a pod within about a minute and a half."""


def rotate_issuer(site: Site) -> None:
    """Renew the issuer, and wait until it is in use."""
    kube = site.kube
    since = datetime.now(UTC)
    if site.settings.has("cert-manager"):
        # cert-manager makes it anew when it is gone, with a new key.
        kube.run("-n", "linkerd", "delete", "secret", "linkerd-identity-issuer")
        ready = ("wait", "--for=create", "secret/linkerd-identity-issuer", "--timeout=60s")
        kube.run("-n", "linkerd", *ready)
    else:
        anchor = load_authority(kube.get("-n", "linkerd", "secret/linkerd-trust-anchor"))
        _sign_issuer(kube, anchor, anchor.pem)
    _wait_until_noticed(site, since)


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a rotation, and what is so after it."""

    says: str
    change: Callable[[], object]


def phases_of_issuer(site: Site) -> tuple[Phase, ...]:
    """Return the one phase: running sidecars keep their certificates, and get the next one from the new issuer."""
    return (Phase("linkerd-identity signs with a new issuer", lambda: rotate_issuer(site)),)


def phases_of_anchor(site: Site) -> tuple[Phase, ...]:
    """Return the phases: trust both, sign under the new one, drop the old one; restart everything after each."""
    if site.settings.has("cert-manager"):
        raise StepFailed(
            "rotate",
            "a rotation of the anchor beside cert-manager",
            "the anchor is a Certificate of cert-manager",
            "docs/guides/rotate-the-anchor.md has the steps",
        )
    kube = site.kube
    roots = kube.get("-n", "linkerd", "configmap/linkerd-identity-trust-roots")["data"]["ca-bundle.crt"]
    new = _next_anchor(kube) or make_anchor()
    both = roots if new.pem in roots else f"{roots.rstrip()}\n{new.pem}"
    return (
        Phase("both anchors are trusted", lambda: _trust_both(kube, new, both)),
        Phase("every proxy trusts both", lambda: restart_all(site)),
        Phase("the issuer is signed by the new anchor", lambda: _new_issuer(site, new, both)),
        Phase("every certificate is below the new anchor", lambda: restart_all(site)),
        Phase("the new anchor alone is trusted", lambda: _drop_old(kube, new)),
        Phase("no proxy trusts the old anchor", lambda: _finish(site)),
    )


def _next_anchor(kube: Kube) -> Authority | None:
    """Return the anchor of a rotation that broke off; an error, and not none, where the cluster does not answer."""
    found = kube.run("-n", "linkerd", "get", f"secret/{NEXT}", "--ignore-not-found", "-o", "json")
    return load_authority(json.loads(found)) if found.strip() else None


def _trust_both(kube: Kube, new: Authority, both: str) -> None:
    kube.apply([new.secret(NEXT, "linkerd", new.pem)])
    kube.apply([bundle(both)])


def _finish(site: Site) -> None:
    restart_all(site)
    site.kube.run("-n", "linkerd", "delete", "secret", NEXT, "--ignore-not-found")


def _new_issuer(site: Site, anchor: Authority, trusted: str) -> None:
    since = datetime.now(UTC)
    _sign_issuer(site.kube, anchor, trusted)
    _wait_until_noticed(site, since)


def _sign_issuer(kube: Kube, anchor: Authority, trusted: str) -> None:
    kube.apply([make_issuer(anchor).secret("linkerd-identity-issuer", "linkerd", trusted)])


def _drop_old(kube: Kube, new: Authority) -> None:
    kube.apply([new.secret("linkerd-trust-anchor", "linkerd", new.pem), bundle(new.pem)])


def _wait_until_noticed(site: Site, since: datetime) -> None:
    """Wait for Linkerd's own event; it misses one now and then, and then only a restart helps."""
    site.say("… waiting until linkerd-identity has read the new issuer (event IssuerUpdated)")
    start = time.monotonic()
    if not until(lambda: _updated(site.kube, since), within=NOTICED, every=2):
        site.say("! it has not; restarting linkerd-identity")
        site.kube.run("-n", "linkerd", "rollout", "restart", "deployment/linkerd-identity")
        wait_for_rollout(site, "rotate", "linkerd", "linkerd-identity")
        site.say("✓ linkerd-identity has started after the new issuer was stored, and signs with what it found then")
        return
    site.say(f"✓ linkerd-identity signs with the new issuer ({time.monotonic() - start:.0f} s)")


def _updated(kube: Kube, since: datetime) -> bool:
    events = kube.items("-n", "linkerd", "events", "--field-selector=reason=IssuerUpdated")
    return any(_when(event) >= since.replace(microsecond=0) for event in events)


def _when(event: "dict[str, object]") -> datetime:
    text = str(event.get("lastTimestamp") or event.get("eventTime"))
    return datetime.fromisoformat(text)


def restart_all(site: Site) -> None:
    """Restart the control plane, then everything that carries a sidecar, and wait for each."""
    _restart(site, "linkerd", CONTROL_PLANE)
    if site.settings.has("viz"):
        _restart(site, "linkerd-viz", VIZ)
    for namespace, names in DATA_PLANE.items():
        if namespace not in ("tracing", "ingress") or site.settings.has(namespace):
            _restart(site, namespace, names)


def _restart(site: Site, namespace: str, names: tuple[str, ...]) -> None:
    site.kube.run("-n", namespace, "rollout", "restart", *(f"deployment/{name}" for name in names))
    wait_for_rollout(site, "rotate", namespace, *names)
