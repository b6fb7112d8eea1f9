"""Receives the pods' spans: OTLP over HTTP in protobuf, only with the token of a pod.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import zlib
from collections.abc import Callable
from http import HTTPStatus

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from localmesh.pods.spans import PATH, SpanSender
from localmesh.traces import otlp

PROTOBUF = "application/x-protobuf"
MOST_BYTES = 4 * 1024 * 1024
"""Most bytes of one request, compressed and uncompressed; gRPC's default limit."""
_GZIP = 16 + zlib.MAX_WBITS

Sender = Callable[[str], SpanSender | None]
"""Returns the program that owns a token, or None."""
Taken = Callable[[SpanSender, ExportTraceServiceRequest], None]
"""Handles an accepted request."""


class Refused(Exception):
    """A request is rejected with a status and a reason."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def create_app(sender: Sender, take: Taken) -> Starlette:
    """Return the application, which passes accepted requests to `take`."""

    async def receive(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = sender(token) if scheme.lower() == "bearer" else None
        if known is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "only pods of this mesh may send spans, each with its own token")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PROTOBUF:
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected content-type: {PROTOBUF}")
        body = unpacked(await _body(request), request.headers.get("content-encoding", "identity").lower())
        try:
            take(known, otlp.request(body))
        except otlp.NotOtlp as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type=PROTOBUF)

    async def refuse(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)  # noqa: S101 the only one that comes here
        return PlainTextResponse(f"{error}\n", error.status)

    return Starlette(routes=[Route(PATH, receive, methods=["POST"])], exception_handlers={Refused: refuse})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise _too_large()
    return bytes(body)


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return the decompressed body; raises Refused if it is too large or has an unsupported encoding."""
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected content-encoding: gzip, or none")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "not valid gzip") from error
    if len(plain) > MOST_BYTES:
        raise _too_large()
    if not unpacker.eof:
        raise Refused(HTTPStatus.BAD_REQUEST, "gzip ends too early")
    return plain


def _too_large() -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request of more than {MOST_BYTES} bytes")
