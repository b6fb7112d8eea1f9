"""Asks a server for `/ping` over kept-alive connections, for a bounded time."""

import asyncio
from dataclasses import dataclass
from time import perf_counter

REQUEST = b"GET /ping HTTP/1.1\r\nHost: bench\r\n\r\n"
PONG = b"pong"
LATE = 30.0
"""Seconds after its time in which a round must be over."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of a server in one round."""

    seconds: float
    connections: int


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, until its time is over."""

    def __init__(self, until: float) -> None:
        self.answers = 0
        self.done = asyncio.get_running_loop().create_future()
        self._until = until
        self._transport: asyncio.Transport
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask first."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 # for the type checker
        self._transport = transport
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Count an answer, and ask again."""
        self._tail = (self._tail + data)[-len(PONG) :]
        if self._tail != PONG:
            return
        self._tail = b""
        self.answers += 1
        if perf_counter() < self._until:
            self._transport.write(REQUEST)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end."""
        if perf_counter() < self._until:
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))
        else:
            self.done.set_result(None)


async def round_of(port: int, load: Load) -> int:
    """Return how many requests a server answers in one round."""
    loop = asyncio.get_running_loop()
    began = perf_counter()
    made = [
        await loop.create_connection(lambda: Caller(began + load.seconds), "127.0.0.1", port)
        for _ in range(load.connections)
    ]
    callers = [caller for _, caller in made]
    await asyncio.wait_for(asyncio.gather(*(caller.done for caller in callers)), load.seconds + LATE)
    return sum(caller.answers for caller in callers)
