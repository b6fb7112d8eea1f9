"""What a collector that fails costs."""

import logging
import socket
from collections.abc import Sequence
from threading import Thread
from time import monotonic

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from pingpong.export import Patient, traces_url
from pingpong.tracing import Tracing, provider

from .build import settings


class Broken(SpanExporter):
    """An exporter that raises or fails, as told."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Fail."""
        if self._error:
            raise self._error
        return SpanExportResult.FAILURE if spans else SpanExportResult.SUCCESS


@pytest.mark.parametrize("error", [None, RuntimeError("no route")])
def test_failures_cost_one_warning_a_minute(error: Exception | None, caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    exporter = Patient(Broken(error), "http://collector:4318", lambda: now)
    span = ReadableSpan("one")
    for second in (0, 1, 59.9, 60, 61, 119, 120):
        now = second
        assert exporter.export([span]) is SpanExportResult.FAILURE
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
    assert [record.__dict__["fields"]["lost"] for record in caplog.records] == [1, 3, 3]


def test_a_success_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    assert Patient(Broken(), "").export([]) is SpanExportResult.SUCCESS
    assert caplog.records == []


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("http://collector:4318/v1/traces", "http://collector:4318/v1/traces"),
        ("http://collector/otlp/v1/traces", "http://collector/otlp/v1/traces"),
    ],
)
def test_a_bare_address_means_the_usual_path(endpoint: str, url: str) -> None:
    assert traces_url(endpoint) == url


def test_spans_are_sent_at_the_end() -> None:
    heads: list[bytes] = []

    def collect(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            heads.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        collector = Thread(target=collect, args=(listener,))
        collector.start()
        chosen = settings(otlp_endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}")
        tracing = Tracing(provider(chosen))
        with tracing.pinging("http://ponger/ping"):
            pass
        tracing.close()
        collector.join(10)
    assert heads[0].startswith(b"POST /v1/traces HTTP/1.1\r\n")


def test_a_collector_that_hangs_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        chosen = settings(otlp_endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}")
        tracing = Tracing(provider(chosen))
        with tracing.pinging("http://ponger/ping"):
            pass
        began = monotonic()
        tracing.close(within=0.1)
        assert monotonic() - began < 1.5
