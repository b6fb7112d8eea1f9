"""HTTP for a port that anybody on the machine can open: few enough connections not to use up the supervisor's files."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN = 10.0
"""Seconds in which the head of the first request must have come."""


def at_most(connections: int) -> type[H11Protocol]:
    """Return the protocol that closes what is opened beyond so many connections, and what stays silent."""

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
