"""Local rate limits on real Envoy: a total, a shared override, a bucket for each identity and one for strangers."""

from time import monotonic

import pytest

from .world import World, url

pytestmark = pytest.mark.envoy

BURST = 20


@pytest.mark.parametrize(
    ("port", "client", "rate"),
    [
        pytest.param("limited", "friend", 8, id="an override decides alone"),
        pytest.param("limited", "other", 3, id="an identity has a bucket of its own"),
        pytest.param("limited", "stranger", 3, id="those without one share another"),
    ],
)
def test_a_burst_is_cut_to(world: World, port: str, client: str, rate: int) -> None:
    """R101: a full bucket is one second's worth, and fills as time passes."""
    allowed, seconds = _burst(world, port, client)
    assert rate <= allowed <= rate * (1 + seconds) + 1


def test_one_identity_uses_up_what_all_share(world: World) -> None:
    """R101: what its own bucket refused has spent a token of the total all the same."""
    _, first = _burst(world, "crowded", "friend")
    allowed, second = _burst(world, "crowded", "other")
    assert allowed <= 5 * (first + second) + 1


def test_who_is_refused_spends_nothing(world: World) -> None:
    with world.friend.client() as asks:
        assert {asks.get(url("limited", "/closed")).status_code for _ in range(BURST)} == {403}


def _burst(world: World, port: str, client: str) -> tuple[int, float]:
    start = monotonic()
    with getattr(world, client).client() as asks:
        statuses = [asks.get(url(port, "/open")).status_code for _ in range(BURST)]
    assert set(statuses) <= {200, 429}
    return statuses.count(200), monotonic() - start
