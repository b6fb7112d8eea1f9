"""Gives every pod its certificate, and a new one before the old one ends or when asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from localmesh.identity.authority import RENEWED_AT, Authority
from localmesh.identity.certificates import Leaf, Validity
from localmesh.identity.sds import SERVER, write_identity, write_trust
from localmesh.pods.addresses import HERE
from localmesh.pods.pod import Pod


@dataclass(slots=True)
class Credentials:
    """The certificates in force, by pod name."""

    authority: Authority
    lifetime: timedelta
    validity: dict[str, Validity] = field(default_factory=dict)

    def issue(self, pod: Pod, *, serves_outside: bool = False) -> None:
        """Put a new certificate in place for a pod, and the trust anchor beside it."""
        leaf = self.leaf(pod.identity)
        write_trust(pod.secrets, [self.authority.anchor.pem])
        write_identity(pod.secrets, leaf)
        if serves_outside:
            server = self.authority.issuer.server(["localhost"], [HERE], Validity.lasting(self.lifetime))
            write_identity(pod.secrets, server, SERVER)
        self.validity[pod.name] = leaf.validity

    def leaf(self, identity: str) -> Leaf:
        """Return a new certificate for an identity, in memory."""
        return self.authority.issuer.leaf(identity, Validity.lasting(self.lifetime))

    def due(self, pods: Iterable[Pod], now: datetime | None = None) -> tuple[Pod, ...]:
        """Return the pods whose certificates should be replaced by now."""
        now = now or datetime.now(UTC)
        return tuple(
            pod for pod in pods if pod.name in self.validity and self.validity[pod.name].spent(now) >= RENEWED_AT
        )

    def expires(self, pod: Pod) -> str:
        """Return when a pod's certificate ends, in ISO 8601, or nothing without one."""
        return self.validity[pod.name].end.isoformat() if pod.name in self.validity else ""
