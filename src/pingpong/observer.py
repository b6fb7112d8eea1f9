"""Watches every request: one span, one count, one time, and a log line if wanted. Pure ASGI, for it is always paid."""

import logging
from collections.abc import Collection
from time import perf_counter

from opentelemetry.trace import INVALID_SPAN, Span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pingpong.metrics import OTHER, Metrics
from pingpong.tracing import Tracing, describe_answer, trace_id

log = logging.getLogger(__name__)
PROBES = frozenset({"/live", "/ready"})
"""Asked by the kubelet every few seconds: counted, but neither traced nor logged."""


class Observer:
    """Wraps an app whose routes have no parameters, so that a path it knows is its own template."""

    def __init__(
        self, app: ASGIApp, routes: Collection[str], metrics: Metrics, tracing: Tracing, *, log_requests: bool
    ) -> None:
        self._app = app
        self._routes = frozenset(routes)
        self._metrics = metrics
        self._tracing = tracing
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and watch it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in PROBES:
            await self._watch(scope, receive, send, INVALID_SPAN)
        else:
            with self._tracing.answering(scope) as span:
                await self._watch(scope, receive, send, span)

    async def _watch(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        status = 500
        started = perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._note(scope, span, status, perf_counter() - started)

    def _note(self, scope: Scope, span: Span, status: int, seconds: float) -> None:
        path = scope["path"]
        route = path if path in self._routes else OTHER
        exemplar = None
        if span.is_recording():
            describe_answer(span, scope, route, status)
            exemplar = {"trace_id": trace_id(span)}
        self._metrics.request(scope["method"], route, status, seconds, exemplar)
        if self._log_requests and path not in PROBES:
            said = {"method": scope["method"], "path": path, "status": status, "seconds": round(seconds, 6)}
            log.info("request", extra={"fields": said})
