"""Parses OTLP requests into spans, and limits whatever a sender could make too large.

opentelemetry/proto/collector/trace/v1/trace_service.proto, opentelemetry/proto/common/v1/common.proto.
"""

import json
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from localmesh.traces.span import Span, SpanKind, Status, Value

MOST_ATTRIBUTES = 64
MOST_PARTS = 4000
"""Resources, scopes and spans that one request may hold."""
LONGEST = 1024
"""Characters that are kept of a text."""
_KINDS = tuple(SpanKind)
"""Span kinds by their numbers in the protocol."""
_STATUSES = (Status.UNSET, Status.OK, Status.ERROR)
_TRACE_ID, _SPAN_ID = 16, 8
"""Lengths of IDs in bytes."""


class NotOtlp(Exception):
    """A body is not a valid OTLP request; the message says why."""


def request(body: bytes) -> ExportTraceServiceRequest:
    """Parse a body in protobuf; raises NotOtlp."""
    try:
        found = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise NotOtlp("not an ExportTraceServiceRequest in protobuf") from error
    if _parts(found) > MOST_PARTS:
        raise NotOtlp(f"more than {MOST_PARTS} resources, scopes and spans in one request")
    return found


def _parts(found: ExportTraceServiceRequest) -> int:
    """Return the number of resources, scopes and spans: a few bytes can encode very many empty ones."""
    count = len(found.resource_spans)
    if count <= MOST_PARTS:
        count += sum(len(group.scope_spans) for group in found.resource_spans)
    if count <= MOST_PARTS:
        count += sum(len(scope.spans) for group in found.resource_spans for scope in group.scope_spans)
    return count


def spans(found: ExportTraceServiceRequest, pod: str) -> Iterator[Span]:
    """Yield the spans of a pod's request; spans with an invalid ID are left out, as OTLP requires."""
    for group in found.resource_spans:
        service = str(_attributes(group.resource.attributes).get("service.name", "")) or "unknown_service"
        for scope in group.scope_spans:
            for sent in scope.spans:
                if _valid(sent.trace_id, _TRACE_ID) and _valid(sent.span_id, _SPAN_ID):
                    yield _span(sent, service, pod)


def _valid(found: bytes, length: int) -> bool:
    """Whether this is a valid ID: of this length, and not all zeros."""
    return len(found) == length and any(found)


def _span(sent: Any, service: str, pod: str) -> Span:
    return Span(
        trace_id=sent.trace_id.hex(),
        span_id=sent.span_id.hex(),
        parent_id=sent.parent_span_id.hex() if _valid(sent.parent_span_id, _SPAN_ID) else "",
        name=sent.name[:LONGEST],
        kind=_KINDS[sent.kind] if sent.kind < len(_KINDS) else SpanKind.UNSPECIFIED,
        service=service,
        pod=pod,
        start=sent.start_time_unix_nano,
        end=sent.end_time_unix_nano,
        status=_STATUSES[sent.status.code] if sent.status.code < len(_STATUSES) else Status.UNSET,
        message=sent.status.message[:LONGEST],
        attributes=_attributes(sent.attributes),
        size=min(sent.ByteSize(), MOST_ATTRIBUTES * LONGEST),
    )


def _attributes(found: Iterable[Any]) -> dict[str, Value]:
    kept: dict[str, Value] = {}
    for pair in found:
        if len(kept) == MOST_ATTRIBUTES:
            break
        kept[pair.key[:LONGEST]] = _value(pair.value)
    return kept


def _value(found: Any) -> Value:
    match found.WhichOneof("value"):
        case "string_value":
            return str(found.string_value[:LONGEST])
        case "bool_value":
            return bool(found.bool_value)
        case "int_value":
            return int(found.int_value)
        case "double_value":
            # JSON has no number for infinity or NaN.
            return found.double_value if isfinite(found.double_value) else str(found.double_value)
        case _:
            return _text(found)[:LONGEST]


def _text(found: Any) -> str:
    """Return a list, map or bytes as JSON text; empty if there is no value."""
    return "" if found.WhichOneof("value") is None else json.dumps(_plain(found))


def _plain(found: Any) -> Any:
    match found.WhichOneof("value"):
        case "array_value":
            return [_plain(one) for one in found.array_value.values]
        case "kvlist_value":
            return {pair.key: _plain(pair.value) for pair in found.kvlist_value.values}
        case "bytes_value":
            return found.bytes_value.hex()
        case None:
            return None
        case _:
            return _value(found)
