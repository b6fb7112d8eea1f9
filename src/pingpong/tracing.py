"""Makes spans and passes context on: FastAPI and httpx are instrumented, and a ping has a span around its request."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
from fastapi import FastAPI
from opentelemetry.context import Context, attach, detach
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status, StatusCode
from starlette.types import ASGIApp, Receive, Scope, Send

from pingpong import __version__
from pingpong.health import PROBES
from pingpong.outcome import Ping
from pingpong.settings import Settings

# The instrumentation writes attributes of the stable HTTP conventions only if it is told so before its first use.
os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")

Headers = Iterable[tuple[bytes, bytes]]
_W3C = TraceContextTextMapPropagator()
_SAMPLED = frozenset(b"%x" % digit for digit in range(1, 16, 2))
"""Ends of a `traceparent` whose trace is recorded: the last bit says it (W3C Trace Context, 3.2.2.5)."""
_CONTEXT_HEADERS = (b"traceparent", b"tracestate")
_SPAN = "pingpong.span"
"""Where the instrumentation's span is kept in a request's scope, for what is noted after its end."""
LAST_SPANS_WITHIN = 2.0


def resource(settings: Settings) -> Resource:
    """Return the resource that describes this service."""
    known = {
        "service.name": settings.name,
        "service.version": __version__,
        "k8s.pod.name": settings.pod_name,
        "k8s.namespace.name": settings.pod_namespace,
        "k8s.pod.ip": settings.pod_ip,
        "k8s.node.name": settings.node_name,
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }
    return Resource({key: value for key, value in known.items() if value})


def provider(settings: Settings) -> TracerProvider:
    """Return the tracer provider, which sends spans if an endpoint is set."""
    made = TracerProvider(
        sampler=ParentBasedTraceIdRatio(settings.trace_ratio), resource=resource(settings), shutdown_on_exit=False
    )
    if settings.otlp_endpoint:
        # The exporter loads protobuf and an HTTP client: too much for a start without a collector.
        from pingpong.export import processor

        made.add_span_processor(processor(settings.otlp_endpoint))
    return made


class Tracing:
    """Makes the spans of requests that come in and of pings that go out."""

    def __init__(self, provider: TracerProvider, ratio: float = 1.0) -> None:
        self.provider = provider
        self._roots = ratio > 0
        self._tracer = provider.get_tracer("pingpong", __version__)

    def close(self, within: float = LAST_SPANS_WITHIN) -> None:
        """Send the last spans; a collector that hangs does not hold up the end."""
        sending = Thread(target=self.provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(within)

    def traced(self, api: FastAPI) -> ASGIApp:
        """Instrument an API, and return it; a request of which nothing is recorded passes by the instrumentation.

        That computes its attributes even then. The caller's context is still passed on.
        """
        plain = api.build_middleware_stack()
        FastAPIInstrumentor.instrument_app(
            api,
            server_request_hook=_remember,
            tracer_provider=self.provider,
            meter_provider=NoOpMeterProvider(),
            exclude_spans=["receive", "send"],
            excluded_urls=",".join(f"{probe}$" for probe in PROBES),
        )

        async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
            context = self._unrecorded(scope["headers"]) if scope["type"] == "http" else None
            if context is None:
                await api(scope, receive, send)
                return
            scope["app"] = api
            token = attach(context)
            try:
                await plain(scope, receive, send)
            finally:
                detach(token)

        return chosen

    def follow(self, http: httpx.AsyncClient) -> None:
        """Make a span of each request of a client, and send its context along."""
        HTTPXClientInstrumentor.instrument_client(
            http, tracer_provider=self.provider, meter_provider=NoOpMeterProvider()
        )

    def _unrecorded(self, headers: Headers) -> Context | None:
        """Return the context of a request that is surely not recorded: its caller's trace is not, or no root is."""
        if any(name == b"traceparent" and value[-1:] in _SAMPLED for name, value in headers):
            return None  # it seems to be recorded: the instrumentation reads the header in full
        carrier = {name.decode(): value.decode("latin-1") for name, value in headers if name in _CONTEXT_HEADERS}
        context = _W3C.extract(carrier, Context()) if carrier else Context()
        caller = get_current_span(context).get_span_context()
        recorded = caller.trace_flags.sampled if caller.is_valid else self._roots
        return None if recorded else context

    @contextmanager
    def pinging(self, target: str) -> Iterator[Span]:
        """Make the span of a ping the current one: below the request that asked for it, a root if nobody asked."""
        with self._tracer.start_as_current_span("ping", attributes={"pingpong.target": target}) as span:
            yield span


def recorded_trace(scope: Scope) -> str | None:
    """Return the id of the trace that a request was recorded in, if it was."""
    span: Span | None = scope.get(_SPAN)
    return trace_id(span) if span is not None and span.get_span_context().trace_flags.sampled else None


def _remember(span: Span, scope: Scope) -> None:
    scope[_SPAN] = span


def describe_ping(span: Span, ping: Ping) -> None:
    """Record the outcome of a ping in a recorded span."""
    span.set_attribute("pingpong.outcome", ping.outcome)
    if ping.outcome != "ok":
        span.set_attribute("error.type", ping.outcome)
        span.set_status(Status(StatusCode.ERROR, ping.outcome))


def trace_id(span: Span) -> str:
    """Return a span's trace id as 32 hexadecimal digits."""
    return f"{span.get_span_context().trace_id:032x}"
