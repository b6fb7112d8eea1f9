"""What the sidecars saw as metrics, with the names of Linkerd's proxy: rules for a cluster hold here, too."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from localmesh.observe.entry import Entry
from localmesh.pods.pod import Pod
from meshpolicy.decide.decision import Verdict

BUCKETS = (1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10_000, 30_000)
"""Milliseconds; a part of the buckets of Linkerd's proxy."""
_POD = ("namespace", "deployment", "pod")
INBOUND = "inbound"
REFUSED = {
    Verdict.FORBIDDEN: ("inbound_http_authz_deny_total", "Requests that no policy authorized."),
    Verdict.NOT_FOUND: ("inbound_http_route_not_found_total", "Requests that no route matched."),
    Verdict.RATE_LIMITED: ("inbound_http_local_ratelimit_total", "Requests that a rate limit refused."),
    Verdict.CLOSED: ("inbound_tcp_authz_deny_total", "Connections that no policy authorized."),
}
"""Linkerd counts by what refused: linkerd2-proxy/linkerd/app/inbound/src/metrics/authz.rs."""


class ProxyMetrics:
    """Counts the requests that reached the sidecars of pods."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._responses = Counter(
            "response_total",
            "Requests that were let through and ended.",
            ["direction", *_POD, "route_name", "classification", "status_code"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "response_latency_ms",
            "How long these took, in milliseconds.",
            ["direction", *_POD, "route_name"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        of_server = [*_POD, "target_port", "srv_name"]
        self._refused = {
            verdict: Counter(
                name,
                text,
                [*of_server, "route_name"] if verdict is Verdict.FORBIDDEN else of_server,
                registry=self.registry,
            )
            for verdict, (name, text) in REFUSED.items()
        }
        self._expires = Gauge(
            "control_identity_cert_expiration_timestamp_seconds",
            "When the certificate of a pod ends, in seconds since 1970.",
            _POD,
            registry=self.registry,
        )

    def count(self, entry: Entry, pod: Pod, server: str) -> None:
        """Count a request that reached a pod's sidecar; `server` is the Server that governs the port."""
        of_route = {"route_name": entry.route.rpartition("/")[2]}
        if entry.refused:
            verdict = Verdict(entry.verdict)
            of_server = _labels(pod) | {"target_port": entry.port, "srv_name": server}
            found = of_server | of_route if verdict is Verdict.FORBIDDEN else of_server
            self._refused[verdict].labels(**found).inc()
            return
        of_pod = _labels(pod) | of_route
        classification = "success" if entry.succeeded else "failure"
        known = {"direction": INBOUND, **of_pod}
        self._responses.labels(**known, classification=classification, status_code=entry.status).inc()
        self._latency.labels(**known).observe(entry.seconds * 1000)

    def text(self, expiries: Iterable[tuple[Pod, float]]) -> bytes:
        """Return all in Prometheus' text format, with the ends of the certificates as they are now."""
        self._expires.clear()
        for pod, end in expiries:
            self._expires.labels(**_labels(pod)).set(end)
        return generate_latest(self.registry)


def _labels(pod: Pod) -> dict[str, str]:
    return {"namespace": pod.namespace, "deployment": pod.workload.name, "pod": pod.name}
