"""Measures what OpenTelemetry's instrumentation costs a recorded request, against a span made by hand.

The service's own application is called in this process, without a server and without a network; rounds alternate.
Told is processor time: the lower quartile of the rounds, which hardly changes when others keep the machine busy.
The span by hand has the same attributes, and nothing else: it is what is left if the instrumentation costs nothing.
"""

import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable, MutableMapping
from time import process_time
from typing import Any

import click
import httpx
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pingpong.app import create_app
from pingpong.settings import Settings
from pingpong.tracing import Tracing, provider

Scope = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]
PARENT = f"00-{'a' * 32}-{'b' * 16}"
W3C = TraceContextTextMapPropagator()


def scope(flag: str) -> Scope:
    """Return a request for `/ping` whose caller is recorded (`01`) or not (`00`)."""
    headers = [(b"host", b"ponger:8080"), (b"user-agent", b"bench"), (b"traceparent", f"{PARENT}-{flag}".encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/ping",
        "raw_path": b"/ping",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }


async def receive() -> dict[str, Any]:
    """Return a body of nothing."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(_: dict[str, Any]) -> None:
    """Drop the answer."""


def by_hand(app: App, tracer: Tracer) -> App:
    """Return an application whose requests have a span made with OpenTelemetry's API alone."""

    async def watched(request: Scope, receive: Any, send: Any) -> None:
        headers = dict(request["headers"])
        context = W3C.extract({"traceparent": headers[b"traceparent"].decode().replace("-00", "-01")}, Context())
        attributes: dict[str, str | int] = {
            "http.request.method": request["method"],
            "http.route": request["path"],
            "url.path": request["path"],
            "url.scheme": request["scheme"],
            "network.protocol.version": request["http_version"],
            "server.address": headers[b"host"].decode(),
            "server.port": request["server"][1],
            "client.address": request["client"][0],
            "client.port": request["client"][1],
            "user_agent.original": headers[b"user-agent"].decode(),
        }
        with tracer.start_as_current_span("GET /ping", context, SpanKind.SERVER, attributes) as span:

            async def noted(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await app(request, receive, noted)

    return watched


async def measure(rounds: int, requests: int) -> dict[str, float]:
    """Return the microseconds of processor time for a request, by way."""
    tracing = Tracing(provider(settings := Settings(name="ponger")))
    app = create_app(settings, httpx.AsyncClient(), tracing).app
    ways = {
        "not recorded": (app, "00"),
        "span by hand": (by_hand(app, tracing.provider.get_tracer("bench")), "00"),
        "instrumented": (app, "01"),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, (called, flag) in ways.items():
            began = process_time()
            for _ in range(requests):
                await called(scope(flag), receive, send)
            if number:  # the first round warms up
                found[name].append((process_time() - began) / requests * 1e6)
    return {name: round(statistics.quantiles(times, n=4)[0], 1) for name, times in found.items()}


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(2, 1000), default=40, show_default=True, help="Rounds for each way.")
@click.option("--requests", type=click.IntRange(10, 100_000), default=300, show_default=True, help="Requests a round.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def main(rounds: int, requests: int, output: str) -> None:
    """Measure, and print."""
    found = asyncio.run(measure(rounds, requests))
    if output == "json":
        click.echo(json.dumps(found, indent=2))
        return
    base = found["not recorded"]
    for name, value in found.items():
        click.echo(f"{name:<14}{value:>8.0f} us{value - base:>+8.0f} us")


if __name__ == "__main__":
    main()
