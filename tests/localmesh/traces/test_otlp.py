"""What OpenTelemetry's own SDK sends is read as it was meant; what is too large is cut."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind as SdkKind
from opentelemetry.trace.status import StatusCode

from localmesh.traces.otlp import LONGEST, MOST_ATTRIBUTES, MOST_PARTS, NotOtlp, request, spans
from localmesh.traces.span import SpanKind, Status

PLAIN = st.text(max_size=20) | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)


def sdk() -> tuple[TracerProvider, InMemorySpanExporter]:
    """Return a provider of the SDK whose spans are kept."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "ponger"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return provider, kept


@settings(max_examples=40)
@given(
    name=st.text(min_size=1, max_size=20),
    kind=st.sampled_from(list(SdkKind)),
    status=st.sampled_from(list(StatusCode)),
    attributes=st.dictionaries(st.text(min_size=1, max_size=10), PLAIN, max_size=5),
)
def test_a_span_of_the_sdk_arrives_whole(
    name: str, kind: SdkKind, status: StatusCode, attributes: dict[str, str | bool | int | float]
) -> None:
    provider, kept = sdk()
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("parent"), tracer.start_as_current_span(name, kind=kind) as made:
        made.set_attributes(attributes)
        made.set_status(status)
    sent = request(encode_spans(kept.get_finished_spans()).SerializeToString())

    found, parent = spans(sent, "ponger-0")
    original = kept.get_finished_spans()[0]
    context = original.get_span_context()
    assert context is not None
    assert (found.trace_id, found.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert (found.parent_id, parent.parent_id) == (parent.span_id, "")
    assert (found.name, found.service, found.pod) == (name, "ponger", "ponger-0")
    assert found.kind == SpanKind[kind.name]
    assert found.status == Status[status.name]
    assert (found.start, found.end) == (original.start_time, original.end_time)
    assert found.attributes == {key: value if _finite(value) else str(value) for key, value in attributes.items()}
    json.dumps(found.attributes, allow_nan=False)


def _finite(value: object) -> bool:
    return not isinstance(value, float) or abs(value) != float("inf")


def one_span() -> ExportTraceServiceRequest:
    """Return a request with one span."""
    sent = ExportTraceServiceRequest()
    made = sent.resource_spans.add().scope_spans.add().spans.add()
    made.trace_id, made.span_id = b"\1" * 16, b"\2" * 8
    return sent


@pytest.mark.parametrize(
    ("trace_id", "span_id", "kept"),
    [
        (b"\1" * 16, b"\2" * 8, 1),
        (b"\0" * 16, b"\2" * 8, 0),
        (b"\1" * 16, b"\0" * 8, 0),
        (b"\1" * 15, b"\2" * 8, 0),
        (b"\1" * 16, b"\2" * 9, 0),
        (b"", b"", 0),
    ],
)
def test_a_span_with_an_invalid_id_is_left_out(trace_id: bytes, span_id: bytes, kept: int) -> None:
    sent = one_span()
    made = sent.resource_spans[0].scope_spans[0].spans[0]
    made.trace_id, made.span_id = trace_id, span_id

    assert len(list(spans(sent, "p"))) == kept


def test_texts_and_attributes_beyond_the_limit_are_cut() -> None:
    sent = one_span()
    made = sent.resource_spans[0].scope_spans[0].spans[0]
    made.name = "n" * (LONGEST + 1)
    for number in range(MOST_ATTRIBUTES + 1):
        made.attributes.add(key=f"{number}").value.string_value = "v" * (LONGEST + 1)
    (found,) = spans(sent, "p")

    assert len(found.name) == LONGEST
    assert {len(str(value)) for value in found.attributes.values()} == {LONGEST}
    assert len(found.attributes) == MOST_ATTRIBUTES


def test_lists_and_maps_are_kept_as_json() -> None:
    sent = one_span()
    value = sent.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="k").value
    value.array_value.values.add().string_value = "a"
    value.array_value.values.add().bytes_value = b"\xff"
    value.array_value.values.add().kvlist_value.values.add(key="x").value.bool_value = True
    value.array_value.values.add()
    (found,) = spans(sent, "p")

    assert found.attributes == {"k": '["a", "ff", {"x": true}, null]'}
    assert found.service == "unknown_service"


def test_kinds_and_statuses_of_a_later_protocol_are_unknown_and_no_error() -> None:
    sent = one_span()
    made = sent.resource_spans[0].scope_spans[0].spans[0]
    made.MergeFromString(b"\x30\x63")  # kind 99
    made.status.MergeFromString(b"\x18\x63")  # code 99
    (found,) = spans(sent, "p")

    assert (found.kind, found.status) == (SpanKind.UNSPECIFIED, Status.UNSET)


@pytest.mark.parametrize("body", [b"{}", b"\xff" * 20, b"\x0a\x05abc"])
def test_what_is_no_otlp_is_refused(body: bytes) -> None:
    with pytest.raises(NotOtlp):
        request(body)


@pytest.mark.parametrize(("parent", "kept"), [(b"\1" * 8, "01" * 8), (b"", ""), (b"\1" * 5000, ""), (bytes(8), "")])
def test_a_parent_with_an_invalid_id_is_none(parent: bytes, kept: str) -> None:
    sent = one_span()
    sent.resource_spans[0].scope_spans[0].spans[0].parent_span_id = parent
    (found,) = spans(sent, "pod-0")
    assert found.parent_id == kept


@pytest.mark.parametrize("level", ["resources", "scopes", "spans"])
def test_a_request_of_very_many_empty_parts_is_refused(level: str) -> None:
    sent = one_span()
    for _ in range(MOST_PARTS):
        match level:
            case "resources":
                sent.resource_spans.add()
            case "scopes":
                sent.resource_spans[0].scope_spans.add()
            case _:
                sent.resource_spans[0].scope_spans[0].spans.add()
    with pytest.raises(NotOtlp, match="more than 4000 resources, scopes and spans"):
        request(sent.SerializeToString())
