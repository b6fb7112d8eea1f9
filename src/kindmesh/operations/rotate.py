"""Renews the issuer, or the trust anchor above it, so that no sidecar ever meets a certificate that it does not trust.

A sidecar reads its anchors when it starts. So a new anchor is trusted everywhere before anything is signed under it,
and the old one is dropped only when nothing signed under it is left. An interrupted rotation continues with the same
anchor.
"""

import time
from collections.abc import Callable, Set
from dataclasses import dataclass

from kindmesh.errors import StepFailed
from kindmesh.identity.keeper import Keeper, keeper_of
from kindmesh.steps.releases import CONTROL_PLANE, VIZ
from kindmesh.steps.step import Site, wait_for_rollout
from kindmesh.tools.kube import Kube, until

DATA_PLANE = {"pingpong": ("ponger", "pinger"), "tracing": ("jaeger",), "ingress": ("traefik",)}
NOTICED_WITHIN = 180.0
"""The kubelet updates a changed Secret in a pod within about 90 seconds."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a rotation, and the state after it."""

    description: str
    change: Callable[[], object]


def phases_of_issuer(site: Site) -> tuple[Phase, ...]:
    """Return the one phase: running sidecars keep their certificates, and get the next one from the new issuer."""
    keeper = keeper_of(site.kube, site.settings)
    if keeper.pending():
        # An issuer would be signed by the newest anchor, which not every sidecar may trust yet.
        raise StepFailed(
            "rotate",
            "no rotation in progress",
            "a rotation of the anchor was interrupted",
            "finish it: `kindmesh rotate anchor`",
        )
    return (Phase("linkerd-identity signs with a new issuer", lambda: _renew_issuer(site, keeper)),)


def phases_of_anchor(site: Site) -> tuple[Phase, ...]:
    """Return the phases: trust both, sign under the new one, drop the old one; restart everything after each."""
    keeper = keeper_of(site.kube, site.settings)
    return (
        Phase("both anchors are trusted", keeper.trust_both),
        Phase("every proxy trusts both", lambda: restart_all(site)),
        Phase("the issuer is signed by the new anchor", lambda: _renew_issuer(site, keeper)),
        Phase("every certificate is below the new anchor", lambda: restart_all(site)),
        Phase("the new anchor alone is trusted", keeper.drop_old),
        Phase("no proxy trusts the old anchor", lambda: _finish(site, keeper)),
    )


def _finish(site: Site, keeper: Keeper) -> None:
    restart_all(site)
    keeper.finish()


def _renew_issuer(site: Site, keeper: Keeper) -> None:
    before = issuer_events(site.kube)
    keeper.renew_issuer()
    _wait_until_noticed(site, before)


def _wait_until_noticed(site: Site, before: Set[str]) -> None:
    """Wait for Linkerd's own event. Sometimes it misses a change, and only a restart helps."""
    site.say("… waiting until linkerd-identity has read the new issuer (event IssuerUpdated)")
    start = time.monotonic()
    if not until(lambda: noticed_by_all(site.kube, before), within=NOTICED_WITHIN, every=2):
        site.say("! it has not; restarting linkerd-identity")
        site.kube.run("-n", "linkerd", "rollout", "restart", "deployment/linkerd-identity")
        wait_for_rollout(site, "rotate", "linkerd", "linkerd-identity")
        site.say("✓ linkerd-identity has started after the new issuer was stored, and signs with what it found then")
        return
    site.say(f"✓ linkerd-identity signs with the new issuer ({time.monotonic() - start:.0f} s)")


def issuer_events(kube: Kube) -> frozenset[str]:
    """Return the versions of Linkerd's IssuerUpdated events: clocks are not compared, since they may differ."""
    events = kube.items("-n", "linkerd", "events", "--field-selector=reason=IssuerUpdated")
    return frozenset(event["metadata"]["resourceVersion"] for event in events)


def noticed_by_all(kube: Kube, before: Set[str]) -> bool:
    """Whether every replica of linkerd-identity has reported a new issuer since: each writes its own event."""
    replicas = kube.get("-n", "linkerd", "deployment/linkerd-identity")["spec"]["replicas"]
    return len(issuer_events(kube) - before) >= int(replicas)


def restart_all(site: Site) -> None:
    """Restart the control plane, then everything that carries a sidecar, and wait for each."""
    _restart(site, "linkerd", CONTROL_PLANE.deployments)
    if site.settings.has("viz"):
        _restart(site, "linkerd-viz", VIZ.deployments)
    for namespace, names in DATA_PLANE.items():
        if namespace not in ("tracing", "ingress") or site.settings.has(namespace):
            _restart(site, namespace, names)


def _restart(site: Site, namespace: str, names: tuple[str, ...]) -> None:
    site.kube.run("-n", namespace, "rollout", "restart", *(f"deployment/{name}" for name in names))
    wait_for_rollout(site, "rotate", namespace, *names)
