"""Spans for the tests of traces."""

from localmesh.traces.span import Span, SpanKind, Status, Value


def span(
    number: int,
    parent: int = 0,
    *,
    trace: int = 1,
    service: str = "ponger",
    name: str = "GET /ping",
    start: int = 0,
    milliseconds: float = 1,
    status: Status = Status.UNSET,
    kind: SpanKind = SpanKind.SERVER,
    size: int = 100,
    pod: str = "ponger-0",
    attributes: dict[str, Value] | None = None,
) -> Span:
    """Return a span; numbers stand for ids, and 0 for no parent."""
    return Span(
        trace_id=f"{trace:032x}",
        span_id=f"{number:016x}",
        parent_id=f"{parent:016x}" if parent else "",
        name=name,
        kind=kind,
        service=service,
        pod=pod,
        start=start,
        end=start + round(milliseconds * 1_000_000),
        status=status,
        attributes=attributes or {},
        size=size,
    )
