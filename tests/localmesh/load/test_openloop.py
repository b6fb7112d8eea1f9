"""An open loop: requests go out at their times whatever the answers do, and each counts from its intended time."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address

import pytest

from localmesh.ask.sending import Way
from localmesh.load import openloop
from localmesh.load.openloop import OpenLoop
from localmesh.load.target import LoadTarget
from meshverify.load import BROKEN_OFF

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
WRITERS: list[asyncio.StreamWriter] = []
"""Of all connections that a server was asked on."""
Serve = Callable[[int, asyncio.StreamWriter], Awaitable[None]]


def loaded(serve: Serve, rate: float, seconds: float) -> OpenLoop:
    """Return a load on a server that answers the requests by their number."""

    async def main() -> OpenLoop:
        served = 0

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal served
            WRITERS.append(writer)
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    served += 1
                    await serve(served, writer)
            except (OSError, EOFError):
                pass
            finally:
                writer.close()

        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            target = LoadTarget("a test", Way(IPv4Address("127.0.0.1"), port), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            loop = OpenLoop(target, rate)
            await loop.run(seconds)
            return loop

    return asyncio.run(main())


async def at_once(_: int, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


def test_as_many_requests_are_sent_as_the_rate_says() -> None:
    found = loaded(at_once, rate=100, seconds=0.5)
    assert (found.result.sent, found.result.lost, found.result.broken_off) == (50, 0, 0)


def test_no_connection_stays_open_that_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openloop, "KEPT", 0.0)
    WRITERS.clear()
    most = 0

    async def serve(_: int, writer: asyncio.StreamWriter) -> None:
        nonlocal most
        most = max(most, sum(not one.is_closing() for one in WRITERS))
        writer.write(OK)

    assert loaded(serve, rate=100, seconds=1).result.lost == 0
    assert len(WRITERS) == 100
    assert most < 50


def test_a_pause_of_the_server_counts_for_every_request_that_it_keeps_waiting() -> None:
    """A load that waited for each answer would count the pause once."""
    pause, paused = 0.5, asyncio.Event()

    async def serve(number: int, writer: asyncio.StreamWriter) -> None:
        if number == 1:
            await asyncio.sleep(pause)
            paused.set()
        await paused.wait()
        writer.write(OK)

    found = loaded(serve, rate=100, seconds=pause)
    assert found.result.sent == 50
    assert found.latencies.at(50) >= pause * 0.4, "half of all were meant to be sent in the first half of the pause"


def test_each_way_to_be_lost_is_told_apart() -> None:
    async def serve(number: int, writer: asyncio.StreamWriter) -> None:
        match number % 5:
            case 1:
                writer.write(HALF)
                writer.close()
            case 2:
                writer.close()
            case 3:
                writer.write(REFUSED)
            case _:
                writer.write(OK)

    found = loaded(serve, rate=100, seconds=0.5).result
    assert found.sent == 50
    assert found.failures == {BROKEN_OFF: 10, "closed without an answer": 10, "503": 10}
    assert (found.lost, found.broken_off) == (20, 10)
