"""Gives every pod its certificate, and a new one before the old one ends or when asked. Keys stay in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from localmesh.identity.authority import RENEWED_AT, Authority
from localmesh.pods.addresses import LOCALHOST
from localmesh.pods.pod import Pod
from meshidentity.certificates import Leaf, Validity


@dataclass(frozen=True, slots=True)
class Held:
    """What a pod proves itself with."""

    identity: Leaf
    """To the mesh."""
    server: Leaf | None = None
    """To those outside: of an ingress only."""


@dataclass(slots=True)
class Credentials:
    """The certificates in force, by pod name."""

    authority: Authority
    lifetime: timedelta
    held: dict[str, Held] = field(default_factory=dict)

    def issue(self, pod: Pod, *, serves_outside: bool = False) -> Held:
        """Make a new certificate for a pod; return it."""
        server = None
        if serves_outside:
            server = self.authority.issuer.server(["localhost"], [LOCALHOST], Validity.lasting(self.lifetime))
        self.held[pod.name] = Held(self.leaf(pod.identity), server)
        return self.held[pod.name]

    def forget(self, pod: Pod) -> None:
        """Drop the certificate of a pod that is no more."""
        self.held.pop(pod.name, None)

    def leaf(self, identity: str) -> Leaf:
        """Return a new certificate for an identity, in memory."""
        return self.authority.issuer.leaf(identity, Validity.lasting(self.lifetime))

    def due(self, pods: Iterable[Pod], now: datetime | None = None) -> tuple[Pod, ...]:
        """Return the pods whose certificates should be replaced by now."""
        now = now or datetime.now(UTC)
        return tuple(
            pod
            for pod in pods
            if pod.name in self.held and self.held[pod.name].identity.validity.spent(now) >= RENEWED_AT
        )

    def expires(self, pod: Pod) -> str:
        """Return when a pod's certificate ends, in ISO 8601, or nothing without one."""
        return self.held[pod.name].identity.validity.end.isoformat() if pod.name in self.held else ""
