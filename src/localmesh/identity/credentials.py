"""Issues every pod its certificate, and a new one before expiry or on request. Keys stay in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from localmesh.identity.authority import RENEWED_AT, Authority
from localmesh.pods.addresses import LOCALHOST
from localmesh.pods.pod import Pod
from meshidentity.certificates import Leaf, Validity


@dataclass(frozen=True, slots=True)
class Held:
    """The certificates of a pod."""

    identity: Leaf
    """Certificate for mutual TLS in the mesh."""
    server: Leaf | None = None
    """Certificate for clients outside the mesh; only an ingress has one."""


@dataclass(slots=True)
class Credentials:
    """The current certificates, by pod name."""

    authority: Authority
    lifetime: timedelta
    held: dict[str, Held] = field(default_factory=dict)

    def issue(self, pod: Pod, *, serves_outside: bool = False) -> Held:
        """Issue and return new certificates for a pod; `serves_outside` adds one for `localhost`."""
        server = None
        if serves_outside:
            server = self.authority.issuer.server(["localhost"], [LOCALHOST], Validity.lasting(self.lifetime))
        self.held[pod.name] = Held(self.leaf(pod.identity), server)
        return self.held[pod.name]

    def forget(self, pod: Pod) -> None:
        """Drop the certificates of a pod that no longer exists."""
        self.held.pop(pod.name, None)

    def leaf(self, identity: str) -> Leaf:
        """Return a new certificate for an identity, without storing it."""
        return self.authority.issuer.leaf(identity, Validity.lasting(self.lifetime))

    def due(self, pods: Iterable[Pod], now: datetime | None = None) -> tuple[Pod, ...]:
        """Return the pods whose certificates are due for renewal at `now`."""
        now = now or datetime.now(UTC)
        return tuple(
            pod
            for pod in pods
            if pod.name in self.held and self.held[pod.name].identity.validity.spent(now) >= RENEWED_AT
        )

    def expires(self, pod: Pod) -> str:
        """Return the expiry of a pod's certificate in ISO 8601; empty if it has none."""
        return self.held[pod.name].identity.validity.end.isoformat() if pod.name in self.held else ""
