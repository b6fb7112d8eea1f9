"""Who may send spans, and what is taken."""

import asyncio
import gzip

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from localmesh.pods.spans import PATH, SpanSender
from localmesh.traces.receiver import MOST_BYTES, PROTOBUF, create_app

from .test_otlp import one_span

BODY = one_span().SerializeToString()
PONGER = SpanSender("ponger-0", sidecar=False)
TOKENS = {"secret": PONGER}
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12)
HEADERS = {"authorization": "Bearer secret", "content-type": PROTOBUF}


def send(
    body: bytes, headers: dict[str, str], method: str = "POST", path: str = PATH
) -> tuple[httpx.Response, list[tuple[SpanSender, ExportTraceServiceRequest]]]:
    """Send a request; return the answer, and what was taken."""
    taken: list[tuple[SpanSender, ExportTraceServiceRequest]] = []
    app = create_app(lambda token: TOKENS.get(token), lambda pod, found: taken.append((pod, found)))

    async def sent() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://traces") as client:
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(sent()), taken


@pytest.mark.parametrize(
    "headers",
    [HEADERS, HEADERS | {"content-type": f"{PROTOBUF}; charset=x"}, HEADERS | {"authorization": "bearer secret"}],
)
def test_a_pod_with_its_token_may_send_spans(headers: dict[str, str]) -> None:
    answer, taken = send(BODY, headers)

    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", PROTOBUF)
    assert taken == [(PONGER, one_span())]


def test_spans_may_be_packed() -> None:
    answer, taken = send(gzip.compress(BODY, mtime=0), HEADERS | {"content-encoding": "gzip"})

    assert (answer.status_code, len(taken)) == (200, 1)


@settings(max_examples=25)
@given(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12).filter(lambda text: text != "secret")
)
def test_no_other_token_is_taken(token: str) -> None:
    answer, taken = send(BODY, HEADERS | {"authorization": f"Bearer {token}"})

    assert (answer.status_code, taken) == (401, [])


@pytest.mark.parametrize(
    ("headers", "body", "status", "says"),
    [
        ({"authorization": ""}, BODY, 401, "only pods of this mesh"),
        ({"authorization": "Basic secret"}, BODY, 401, "only pods of this mesh"),
        ({"authorization": "", "content-type": "text/plain"}, BODY, 401, "only pods of this mesh"),
        ({"content-type": "application/json"}, b"{}", 415, PROTOBUF),
        ({"content-encoding": "br"}, BODY, 415, "gzip"),
        ({}, b"\xff", 400, "not an ExportTraceServiceRequest"),
        ({"content-encoding": "gzip"}, BODY, 400, "not valid gzip"),
        ({"content-encoding": "gzip"}, gzip.compress(BODY, mtime=0)[:-4], 400, "ends too early"),
        ({}, bytes(MOST_BYTES + 1), 413, str(MOST_BYTES)),
        ({"content-encoding": "gzip"}, gzip.compress(bytes(MOST_BYTES + 1), mtime=0), 413, str(MOST_BYTES)),
    ],
)
def test_what_is_not_taken_is_refused_with_the_reason(
    headers: dict[str, str], body: bytes, status: int, says: str
) -> None:
    answer, taken = send(body, HEADERS | headers)

    assert (answer.status_code, taken) == (status, [])
    assert says in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", PATH, 405), ("POST", "/v1/metrics", 404)])
def test_there_is_nothing_else_to_ask_for(method: str, path: str, status: int) -> None:
    answer, taken = send(BODY, HEADERS, method, path)

    assert (answer.status_code, taken) == (status, [])
