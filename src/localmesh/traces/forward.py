"""Forwards spans to a collector, in order, through a bounded queue, so that a lost collector blocks nothing."""

import asyncio
import logging
import ssl
from collections import deque
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from localmesh.traces.collector import Collector

log = logging.getLogger(__name__)
MOST_BYTES = 8 * 1024 * 1024
"""Most bytes of all waiting requests together; beyond that, the oldest are dropped."""
TIMEOUT = 10.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0
WARNING_EVERY = 60.0
_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_AGAIN = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""Statuses after which OTLP requires a retry."""
_AGAIN_GRPC = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


class NotSent(Exception):
    """The collector did not accept a request."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


class Way(Protocol):
    """The transport of requests to a collector."""

    async def send(self, body: bytes) -> None:
        """Send one request; raises NotSent."""

    async def close(self) -> None:
        """Close its connections."""


class ByHttp:
    """OTLP over HTTP."""

    def __init__(self, to: Collector) -> None:
        verify: Any = ssl.create_default_context(cafile=to.authority) if to.authority else True
        import httpx  # it takes long to load, and is not needed by most

        self._failure = httpx.HTTPError
        self._url = to.url
        self._headers = {**to.headers, "content-type": "application/x-protobuf"}
        self._http = httpx.AsyncClient(verify=verify, timeout=TIMEOUT)

    async def send(self, body: bytes) -> None:
        """Send one request; raises NotSent."""
        try:
            answer = await self._http.post(self._url, content=body, headers=self._headers)
        except self._failure as error:
            raise NotSent(str(error) or type(error).__name__, again=True) from error
        if not answer.is_success:
            raise NotSent(f"answered {answer.status_code}", again=answer.status_code in _AGAIN)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()


class ByGrpc:
    """OTLP over gRPC."""

    def __init__(self, to: Collector) -> None:
        self._channel = _channel(to)
        self._metadata = tuple(to.headers.items())
        self._export = self._channel.unary_unary(_METHOD, lambda body: body, ExportTraceServiceResponse.FromString)

    async def send(self, body: bytes) -> None:
        """Send one request; raises NotSent."""
        try:
            await self._export(body, timeout=TIMEOUT, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise NotSent(f"answered {error.code().name}", again=error.code() in _AGAIN_GRPC) from error

    async def close(self) -> None:
        """Close its connection."""
        await self._channel.close()


def _channel(to: Collector) -> Any:
    if not to.tls:
        return grpc.aio.insecure_channel(to.url)
    roots = Path(to.authority).read_bytes() if to.authority else None
    return grpc.aio.secure_channel(to.url, grpc.ssl_channel_credentials(roots))


class Forwarder:
    """A queue of requests, and the loop that sends them."""

    def __init__(self, to: Collector, most_bytes: int = MOST_BYTES) -> None:
        self.to = to
        self.sent = 0
        """Number of requests that the collector accepted."""
        self.dropped = 0
        """Number of requests that were dropped."""
        self._most_bytes = most_bytes
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._warned = -WARNING_EVERY

    def put(self, request: ExportTraceServiceRequest) -> None:
        """Queue a request; the oldest waiting ones are dropped if there is no room."""
        self._waiting.append(body := request.SerializeToString())
        self._bytes += len(body)
        while self._bytes > self._most_bytes and len(self._waiting) > 1:
            self._bytes -= len(self._waiting.popleft())
            self._drop("too many wait")
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled. An unexpected error is logged, and sending continues."""
        while True:
            try:
                await self._send_all()
            except Exception as error:  # whatever a library raises
                self._drop(f"{type(error).__name__}: {error}")
                await asyncio.sleep(LONGEST_WAIT)

    async def _send_all(self) -> None:
        way: Way = ByGrpc(self.to) if self.to.grpc else ByHttp(self.to)
        wait = FIRST_WAIT
        try:
            while True:
                if not self._waiting:
                    self._news.clear()
                    await self._news.wait()
                body = self._waiting.popleft()
                self._bytes -= len(body)
                try:
                    await way.send(body)
                except NotSent as error:
                    if not error.again:
                        self._drop(str(error))
                        continue
                    self._warn(str(error))
                    self._waiting.appendleft(body)
                    self._bytes += len(body)
                    await asyncio.sleep(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
                else:
                    self.sent += 1
                    wait = FIRST_WAIT
        finally:
            await way.close()

    def _drop(self, reason: str) -> None:
        self.dropped += 1
        self._warn(reason)

    def _warn(self, reason: str) -> None:
        """Log at most once a minute."""
        if monotonic() - self._warned >= WARNING_EVERY:
            self._warned = monotonic()
            log.warning(
                "spans do not reach the collector %s: %s; %d requests dropped", self.to.shown, reason, self.dropped
            )
