"""Builds services whose target is a function, and reads what they counted."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pingpong.app import Service, create_app
from pingpong.metrics import Metrics
from pingpong.peer import Peer
from pingpong.settings import Settings
from pingpong.tracing import Tracing, provider

TARGET = "http://ponger.test/ping"
Handler = Callable[[httpx.Request], httpx.Response]


def pong(_: httpx.Request) -> httpx.Response:
    """Answer as a ponger does."""
    return httpx.Response(200, text="pong")


@dataclass(frozen=True, slots=True)
class Bench:
    """A service without a network, a caller of it, and the spans it made."""

    service: Service
    http: httpx.AsyncClient
    spans: InMemorySpanExporter


def settings(**knobs: object) -> Settings:
    """Return settings with a target, unless told otherwise."""
    return Settings.model_validate({"target": TARGET, "interval": 60} | knobs)


def tracing(chosen: Settings) -> tuple[Tracing, InMemorySpanExporter]:
    """Return tracing whose finished spans can be looked at."""
    spans = InMemorySpanExporter()
    made = provider(chosen)
    made.add_span_processor(SimpleSpanProcessor(spans))
    return Tracing(made, chosen.trace_ratio), spans


def service(handler: Handler = pong, **knobs: object) -> Bench:
    """Return a service whose target is a function."""
    chosen = settings(**knobs)
    watched, spans = tracing(chosen)
    made = create_app(chosen, httpx.AsyncClient(transport=httpx.MockTransport(handler)), watched)
    transport = httpx.ASGITransport(made.app, raise_app_exceptions=False)
    return Bench(made, httpx.AsyncClient(transport=transport, base_url="http://service.test"), spans)


def peer(handler: Handler | httpx.AsyncBaseTransport = pong, **knobs: object) -> tuple[Peer, Metrics]:
    """Return a target that is a function, and what was counted about it."""
    chosen = settings(**knobs)
    transport = handler if isinstance(handler, httpx.AsyncBaseTransport) else httpx.MockTransport(handler)
    metrics = Metrics()
    return Peer(chosen, httpx.AsyncClient(transport=transport), metrics, tracing(chosen)[0]), metrics


def counted(metrics: Metrics, name: str, **labels: str) -> float:
    """Return the value of one series, 0 if there is none."""
    return metrics.registry.get_sample_value(name, labels) or 0.0
