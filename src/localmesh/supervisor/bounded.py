"""HTTP for a port that every local user can open: limits connections, to save the supervisor's file descriptors."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN = 10.0
"""Seconds within which the head of the first request must arrive."""


def at_most(connections: int) -> type[H11Protocol]:
    """Return a protocol that closes connections beyond that number, and those that send no request in time."""

    class Bounded(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
            if len(self.connections) >= connections:
                transport.abort()
            else:
                super().connection_made(transport)
                self._waiting = self.loop.call_later(HEAD_WITHIN, self._end_silent)

        def connection_lost(self, exc: Exception | None) -> None:
            if self in self.connections:
                self._waiting.cancel()
                super().connection_lost(exc)

        def _end_silent(self) -> None:
            if self.cycle is None:
                self.transport.abort()  # type: ignore[unreachable] # uvicorn sets it with the first request

    return Bounded
