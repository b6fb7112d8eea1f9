"""Pings the target once."""

import asyncio
import logging
from time import perf_counter

import httpx

from pingpong.metrics import Metrics
from pingpong.outcome import ERRORS, Outcome, Ping, of_answer, of_error
from pingpong.settings import Settings
from pingpong.tracing import Tracing, describe_ping, trace_id

log = logging.getLogger(__name__)
MOST_BODY = 1024
"""The most bytes read of an answer: far more than a pong, too few to do harm."""
MOST_CONNECTIONS = 20
IDLE = 60.0
"""Seconds that an idle connection is kept: shorter than the server keeps it."""


def client(settings: Settings) -> httpx.AsyncClient:
    """Return the HTTP client of this service; it honours `HTTP_PROXY` and similar variables."""
    return httpx.AsyncClient(
        verify=httpx.create_ssl_context(),  # one for all ways: a way through a proxy would load the authorities again
        timeout=settings.timeout,
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, keepalive_expiry=IDLE),
        headers={"User-Agent": f"pingpong/{settings.name}"},
    )


class Peer:
    """The target, and the client that reaches it."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient, metrics: Metrics, tracing: Tracing) -> None:
        self.last: Ping | None = None
        self._settings = settings
        self._http = http
        self._metrics = metrics
        self._tracing = tracing
        tracing.follow(http)

    async def ping(self) -> Ping:
        """Ping once, whatever comes of it; count it, time it, trace it, log it."""
        target = self._settings.target
        with self._tracing.pinging(target) as span:
            started = perf_counter()
            outcome, status, detail = await self._ask(target)
            ping = Ping(target, outcome, status, round(perf_counter() - started, 6), trace_id(span), detail)
            describe_ping(span, ping)
            sampled = span.get_span_context().trace_flags.sampled
            self._metrics.ping(ping, {"trace_id": ping.trace_id} if sampled else None)
            _write(ping)
        self.last = ping
        return ping

    async def _ask(self, target: str) -> tuple[Outcome, int | None, str]:
        try:
            # httpx limits each step; a target that sends a byte now and then would pass all of them for ever.
            async with (
                asyncio.timeout(self._settings.timeout),
                self._http.stream("GET", target, follow_redirects=False) as answer,
            ):
                body = await _beginning(answer)
        except ERRORS as error:
            return of_error(error), None, f"{type(error).__name__}: {error}".removesuffix(": ")
        outcome = of_answer(answer.status_code, body)
        return outcome, answer.status_code, "" if outcome is Outcome.OK else body.strip()[:200]


async def _beginning(answer: httpx.Response) -> str:
    read = bytearray()
    async for chunk in answer.aiter_bytes(MOST_BODY):
        read += chunk
        if len(read) > MOST_BODY:
            break
    return bytes(read[: MOST_BODY + 1]).decode("utf-8", "replace")


def _write(ping: Ping) -> None:
    level = logging.INFO if ping.outcome is Outcome.OK else logging.WARNING
    said = {"target": ping.target, "outcome": ping.outcome, "status": ping.status, "seconds": ping.seconds}
    log.log(level, "ping", extra={"fields": said | ({"detail": ping.detail} if ping.detail else {})})
