"""HTTP for a port that anybody on the machine can open: few enough connections not to use up the supervisor's files."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


def at_most(connections: int) -> type[H11Protocol]:
    """Return the protocol that closes what is opened beyond so many connections."""

    class Bounded(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
            if len(self.connections) >= connections:
                transport.abort()
            else:
                super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            if self in self.connections:
                super().connection_lost(exc)

    return Bounded
