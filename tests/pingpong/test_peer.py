"""One ping: what is sent, what is concluded, what is counted."""

import asyncio
import json
import logging

import httpx
import pytest

from pingpong.outcome import Outcome
from pingpong.peer import MOST_BODY, client

from .build import TARGET, counted, peer, settings

pytestmark = pytest.mark.anyio


async def test_a_pong_is_ok_and_counted() -> None:
    target, metrics = peer()
    ping = await target.ping()
    assert (ping.target, ping.outcome, ping.status, ping.detail) == (TARGET, Outcome.OK, 200, "")
    assert target.last == ping
    assert counted(metrics, "pingpong_pings_total", target=TARGET, outcome="ok") == 1
    assert counted(metrics, "pingpong_ping_duration_seconds_count", target=TARGET) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_proxys_own_error_keeps_its_status(status: int) -> None:
    target, _ = peer(lambda _: httpx.Response(status, text="no healthy upstream"))
    ping = await target.ping()
    assert (ping.outcome, ping.status, ping.detail) == (Outcome.HTTP_ERROR, status, "no healthy upstream")


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://elsewhere.test/"})

    target, _ = peer(handler)
    assert (await target.ping()).outcome is Outcome.HTTP_ERROR
    assert asked == [TARGET]


async def test_only_the_beginning_of_a_long_answer_is_read() -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while True:
            sent += 1024
            yield b"x" * 1024

    target, _ = peer(lambda _: httpx.Response(200, content=endless()))  # type: ignore[arg-type]
    ping = await target.ping()
    assert (ping.outcome, len(ping.detail)) == (Outcome.WRONG_BODY, 200)
    assert sent <= MOST_BODY + 2048


async def test_a_target_that_dribbles_does_not_outlast_the_timeout() -> None:
    async def dribble() -> object:
        while True:
            await asyncio.sleep(0.01)
            yield b"p"

    target, _ = peer(lambda _: httpx.Response(200, content=dribble()), timeout=0.1)  # type: ignore[arg-type]
    ping = await target.ping()
    assert (ping.outcome, ping.status) == (Outcome.TIMEOUT, None)


async def test_an_error_is_told_in_the_words_of_what_reported_it() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    target, metrics = peer(handler)
    assert (await target.ping()).detail == "ConnectError: nobody there"
    assert counted(metrics, "pingpong_pings_total", target=TARGET, outcome="connect_error") == 1


async def test_the_trace_goes_out_with_the_ping() -> None:
    sent: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["traceparent"])
        return httpx.Response(200, text="pong")

    target, _ = peer(handler)
    first, second = await target.ping(), await target.ping()
    assert [header.split("-")[1] for header in sent] == [first.trace_id, second.trace_id]
    assert first.trace_id != second.trace_id


@pytest.mark.parametrize(("status", "level"), [(200, "INFO"), (403, "WARNING")])
async def test_a_ping_is_a_line_in_the_log(status: int, level: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pingpong")
    target, _ = peer(lambda _: httpx.Response(status, text="pong"))
    ping = await target.ping()
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (level, "ping")
    said = record.__dict__["fields"]
    assert (said["target"], said["outcome"], said["status"]) == (TARGET, ping.outcome, status)
    json.dumps(said)


async def test_the_client_goes_through_the_proxy_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://me:secret@127.0.0.1:{port}")
    async with server, client(settings()) as http:
        answer = await http.get(TARGET)
    assert answer.status_code == 503
    head = heads[0].decode().lower()
    assert head.startswith(f"get {TARGET} http/1.1\r\n")
    assert "proxy-authorization: basic bwu6c2vjcmv0" in head
