"""Makes spans and passes their context on. The two places that need spans make them here, at the price they must cost.

The general instrumentation of FastAPI takes a third of the requests per second even where a trace is not sampled;
what this service says about a request fits into one span each way.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import urlsplit

from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, SpanKind, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status, StatusCode
from starlette.types import Scope

from pingpong import __version__
from pingpong.outcome import Ping
from pingpong.settings import Settings

Headers = Iterable[tuple[bytes, bytes]]
_W3C = TraceContextTextMapPropagator()
_CONTEXT_HEADERS = (b"traceparent", b"tracestate")
_NOTHING = Context()
LAST_SPANS_WITHIN = 2.0


def resource(settings: Settings) -> Resource:
    """Return who makes the spans."""
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
    """Return what makes the spans, and sends them if there is somewhere to send them to."""
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

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("pingpong", __version__)

    def close(self, within: float = LAST_SPANS_WITHIN) -> None:
        """Send the last spans; a collector that hangs does not hold up the end."""
        sending = Thread(target=self.provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(within)

    @contextmanager
    def answering(self, scope: Scope) -> Iterator[Span]:
        """Make the span of a request that came in the current one, below the caller's span if it names one."""
        context = extract(scope["headers"])
        span = self._tracer.start_span(scope["method"], context, SpanKind.SERVER)
        token = attach(set_span_in_context(span, context))
        try:
            yield span
        finally:
            detach(token)
            span.end()

    @contextmanager
    def pinging(self, target: str) -> Iterator[tuple[Span, dict[str, str]]]:
        """Make the span of a ping the current one; also return the headers that carry it to the target.

        It is below the request that asked for the ping, and a root if nobody asked.
        """
        headers: dict[str, str] = {}
        with self._tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as span:
            _W3C.inject(headers)
            if span.is_recording():
                parts = urlsplit(target)
                span.set_attributes(
                    {
                        "http.request.method": "GET",
                        "url.full": target,
                        "server.address": parts.hostname or "",
                        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
                    }
                )
            yield span, headers


def extract(headers: Headers) -> Context:
    """Return the caller's context, as its W3C headers tell it; an empty one if they do not."""
    carrier = {name.decode(): value.decode("latin-1") for name, value in headers if name in _CONTEXT_HEADERS}
    return _W3C.extract(carrier, _NOTHING) if carrier else _NOTHING


def describe_answer(span: Span, scope: Scope, route: str, status: int) -> None:
    """Say in a recorded span what was asked and answered."""
    span.update_name(f"{scope['method']} {route}")
    client = scope.get("client")
    span.set_attributes(
        {
            "http.request.method": scope["method"],
            "http.route": route,
            "http.response.status_code": status,
            "url.path": scope["path"],
            "url.scheme": scope["scheme"],
            "client.address": client[0] if client else "",
        }
    )
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def describe_ping(span: Span, ping: Ping) -> None:
    """Say in a recorded span what became of a ping."""
    span.set_attribute("pingpong.outcome", ping.outcome)
    if ping.status is not None:
        span.set_attribute("http.response.status_code", ping.status)
    if ping.outcome != "ok":
        span.set_attribute("error.type", ping.outcome)
        span.set_status(Status(StatusCode.ERROR, ping.outcome))


def trace_id(span: Span) -> str:
    """Return a span's trace id, as people search for it."""
    return f"{span.get_span_context().trace_id:032x}"
