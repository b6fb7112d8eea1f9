"""Keeps the latest spans in memory, limited in number and size; the oldest traces are dropped as a whole."""

from collections import OrderedDict
from collections.abc import Iterable

from localmesh.traces.span import Span
from localmesh.traces.trace import Trace

MOST_SPANS = 5_000
MOST_BYTES = 16 * 1024 * 1024
"""Most bytes of stored messages."""
MOST_IN_A_TRACE = 500
"""Most spans of one trace, so that an endless trace does not displace all others."""


class TraceStore:
    """The traces of the latest spans; not thread-safe."""

    def __init__(self, most_spans: int = MOST_SPANS, most_bytes: int = MOST_BYTES) -> None:
        self._most_spans = most_spans
        self._most_bytes = most_bytes
        self._traces: OrderedDict[str, dict[tuple[str, str], Span]] = OrderedDict()
        self.spans = 0
        """Number of stored spans."""
        self.bytes = 0
        self.received = 0
        """Number of spans ever received."""
        self.forgotten = 0
        """Number of received spans that were dropped to make room."""

    def add(self, spans: Iterable[Span]) -> None:
        """Store spans; the oldest traces are dropped if there is no room."""
        for span in spans:
            self._keep(span)
        while self._traces and (self.spans > self._most_spans or self.bytes > self._most_bytes):
            self._forget_oldest()

    def latest(self) -> list[Trace]:
        """Return the traces by start, latest first."""
        found = [Trace.of(spans.values()) for spans in self._traces.values()]
        return sorted(found, key=lambda trace: trace.start, reverse=True)

    def find(self, prefix: str) -> list[Trace]:
        """Return the traces whose ID starts with `prefix`, ignoring case."""
        wanted = prefix.lower()
        return [Trace.of(spans.values()) for found, spans in self._traces.items() if found.startswith(wanted)]

    def _keep(self, span: Span) -> None:
        self.received += 1
        spans = self._traces.setdefault(span.trace_id, {})
        self._traces.move_to_end(span.trace_id)
        key = (span.pod, span.span_id)  # whoever knows an id of another pod's span cannot replace it
        before = spans.pop(key, None)
        if before is None and len(spans) >= MOST_IN_A_TRACE:
            self.forgotten += 1
            return
        # A sender that got no answer sends a span again; it counts once.
        self.spans += before is None
        self.bytes += span.size - (before.size if before else 0)
        spans[key] = span

    def _forget_oldest(self) -> None:
        _, spans = self._traces.popitem(last=False)
        self.spans -= len(spans)
        self.forgotten += len(spans)
        self.bytes -= sum(span.size for span in spans.values())
