"""Latency histograms with logarithmic buckets, which can be added over seconds and edges.

A quantile is the upper end of its bucket, so it is never too low and at most 4 % too high.
"""

import math
from collections import Counter

GROWTH = 1.04
_LOG = math.log(GROWTH)
SHORTEST, LONGEST = 1e-5, 3600.0
"""Bounds in seconds; shorter or longer latencies count as these."""

Latencies = Counter[int]
"""Number of requests by bucket; there are at most 550 buckets."""


def bucket(seconds: float) -> int:
    """Return the bucket of a latency."""
    return math.ceil(math.log(min(max(seconds, SHORTEST), LONGEST)) / _LOG - 1e-9)


def quantile(counts: Latencies, share: float) -> float | None:
    """Return the latency in seconds that `share` (0 to 1) of all requests did not exceed; None without requests."""
    rank = math.ceil(share * counts.total())
    for found in sorted(counts):
        rank -= counts[found]
        if rank <= 0:
            return GROWTH**found
    return None
