"""Keeps the latest spans in memory, up to a number and a size; what is older is forgotten, a whole trace at a time."""

from collections import OrderedDict
from collections.abc import Iterable

from localmesh.traces.span import Span
from localmesh.traces.trace import Trace

MOST_SPANS = 5_000
MOST_BYTES = 16 * 1024 * 1024
"""The size of the stored messages."""
MOST_IN_A_TRACE = 500
"""A trace that goes on for ever must not push out all others."""


class TraceStore:
    """The traces of the last spans; used by one thread."""

    def __init__(self, most_spans: int = MOST_SPANS, most_bytes: int = MOST_BYTES) -> None:
        self._most_spans = most_spans
        self._most_bytes = most_bytes
        self._traces: OrderedDict[str, dict[tuple[str, str], Span]] = OrderedDict()
        self.spans = 0
        """How many are kept now."""
        self.bytes = 0
        self.received = 0
        """How many ever came."""
        self.forgotten = 0
        """How many of them were dropped to make room."""

    def add(self, spans: Iterable[Span]) -> None:
        """Keep spans, and drop the oldest traces for them where there is no room."""
        for span in spans:
            self._keep(span)
        while self._traces and (self.spans > self._most_spans or self.bytes > self._most_bytes):
            self._forget_oldest()

    def latest(self) -> list[Trace]:
        """Return the traces, that with the latest start first."""
        found = [Trace.of(spans.values()) for spans in self._traces.values()]
        return sorted(found, key=lambda trace: trace.start, reverse=True)

    def find(self, prefix: str) -> list[Trace]:
        """Return the traces whose id begins so, in any case."""
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
        # A sender that had no answer sends again: that is one span, not two.
        self.spans += before is None
        self.bytes += span.size - (before.size if before else 0)
        spans[key] = span

    def _forget_oldest(self) -> None:
        _, spans = self._traces.popitem(last=False)
        self.spans -= len(spans)
        self.forgotten += len(spans)
        self.bytes -= sum(span.size for span in spans.values())
