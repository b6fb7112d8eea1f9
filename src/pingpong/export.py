"""Sends spans to a collector. Imported only if one is set, because it imports much."""

import logging
from collections.abc import Callable, Sequence
from time import monotonic

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

log = logging.getLogger(__name__)
WARNING_EVERY = 60.0
TIMEOUT = 2.0
"""Seconds that one batch may take, so that an unreachable collector delays neither the queue nor the shutdown."""


class Patient(SpanExporter):
    """An exporter that logs at most one warning a minute about failures."""

    def __init__(self, exporter: SpanExporter, endpoint: str, clock: Callable[[], float] = monotonic) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._clock = clock
        self._lost = 0
        self._warned: float | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; count what is lost."""
        try:
            result = self._exporter.export(spans)
            reason = "the collector did not take them"
        except Exception as error:  # an exporter's fault must never be the service's
            result = SpanExportResult.FAILURE
            reason = str(error)
        if result is SpanExportResult.SUCCESS:
            return result
        self._lost += len(spans)
        now = self._clock()
        if self._warned is None or now - self._warned >= WARNING_EVERY:
            log.warning("spans lost", extra={"fields": {"lost": self._lost, "to": self._endpoint, "reason": reason}})
            self._warned, self._lost = now, 0
        return result

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what is left."""
        return self._exporter.force_flush(timeout_millis)


def processor(endpoint: str) -> BatchSpanProcessor:
    """Return the processor that sends spans in batches."""
    # It would write a line for each attempt; what matters is said by `Patient`.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    return BatchSpanProcessor(Patient(OTLPSpanExporter(endpoint=traces_url(endpoint), timeout=TIMEOUT), endpoint))


def traces_url(endpoint: str) -> str:
    """Return the URL for traces; an address without a path gets the standard path."""
    return endpoint if endpoint.count("/") > 2 and not endpoint.endswith("/") else endpoint.rstrip("/") + "/v1/traces"
