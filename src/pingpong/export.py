"""Sends spans to a collector. Loaded only where one is set, for it loads much."""

import logging
from collections.abc import Callable, Sequence
from time import monotonic

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

log = logging.getLogger(__name__)
WARNING_EVERY = 60.0
TIMEOUT = 2.0
"""Seconds that one batch may take, so that neither the queue nor the end waits long for a dead collector."""


class Patient(SpanExporter):
    """An exporter whose failures cost one warning a minute."""

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
    """Return what gathers spans and sends them in batches."""
    # It would write a line for each attempt; what matters is said by `Patient`.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    return BatchSpanProcessor(Patient(OTLPSpanExporter(endpoint=traces_url(endpoint), timeout=TIMEOUT), endpoint))


def traces_url(endpoint: str) -> str:
    """Return where traces go; a collector's bare address means its usual path."""
    return endpoint if endpoint.count("/") > 2 and not endpoint.endswith("/") else endpoint.rstrip("/") + "/v1/traces"
