"""What becomes of a call from end to end, and which layer decides it. Pure values."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from meshpolicy.core.policy import PortPolicy
from meshpolicy.core.ref import Reason
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.record import record


class Layer(StrEnum):
    """Who decides a call, in the order in which it meets them."""

    NETWORK = "NetworkPolicy"
    """The NetworkPolicies, and the policies of an admin."""
    CLIENT = "client's proxy"
    SERVER = "Linkerd"
    """The server's proxy, by Linkerd's policies."""
    NOBODY = "nobody"
    """Nothing stands in the way."""


@record
class Answer:
    """What becomes of a call, which layer decides it, and what its client sees."""

    verdict: Verdict
    outcome: str
    """`allow`, an HTTP or gRPC status of a proxy, `closed`, `blocked` …"""
    layer: Layer
    reasons: tuple[Reason, ...] = ()
    headers: Mapping[str, str | None] = field(default_factory=dict)
    policy: PortPolicy | None = None
    decision: Decision | None = None

    @property
    def allowed(self) -> bool:
        """Whether the application gets the call."""
        return self.verdict is Verdict.ALLOW
