"""The decision on one call, and why. Pure values."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from meshpolicy.core.policy import Authorization
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.record import record


class Verdict(StrEnum):
    """What becomes of a call."""

    ALLOW = "allow"
    """The application gets it."""
    FORBIDDEN = "forbidden"
    """No grant admits the client: 403."""
    NOT_FOUND = "not found"
    """No route matches the request: 404."""
    CLOSED = "closed"
    """The server's proxy cuts the connection."""
    PROTOCOL_ERROR = "protocol error"
    """The proxy cannot do what is asked of it: 500."""
    ERROR = "proxy error"
    """The client's own proxy cannot use what it is told (R120)."""
    RATE_LIMITED = "rate limited"
    """A rate limit has no token left for it: 429. Only traffic shows it; a question is answered with the rates."""
    REDIRECT = "redirect"
    """The proxy answers with another URL."""
    BLOCKED = "blocked"
    """A NetworkPolicy keeps the connection from being made."""
    UNKNOWN = "unknown"
    """The manifests do not decide; the reason says what is missing."""


@record
class Decision:
    """The verdict on one call, and why."""

    verdict: Verdict
    status: int = 0
    """The HTTP status that a proxy answers with; 0 where it answers none."""
    reasons: tuple[Reason, ...] = ()
    route: Ref | None = None
    authorization: Authorization | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Request headers that the proxy changed on the way to the application; None: removed."""

    @property
    def allowed(self) -> bool:
        """Whether the application gets the call."""
        return self.verdict is Verdict.ALLOW
