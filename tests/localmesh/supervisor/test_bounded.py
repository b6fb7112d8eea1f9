"""A port that anybody can open takes few enough connections."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from localmesh.pods.addresses import LOCALHOST
from localmesh.supervisor import bounded
from localmesh.supervisor.api import serve
from localmesh.supervisor.listening import listen_on
from localmesh.until import stop_task

MOST = 5
WITHIN = 30.0
REQUEST = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"


def answered(connection: socket.socket) -> bool:
    """Whether a request on a connection is answered, and not cut off."""
    answer = b""
    try:
        connection.sendall(REQUEST)
        while not answer.endswith(b"here"):
            part = connection.recv(4096)
            if not part:
                return False
            answer += part
    except (ConnectionResetError, BrokenPipeError):
        return False
    return answer.startswith(b"HTTP/1.1 200")


def conversation(port: int) -> None:
    """Open too many connections, and one more when one has gone."""
    with ExitStack() as stack:

        def opened() -> socket.socket:
            return stack.enter_context(socket.create_connection((str(LOCALHOST), port), WITHIN))

        first = [opened() for _ in range(MOST)]
        assert [answered(connection) for connection in first] == [True] * MOST
        assert not answered(opened())
        assert answered(first[0])
        first[0].close()
        end = monotonic() + WITHIN
        while not answered(opened()):  # the server has not seen yet that one has gone
            assert monotonic() < end, "no connection is taken although one has gone"


def closed(connection: socket.socket) -> bool:
    """Whether the server ends a connection without an answer."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def silence(port: int) -> None:
    """Have one connection answered, and wait until two later ones without a whole request are closed."""
    with ExitStack() as stack:

        def opened() -> socket.socket:
            return stack.enter_context(socket.create_connection((str(LOCALHOST), port), WITHIN))

        end = monotonic() + WITHIN
        while not answered(used := opened()):  # the machine was too busy to send the request in time
            assert monotonic() < end, "no request is answered"
        silent, half = opened(), opened()
        half.sendall(REQUEST[:-2])
        assert closed(silent)
        assert closed(half)
        assert answered(used)


def run(talk: Callable[[int], None]) -> None:
    """Serve while somebody talks to the port."""

    async def here(_: Request) -> PlainTextResponse:
        return PlainTextResponse("here")

    app = Starlette(routes=[Route("/", here)])

    async def main() -> None:
        listener = listen_on(LOCALHOST)
        serving = asyncio.create_task(serve(app, listener, keep_alive=60, connections=MOST))
        try:
            await asyncio.to_thread(talk, listener.getsockname()[1])
        finally:
            await stop_task(serving)

    asyncio.run(main())


def test_what_is_opened_beyond_the_limit_is_closed_and_the_others_are_answered() -> None:
    run(conversation)


def test_a_connection_without_a_whole_request_is_closed_and_one_that_was_answered_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded, "HEAD_WITHIN", 0.5)
    run(silence)
