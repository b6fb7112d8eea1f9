"""The buckets of a rate limit (R99 to R102)."""

import pytest

from meshpolicy.core.match import IdentityMatch
from meshpolicy.core.policy import RateLimit, RateLimitOverride
from meshpolicy.core.ref import Ref
from meshpolicy.decide.limiter import Limiter

REF = Ref("policy.linkerd.io", "HTTPLocalRateLimitPolicy", "arena", "limit")


def admitted(limiter: Limiter, identity: str, times: int) -> int:
    """Return how many of so many requests pass."""
    return sum(limiter.admits(identity) for _ in range(times))


def test_each_identity_has_its_bucket_and_clients_without_one_share_theirs() -> None:
    limiter = Limiter(RateLimit(REF, identity=5))
    assert [admitted(limiter, who, 9) for who in ("a", "b", "", "")] == [5, 5, 5, 0]


def test_one_override_is_one_bucket_for_all_of_its_accounts() -> None:
    override = RateLimitOverride(8, (IdentityMatch("a"), IdentityMatch("b")))
    limiter = Limiter(RateLimit(REF, identity=2, overrides=(override,)))
    assert [admitted(limiter, who, 6) for who in ("a", "b", "c")] == [6, 2, 2]


def test_a_refused_request_has_spent_a_token_of_the_total() -> None:
    limiter = Limiter(RateLimit(REF, total=10, identity=2))
    assert [admitted(limiter, who, 9) for who in ("a", "b")] == [2, 1]


@pytest.mark.parametrize(("seconds", "more"), [(0.0, 0), (0.5, 2), (1.0, 5), (60.0, 5)])
def test_a_bucket_fills_to_one_seconds_worth(seconds: float, more: int) -> None:
    limiter = Limiter(RateLimit(REF, total=5))
    admitted(limiter, "a", 9)
    limiter.wait(seconds)
    assert admitted(limiter, "a", 9) == more
