"""The buckets of one proxy's rate limit, filled and emptied as Linkerd does (R101). Pure; it holds the tokens."""

from meshpolicy.core.policy import RateLimit, RateLimitOverride


class Bucket:
    """Tokens for so many requests per second; a full bucket holds one second's worth."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.tokens = float(rate)

    def take(self) -> bool:
        """Take a token if there is one."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def fill(self, seconds: float) -> None:
        """Add what comes in so many seconds."""
        self.tokens = min(float(self.rate), self.tokens + self.rate * seconds)


class Limiter:
    """The buckets of one HTTPLocalRateLimitPolicy in one proxy."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._total = Bucket(limit.total) if limit.total is not None else None
        self._overrides = [(override, Bucket(override.rps)) for override in limit.overrides]
        self._identities: dict[str, Bucket] = {}

    def admits(self, identity: str) -> bool:
        """Whether one more request passes; one that a later bucket refuses has spent a total token already (R101)."""
        if self._total is not None and not self._total.take():
            return False
        for override, bucket in self._overrides:
            if _means(override, identity):
                return bucket.take()
        if self.limit.identity is None:
            return True
        # All clients without an identity share one bucket, here under the empty name.
        return self._identities.setdefault(identity, Bucket(self.limit.identity)).take()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        buckets = [bucket for _, bucket in self._overrides] + list(self._identities.values())
        for bucket in (*buckets, *([self._total] if self._total else [])):
            bucket.fill(seconds)


def _means(override: RateLimitOverride, identity: str) -> bool:
    return bool(identity) and any(match.accepts(identity) for match in override.identities)
