"""Latencies, counted from the time at which each request was meant to be sent, in an HdrHistogram.

A load that waits for answers sends less while a server is slow, and so leaves out the latencies that users would have
seen (coordinated omission). Who counts from the intended time leaves out none.
"""

from hdrh.histogram import HdrHistogram

MICROSECOND = 1e-6
LONGEST = 3_600_000_000
"""Microseconds that a latency may last: an hour."""
DIGITS = 3
"""Significant ones: a value is at most 0.1 % off."""
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)


class Latencies:
    """Counts of latencies."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, LONGEST, DIGITS)

    def record(self, seconds: float) -> None:
        """Count one latency."""
        self._histogram.record_value(min(max(round(seconds / MICROSECOND), 1), LONGEST))

    def at(self, percentile: float) -> float:
        """Return the latency in seconds that so many percent of all requests did not exceed; 0 without a request."""
        return round(float(self._histogram.get_value_at_percentile(percentile)) * MICROSECOND, 6)

    @property
    def count(self) -> int:
        """How many were counted."""
        return int(self._histogram.get_total_count())

    def percentiles(self) -> dict[float, float]:
        """Return the usual percentiles, in seconds; 100 is the longest."""
        return {percentile: self.at(percentile) for percentile in PERCENTILES}
