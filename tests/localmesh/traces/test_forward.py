"""What pods send reaches the collector in order, and a collector that is away stops nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from localmesh.traces import forward
from localmesh.traces.collector import Collector
from localmesh.traces.forward import Forwarder
from localmesh.until import stop_task, until

from .test_otlp import one_span

WITHIN = 60.0


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(forward, "LONGEST_WAIT", 0.01)


def numbered(number: int) -> ExportTraceServiceRequest:
    """Return a request that is known by a number."""
    found = one_span()
    found.resource_spans[0].scope_spans[0].spans[0].name = f"{number}"
    return found


@dataclass
class Taken:
    """What a collector was sent, and what it answers before it takes anything."""

    answers: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def take(self, body: bytes, shown: str) -> int:
        """Take a request; return the status."""
        self.shown.append(shown)
        if self.answers:
            return self.answers.pop(0)
        sent = ExportTraceServiceRequest.FromString(body)
        self.names.append(sent.resource_spans[0].scope_spans[0].spans[0].name)
        return 200


@asynccontextmanager
async def by_http(taken: Taken) -> AsyncIterator[Collector]:
    """Run a collector that speaks HTTP."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
                body = await reader.readexactly(int(fields["content-length"]))
                status = taken.take(body, fields.get("authorization", ""))
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Collector(f"http://127.0.0.1:{port}/v1/traces", headers={"authorization": "bearer x"})


@asynccontextmanager
async def by_grpc(taken: Taken, path: Path) -> AsyncIterator[Collector]:
    """Run a collector that speaks gRPC on a Unix socket."""

    async def export(body: bytes, context: grpc.aio.ServicerContext[bytes, ExportTraceServiceResponse]) -> object:
        metadata = dict(context.invocation_metadata() or ())
        if taken.take(body, str(metadata.get("authorization", ""))) != 200:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return ExportTraceServiceResponse()

    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    handler: grpc.RpcMethodHandler[bytes, ExportTraceServiceResponse] = grpc.unary_unary_rpc_method_handler(
        export, response_serializer=ExportTraceServiceResponse.SerializeToString
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": handler})])
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    try:
        yield Collector(f"unix:{path}", grpc=True, headers={"authorization": "bearer x"})
    finally:
        await server.stop(None)


async def forwarded(to: Collector, requests: int, done: Callable[[Forwarder], bool]) -> Forwarder:
    """Send requests, and return when it is done."""
    found = Forwarder(to)
    for number in range(requests):
        found.put(numbered(number))
    sending = asyncio.create_task(found.run())
    try:
        await until(lambda: done(found), within=WITHIN, what="the requests were not sent")
    finally:
        await stop_task(sending)
    return found


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_requests_arrive_in_order_with_the_headers_that_the_collector_wants(kind: str, short_path: Path) -> None:
    async def main() -> None:
        # It is away twice, and everything is sent again.
        taken = Taken([503, 503])
        running = by_http(taken) if kind == "http" else by_grpc(taken, short_path / "c.sock")
        async with running as to:
            found = await forwarded(to, 5, lambda it: it.sent == 5)
        assert taken.names == ["0", "1", "2", "3", "4"]
        assert set(taken.shown) == {"bearer x"}
        assert found.dropped == 0

    asyncio.run(main())


def test_what_a_collector_refuses_for_good_is_dropped_and_the_rest_goes_on() -> None:
    async def main() -> None:
        taken = Taken([400, 401])
        async with by_http(taken) as to:
            found = await forwarded(to, 4, lambda it: it.sent == 2)
        assert (taken.names, found.dropped) == (["2", "3"], 2)

    asyncio.run(main())


def test_while_a_collector_is_away_the_oldest_requests_make_room_for_the_latest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    size = len(numbered(0).SerializeToString())
    found = Forwarder(Collector("http://127.0.0.1:1/v1/traces"), most_bytes=3 * size)
    for number in range(10):
        found.put(numbered(number))
    assert found.dropped == 7
    # Once a minute, not once a request.
    assert len(caplog.records) == 1


def test_a_collector_that_comes_back_gets_what_waits(short_path: Path) -> None:
    async def main() -> None:
        taken = Taken()
        found = Forwarder(Collector(f"unix:{short_path / 'c.sock'}", grpc=True))
        found.put(numbered(7))
        sending = asyncio.create_task(found.run())
        try:
            async with by_grpc(taken, short_path / "c.sock"):
                await until(lambda: found.sent == 1, within=WITHIN, what="nothing was sent")
        finally:
            await stop_task(sending)
        assert taken.names == ["7"]

    asyncio.run(main())


@pytest.mark.parametrize(
    "to",
    [
        Collector("https://127.0.0.1:1/v1/traces", tls=True, authority="/no/such.pem"),
        Collector("127.0.0.1:1", grpc=True, tls=True, authority="/no/such.pem"),
        Collector("http://127.0.0.1:1/v1/traces", headers={"a": "\u00e4"}),
    ],
)
def test_whatever_breaks_the_sending_is_told_and_tried_again(to: Collector, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(forwarded(to, 3, lambda it: it.dropped >= 3))
    (record,) = caplog.records
    assert record.getMessage().startswith(f"spans do not reach the collector {to.shown}: ")
