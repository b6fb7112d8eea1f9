"""Percentiles of latencies, against a plain sorted list."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from meshverify.latency import MICROSECOND, PERCENTILES, Latencies
from meshverify.load import BROKEN_OFF, Load

TIMES = st.lists(st.floats(MICROSECOND, 60, allow_nan=False), min_size=1, max_size=200)


def counted(seconds: list[float]) -> Latencies:
    found = Latencies()
    for one in seconds:
        found.record(one)
    return found


@settings(max_examples=50, deadline=None)
@given(seconds=TIMES)
def test_a_percentile_is_the_value_at_its_rank_to_three_digits(seconds: list[float]) -> None:
    """Where the rank is no whole number, either neighbour is right."""
    found, ranked = counted(seconds).percentiles(), sorted(seconds)
    for percentile in PERCENTILES:
        rank = len(seconds) * percentile / 100
        least, most = ranked[max(math.floor(rank), 1) - 1], ranked[max(math.ceil(rank - 1e-9), 1) - 1]
        assert least * 0.999 - 2 * MICROSECOND <= found[percentile] <= most * 1.001 + 2 * MICROSECOND


@settings(max_examples=25, deadline=None)
@given(seconds=TIMES)
def test_percentiles_never_fall(seconds: list[float]) -> None:
    found = list(counted(seconds).percentiles().values())
    assert found == sorted(found)


def test_without_a_request_there_is_no_latency() -> None:
    assert (Latencies().count, set(Latencies().percentiles().values())) == (0, {0.0})


def test_what_lasts_longer_than_an_hour_counts_as_an_hour() -> None:
    assert abs(counted([1e6]).at(100) - 3600) < 4


def test_an_answer_that_broke_off_is_no_lost_request() -> None:
    load = Load(10, {BROKEN_OFF: 1, "502": 2}, 0.001, 0.002)
    assert (load.lost, load.broken_off) == (2, 1)
    assert str(load) == "2 of 10 requests lost (2 x 502), 1 answers broken off; p50 1 ms, p99 2 ms"
