"""What a client of a case sees, from an echo server without a proxy between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hpack import Encoder

from localmesh.cases.echo import echo
from localmesh.cases.wire import HELLO, LINE, Direct, Route, Seen, grpc, http, over_http2, stream

LOCALHOST = IPv4Address("127.0.0.1")


@asynccontextmanager
async def carrier(socket: Path) -> AsyncIterator[Route]:
    """Run an echo server, and carry connections of a port to it."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(str(socket))
        back.write(await reader.read(65536))
        writer.write(await there.read(65536))
        for one in (back, writer):
            one.close()

    async with await echo(socket), await asyncio.start_server(carry, str(LOCALHOST), 0) as port:
        yield Direct(LOCALHOST, LOCALHOST, port.sockets[0].getsockname()[1])


def seen(folder: Path, ask: Callable[[Route], Awaitable[Seen]]) -> Seen:
    async def main() -> Seen:
        async with carrier(folder / "s") as route:
            return await ask(route)

    return asyncio.run(main())


def test_a_request_is_answered_with_the_headers_that_arrived(short_path: Path) -> None:
    found = seen(short_path, lambda route: http(route, "GET", "//raw?x", "a.example", {"x-a": "1"}))
    assert found == Seen("allow", {"host": "a.example", "x-a": "1", "connection": "close"})


def test_a_request_of_http2_is_answered_with_the_headers_that_arrived(short_path: Path) -> None:
    found = seen(short_path, lambda route: over_http2(route, "GET", "//raw?x", "a.example", {"x-a": "1"}))
    fields = {":method": "GET", ":scheme": "http", ":authority": "a.example", ":path": "//raw?x"}
    assert found == Seen("allow", {**fields, "x-a": "1"})


def test_a_call_of_grpc_is_answered_with_a_message_and_a_status(short_path: Path) -> None:
    found = seen(short_path, lambda route: grpc(route, "/game.Table/Ping", "a.example", {}))
    assert found.outcome == "allow"
    assert found.shown[":path"] == "/game.Table/Ping"
    assert found.shown["te"] == "trailers"


@pytest.mark.parametrize("sent", [LINE, HELLO], ids=["a line", "a TLS hello"])
def test_what_is_no_http_comes_back(sent: bytes, short_path: Path) -> None:
    assert seen(short_path, lambda route: stream(route, sent, "a.example")) == Seen("allow")


async def answered(answer: bytes, ask: Callable[[Route], Awaitable[Seen]]) -> Seen:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, str(LOCALHOST), 0) as server:
        return await ask(Direct(LOCALHOST, LOCALHOST, server.sockets[0].getsockname()[1]))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "403"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "200"),
        (b"HTTP/1.1 200 OK\r\nx-echo: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "allow"),
        (b"", "closed"),
        (b"HTTP/1.1 200", "closed"),
    ],
)
def test_an_answer_of_the_app_is_told_from_one_of_a_proxy(answer: bytes, outcome: str) -> None:
    assert asyncio.run(answered(answer, lambda route: http(route, "GET", "/", "a.example", {}))).outcome == outcome


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ([(":status", "403")], "403"),
        ([(":status", "200")], "200"),
        ([(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "7")], "grpc-7"),
    ],
)
def test_a_proxys_refusal_of_http2_is_read(fields: list[tuple[str, str]], outcome: str) -> None:
    settings, headers = bytes(3) + b"\4" + bytes(5), Encoder().encode(fields)
    frame = len(headers).to_bytes(3, "big") + b"\1\5\0\0\0\1" + headers
    assert asyncio.run(answered(settings + frame, lambda route: grpc(route, "/a/b", "a", {}))).outcome == outcome


def test_an_answer_of_http1_to_http2_is_no_answer() -> None:
    answer = b"HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n"
    assert asyncio.run(answered(answer, lambda route: grpc(route, "/a/b", "a", {}))).outcome == "closed"


def test_nobody_there_is_refused() -> None:
    route = Direct(LOCALHOST, IPv4Address("127.250.250.250"), 1)
    assert asyncio.run(http(route, "GET", "/", "a", {})).outcome == "refused"
