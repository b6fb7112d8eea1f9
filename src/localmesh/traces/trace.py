"""A trace: the spans of one request as a tree of calls. A value: no I/O."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from localmesh.traces.span import Span, SpanKind, Status


@dataclass(frozen=True, slots=True)
class Trace:
    """All received spans of one trace; at least one."""

    trace_id: str
    spans: tuple[Span, ...]
    """The spans by start, earliest first."""

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Self:
        """Return the trace of these spans, which must have the same trace ID."""
        found = tuple(sorted(spans, key=lambda span: (span.start, span.end, span.span_id)))
        return cls(found[0].trace_id, found)

    @property
    def root(self) -> Span:
        """The first span whose parent is not in the trace."""
        return next(self.tree())[1]

    @property
    def start(self) -> int:
        """Start of the earliest span, in nanoseconds since 1970."""
        return self.spans[0].start

    @property
    def seconds(self) -> float:
        """Seconds from the earliest start to the latest end."""
        return max(0, max(span.end for span in self.spans) - self.start) / 1e9

    @property
    def failed(self) -> bool:
        """Whether any span ended with an error."""
        return any(span.status is Status.ERROR for span in self.spans)

    @property
    def refused(self) -> Span | None:
        """The first span of a request that the policies refused; None if there is none."""
        return next((span for span in self.spans if span.refused), None)

    @property
    def services(self) -> tuple[str, ...]:
        """The services in the trace, in the order of the tree."""
        return tuple(dict.fromkeys(span.service for _, span in self.tree()))

    def tree(self) -> Iterator[tuple[int, Span]]:
        """Yield every span once with its depth: each below its parent, siblings by their start.

        A span whose parent is not in the trace has depth 0. Spans in a cycle of parents, which no correct program
        sends, come last.
        """
        known = {span.span_id for span in self.spans}
        children: dict[str, list[Span]] = {}
        for span in self.spans:
            children.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
        seen: set[str] = set()
        yield from _below("", 0, children, seen)
        for span in self.spans:
            if span.span_id not in seen:
                seen.add(span.span_id)
                yield 0, span
                yield from _below(span.span_id, 1, children, seen)

    def to_json(self, indent: int | None = None) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(as_data(self), indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        return cls.from_data(json.loads(text))

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return what `as_data` made."""
        return cls.of(
            Span(**{**span, "kind": SpanKind(span["kind"]), "status": Status(span["status"])}) for span in data["spans"]
        )


def as_data(trace: Trace) -> dict[str, Any]:
    """Return a trace as JSON values."""
    return {"trace_id": trace.trace_id, "spans": [asdict(span) for span in trace.spans]}


def _below(parent: str, depth: int, children: dict[str, list[Span]], seen: set[str]) -> Iterator[tuple[int, Span]]:
    """Yield the descendants of a span, without recursion: a trace may be deeper than Python's stack."""
    waiting = [(depth, span) for span in reversed(children.get(parent, ()))]
    while waiting:
        level, span = waiting.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        yield level, span
        waiting += [(level + 1, child) for child in reversed(children.get(span.span_id, ()))]
