"""Latencies in little memory: counts by logarithmic buckets, which add up over seconds and edges.

A quantile is the upper end of its bucket, so it is never too low and at most 4 % too high.
"""

import math
from collections import Counter

GROWTH = 1.04
_LOG = math.log(GROWTH)
SHORTEST, LONGEST = 1e-5, 3600.0
"""Seconds; what is shorter or longer counts as this."""

Latencies = Counter[int]
"""How many requests ended in each bucket: at most 550 of them, whatever comes."""


def bucket(seconds: float) -> int:
    """Return the bucket of a latency."""
    return math.ceil(math.log(min(max(seconds, SHORTEST), LONGEST)) / _LOG - 1e-9)


def quantile(counts: Latencies, share: float) -> float | None:
    """Return the latency in seconds that a share of all requests did not exceed; None without a request."""
    rank = math.ceil(share * counts.total())
    for found in sorted(counts):
        rank -= counts[found]
        if rank <= 0:
            return GROWTH**found
    return None
