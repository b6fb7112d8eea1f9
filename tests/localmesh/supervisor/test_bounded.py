"""A port that anybody can open takes few enough connections."""

import asyncio
import socket
from contextlib import ExitStack

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from localmesh.pods.addresses import LOCALHOST
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
        while not answered(opened()):
            pass  # the server has not seen yet that one has gone


def test_what_is_opened_beyond_the_limit_is_closed_and_the_others_are_answered() -> None:
    async def here(_: Request) -> PlainTextResponse:
        return PlainTextResponse("here")

    app = Starlette(routes=[Route("/", here)])

    async def main() -> None:
        listener = listen_on(LOCALHOST)
        serving = asyncio.create_task(serve(app, listener, connections=MOST))
        try:
            await asyncio.to_thread(conversation, listener.getsockname()[1])
        finally:
            await stop_task(serving)

    asyncio.run(main())
