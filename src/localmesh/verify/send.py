"""Sends the requests of cells: those of one client to one port on one connection, as long as it lasts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from ipaddress import IPv4Address
from itertools import groupby
from pathlib import Path
from ssl import SSLContext

from h2.exceptions import ProtocolError

from localmesh.ask.connection import CertificateRefused, Connection, Ended, Reply, connected
from localmesh.ask.sending import Way
from localmesh.cases import http2
from localmesh.identity.authority import Authority
from localmesh.verify.cell import Cell, Seen, cause_of, traceparent
from meshpolicy.core.client import Traffic
from meshverify.cause import Cause

AT_ONCE = 8
"""Connections that are open at a time."""


class Sender:
    """Sends the requests of all clients."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self.authority, self.folder = authority, folder
        self._contexts: dict[tuple[tuple[str, str, IPv4Address], bool], SSLContext | None] = {}

    def way(self, cell: Cell, *, http2: bool = False) -> Way:
        """Return how a cell's request is sent."""
        client, server = cell.client, cell.server
        http2 = http2 or server.traffic is Traffic.HTTP2
        key = (client.name, client.identity, client.source), http2
        if key not in self._contexts:
            self._contexts[key] = client.context(self.authority.anchor.pem, self.folder, http2=http2)
        context = self._contexts[key]
        name = server.identity if context else None
        return Way(server.address, server.number, client.source, context, name)

    async def send(self, cells: Iterable[Cell], on_seen: Callable[[], None] = lambda: None) -> dict[str, Seen]:
        """Send all requests; return the result of each by trace ID."""
        found: dict[str, Seen] = {}
        gate = asyncio.Semaphore(AT_ONCE)

        async def talk(batch: Sequence[Cell]) -> None:
            async with gate:
                async for cell, seen in self._talk(batch):
                    found[cell.trace] = seen
                    on_seen()

        def together(cell: Cell) -> tuple[str, str, int]:
            return cell.client.name, cell.server.pod, cell.server.number

        batches = [tuple(batch) for _, batch in groupby(sorted(cells, key=together), together)]
        async with asyncio.TaskGroup() as group:
            for batch in batches:
                group.create_task(talk(batch))
        return found

    async def _talk(self, batch: Sequence[Cell]) -> AsyncIterator[tuple[Cell, Seen]]:
        if batch[0].server.traffic is Traffic.HTTP2:
            for cell in batch:
                yield cell, await self._over_http2(cell)
            return
        left = list(batch)
        while left:
            try:
                async with connected(self.way(left[0])) as connection:
                    while left:
                        seen = await _ask(connection, left[0])
                        yield left.pop(0), seen
                        if seen.cause in (Cause.MALFORMED, Cause.UNDECLARED, Cause.CERTIFICATE, Cause.BROKEN):
                            break  # the connection is over
            except Ended as error:
                yield left.pop(0), broken(error)

    async def _over_http2(self, cell: Cell) -> Seen:
        request = cell.request
        scheme = "https" if cell.client.tls else "http"
        pseudo = {
            ":method": request.method,
            ":scheme": scheme,
            ":authority": request.authority,
            ":path": request.path,
        }
        headers = {**pseudo, "traceparent": traceparent(cell.trace), **request.headers, **dict(cell.client.headers)}
        grpc = headers.get("content-type") == http2.GRPC
        try:
            async with connected(self.way(cell)) as connection:
                answer = await http2.ask(connection.reader, connection.writer, headers, b"" if grpc else None)
        except (OSError, EOFError, ProtocolError) as error:
            return broken(Ended(str(error) or "closed without an answer"))
        except Ended as error:
            return broken(error)
        status = int(answer.headers.get(":status", "0"))
        return seen_of(Reply(status, answer.headers, answer.body))


def broken(error: Ended) -> Seen:
    """Return the result for a connection that ended without a response."""
    if isinstance(error, CertificateRefused):
        return Seen(Cause.CERTIFICATE, str(error))
    closed = "without an answer" in str(error)
    return Seen(Cause.UNDECLARED if closed else Cause.BROKEN, str(error))


def seen_of(reply: Reply) -> Seen:
    """Return the result for a response."""
    return Seen(cause_of(reply.status, by_proxy=reply.by_proxy), str(reply.status), reply.status)


def head(cell: Cell) -> bytes:
    """Return the head of a cell's request."""
    request = cell.request
    named = {"traceparent": traceparent(cell.trace), **request.headers, **dict(cell.client.headers)}
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {request.authority}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in named.items()), "", ""]).encode()


async def _ask(connection: Connection, cell: Cell) -> Seen:
    try:
        if cell.client.fault:
            # Who sends at once may find the connection reset, and with it the alert gone that says why.
            await connection.refused()
        await connection.send(head(cell))
        return seen_of(await connection.reply(cell.request.method))
    except Ended as error:
        return broken(error)
