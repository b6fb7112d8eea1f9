"""The metrics, in a registry of their own."""

import platform
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from pingpong import __version__
from pingpong.outcome import Ping

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""The label of unknown paths and methods: a scanner must not create series."""


@dataclass(frozen=True, slots=True)
class _Series:
    requests: Counter
    duration: Histogram


class Metrics:
    """All series of the service."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(self.registry)
        self._pings = Counter(
            "pingpong_pings_total", "Pings sent, by outcome.", ["target", "outcome"], registry=self.registry
        )
        self._ping_duration = Histogram(
            "pingpong_ping_duration_seconds",
            "How long pings took.",
            ["target"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._requests = Counter(
            "http_requests_total", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._request_duration = Histogram(
            "http_request_duration_seconds",
            "How long requests took.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        build = Gauge("pingpong_build_info", "The version that runs.", ["version", "python"], registry=self.registry)
        build.labels(__version__, platform.python_version()).set(1)
        self._series: dict[tuple[str, str, int], _Series] = {}

    def ping(self, ping: Ping, exemplar: dict[str, str] | None = None) -> None:
        """Count and time a ping."""
        self._pings.labels(ping.target, ping.outcome).inc(1, exemplar)
        self._ping_duration.labels(ping.target).observe(ping.seconds, exemplar)

    def request(
        self, method: str, route: str, status: int, seconds: float, exemplar: dict[str, str] | None = None
    ) -> None:
        """Count and time a request that was answered."""
        key = (method, route, status)
        series = self._series.get(key) or self._new(key)
        series.requests.inc(1, exemplar)
        series.duration.observe(seconds, exemplar)

    def _new(self, key: tuple[str, str, int]) -> _Series:
        method, route, status = key
        known = method if method in METHODS else OTHER
        series = _Series(self._requests.labels(known, route, status), self._request_duration.labels(known, route))
        # Unknown methods share one series and are not remembered, or each would cost memory for ever.
        if known == method:
            self._series[key] = series
        return series
