"""Quantiles are never too low, and at most one bucket too high, whatever the latencies are."""

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.observe.latency import GROWTH, LONGEST, SHORTEST, bucket, quantile

latencies = st.lists(st.floats(SHORTEST, LONGEST), min_size=1, max_size=60)
shares = st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0])


@settings(max_examples=200, deadline=None)
@given(latencies, shares)
def test_a_quantile_is_that_of_the_sorted_values_or_less_than_a_bucket_above(found: list[float], share: float) -> None:
    exact = sorted(found)[math.ceil(share * len(found)) - 1]
    told = quantile(Counter(map(bucket, found)), share)
    assert told is not None
    assert exact * (1 - 1e-6) <= told <= exact * GROWTH * (1 + 1e-6)


@given(st.floats(allow_nan=False))
def test_the_number_of_buckets_is_bounded(seconds: float) -> None:
    assert bucket(SHORTEST) <= bucket(seconds) <= bucket(LONGEST)
    assert bucket(LONGEST) - bucket(SHORTEST) < 550


def test_nothing_has_no_quantile() -> None:
    assert quantile(Counter(), 0.5) is None
