"""A connection that sends bytes unchanged, and reads the responses one by one."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import h11

from localmesh.ask.sending import Way

TIMEOUT = 10.0
CHUNK = 64 * 1024
MOST_BYTES = 1024 * 1024
"""Most bytes read of a response body; no response here is longer."""
PROBE = h11.Request(method="GET", target="/", headers=[("Host", "localmesh")])


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def by_proxy(self) -> bool:
        """Whether a proxy itself responded: its responses have no body, and so no content type."""
        return "content-type" not in self.headers and not self.body


class Ended(Exception):
    """A connection ended before a response was complete; the message says how."""


class BrokenOff(Ended):
    """A connection ended in the middle of a response."""


class CertificateRefused(Ended):
    """The server ended the handshake with a TLS alert that rejects the certificate."""


class Connection:
    """A connection for consecutive requests."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._left = b""
        self._begun = False
        """Whether the head of the current response has arrived."""

    async def send(self, sent: bytes) -> None:
        """Send bytes; a broken connection is reported only when a response is read."""
        with suppress(OSError):
            self.writer.write(sent)
            await self.writer.drain()

    async def received(self) -> bytes:
        """Return what has arrived; raises EOFError at the end."""
        found = await self.reader.read(CHUNK)
        if not found:
            raise EOFError
        return found

    async def refused(self, within: float = TIMEOUT) -> None:
        """Wait `within` seconds for the server to reject the handshake; raises Ended if it does."""
        try:
            async with asyncio.timeout(within):
                self._left = await self.reader.read(CHUNK)
        except TimeoutError:
            return
        except OSError as error:
            raise ended(error) from error
        if not self._left:
            raise Ended("closed without an answer")

    async def reply(self, method: str = "GET") -> Reply:
        """Return the next response, to a request with this method; raises Ended if none arrives."""
        parser = h11.Connection(h11.CLIENT)
        # The request was sent as raw bytes; the parser needs its method only to know whether the response has a body.
        parser.send(h11.Request(method=method, target=PROBE.target, headers=PROBE.headers))
        parser.send(h11.EndOfMessage())
        self._begun = False
        if self._left:  # nothing would mean the end
            parser.receive_data(self._left)
        try:
            async with asyncio.timeout(TIMEOUT):
                found = await self._read(parser)
        except (OSError, EOFError, h11.RemoteProtocolError) as error:  # TimeoutError and SSLError are OSErrors
            raise (BrokenOff("broken off") if self._begun else ended(error)) from error
        self._left = bytes(parser.trailing_data[0])
        return found

    async def _read(self, parser: h11.Connection) -> Reply:
        head: h11.Response | None = None
        body = b""
        while True:
            event = parser.next_event()
            match event:
                case h11.NEED_DATA:
                    received = await self.reader.read(CHUNK)
                    if not received and head is None:
                        raise EOFError
                    parser.receive_data(received)
                case h11.Response():
                    head, self._begun = event, True
                case h11.Data() if len(body) < MOST_BYTES:
                    body += bytes(event.data)
                case h11.EndOfMessage() | h11.PAUSED | h11.ConnectionClosed():
                    break
                case _:
                    pass
        if head is None:
            raise EOFError
        return Reply(head.status_code, {name.decode(): value.decode("latin-1") for name, value in head.headers}, body)


def ended(error: Exception) -> Ended:
    """Return the error that describes how a connection ended."""
    match error:
        case ssl.SSLError() if "alert" in str(error.reason or "").lower():
            return CertificateRefused(str(error.reason).lower().replace("_", " "))
        case ssl.SSLCertVerificationError():
            return Ended(f"the server's certificate was not accepted: {error.verify_message}")
        case TimeoutError():
            return Ended(f"no answer within {TIMEOUT:g} s")
        case EOFError():
            return Ended("closed without an answer")
        case ConnectionResetError():
            return Ended("reset without an answer")
        case _:
            return Ended(str(error) or type(error).__name__)


@asynccontextmanager
async def connected(way: Way) -> AsyncIterator[Connection]:
    """Open a connection; raises Ended if that fails."""
    source = (str(way.source), 0) if way.source else None
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(
                str(way.address), way.port, local_addr=source, ssl=way.context, server_hostname=way.server_name
            )
    except OSError as error:
        raise ended(error) from error
    try:
        yield Connection(reader, writer)
    finally:
        # Nothing more is expected: a proxy that has refused a request answers the end of TLS only a second later.
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
