"""Observes every request: a count, a duration, and a log line if wanted. Pure ASGI: each request pays for it."""

import logging
from collections.abc import Collection
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pingpong.health import PROBES
from pingpong.metrics import OTHER, Metrics
from pingpong.tracing import recorded_trace

log = logging.getLogger(__name__)


class Observer:
    """Wraps an app whose routes have no parameters, so that a path it knows is its own template."""

    def __init__(self, app: ASGIApp, routes: Collection[str], metrics: Metrics, *, log_requests: bool) -> None:
        self._app = app
        self._routes = frozenset(routes)
        self._metrics = metrics
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and watch it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._watch(scope, receive, send)

    async def _watch(self, scope: Scope, receive: Receive, send: Send) -> None:
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
            self._note(scope, status, perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"]
        route = path if path in self._routes else OTHER
        recorded = recorded_trace(scope)
        exemplar = {"trace_id": recorded} if recorded else None
        self._metrics.request(scope["method"], route, status, seconds, exemplar)
        if self._log_requests and path not in PROBES:
            said = {"method": scope["method"], "path": path, "status": status, "seconds": round(seconds, 6)}
            log.info("request", extra={"fields": said})
