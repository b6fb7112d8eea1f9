"""Sends one request as a chosen client, its target exactly as written, and returns the outcome.

It uses no HTTP client library, which would normalize `/../ping`, `//ping` or `/ping#f` before sending.
"""

import asyncio
import ssl
import tempfile
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import h11

from localmesh.ask.targets import Target
from meshidentity.certificates import Leaf

TIMEOUT = 10.0
MOST_BYTES = 65536
"""Most bytes read of a response body, of which only the first line is shown."""
CHUNK = 16384
Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Observed:
    """The outcome of a request."""

    status: int | None
    line: str
    seconds: float
    by_proxy: bool
    """Whether a proxy itself responded: its responses have no body, and so no content type."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a request is sent: where to connect, from which address, and with which credentials."""

    address: IPv4Address
    port: int
    source: IPv4Address | None = None
    """The source address; None: any."""
    context: ssl.SSLContext | None = None
    """The TLS context; None for plain text."""
    server_name: str | None = None
    prefix: str = ""
    """Prefix of the request target for a request through the pod's own proxy: `http://ponger`."""
    headers: tuple[tuple[str, str], ...] = ()


def through_sidecar(target: Target, proxy: str) -> Way:
    """Return the way through a pod's own proxy, which resolves the name and uses mutual TLS."""
    found = urlsplit(proxy)
    assert found.hostname  # noqa: S101 `proxy_url` writes it
    assert found.port  # noqa: S101
    credentials = b64encode(f"{found.username}:{found.password}".encode()).decode()
    secret = ("Proxy-Authorization", f"Basic {credentials}")
    return Way(IPv4Address(found.hostname), found.port, prefix=f"http://{target.authority}", headers=(secret,))


def in_plain(target: Target, source: IPv4Address) -> Way:
    """Return the way directly to the pod, without TLS."""
    return Way(target.pod.local, target.number, source)


def with_certificate(target: Target, source: IPv4Address, leaf: Leaf, anchor: str, folder: Path) -> Way:
    """Return the way directly to the pod with mutual TLS; the server must prove the pod's identity."""
    context = ssl.create_default_context(cadata=anchor)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    # `ssl` loads a key only from a file; this one is private and removed at once.
    with tempfile.NamedTemporaryFile("w", dir=folder) as file:
        file.write(leaf.chain_pem + leaf.key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return Way(target.pod.local, target.number, source, context, target.pod.identity)


async def send(way: Way, target: Target, method: str, headers: Headers) -> Observed:
    """Send one request and return its outcome; a broken connection is an outcome too."""
    started = perf_counter()
    answer = Answered()
    try:
        async with asyncio.timeout(TIMEOUT), _connected(way) as (reader, writer):
            writer.write(_head(way, target, method, headers))
            await writer.drain()
            await answer.read(reader, method)
    except (OSError, EOFError, h11.RemoteProtocolError) as error:  # TimeoutError and SSLError are OSErrors
        if answer.status is None:
            return Observed(None, _words(error), perf_counter() - started, by_proxy=True)
    return Observed(answer.status, answer.line, perf_counter() - started, answer.by_proxy)


def _head(way: Way, target: Target, method: str, headers: Headers) -> bytes:
    """Return the head of a request. A default header is left out if `headers` has it."""
    given = tuple(headers)
    named = {name.lower() for name, _ in given}
    usual = (("Host", target.authority), ("Accept", "*/*"), ("User-Agent", "localmesh"), ("Connection", "close"))
    sent = [*(pair for pair in usual if pair[0].lower() not in named), *way.headers, *given]
    lines = [f"{method} {way.prefix}{target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent), "", ""]
    return "\r\n".join(lines).encode(errors="surrogateescape")


@asynccontextmanager
async def _connected(way: Way) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    source = (str(way.source), 0) if way.source else None
    reader, writer = await asyncio.open_connection(
        str(way.address), way.port, local_addr=source, ssl=way.context, server_hostname=way.server_name
    )
    try:
        yield reader, writer
    finally:
        # Nothing more is expected: a proxy that has refused a request answers the end of TLS only a second later.
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@dataclass(slots=True)
class Answered:
    """The received part of a response."""

    status: int | None = None
    by_proxy: bool = True
    body: bytes = b""

    @property
    def line(self) -> str:
        """The first line of the body that is not empty."""
        return next(iter(self.body.decode(errors="replace").strip().splitlines()), "")

    async def read(self, reader: StreamReader, method: str) -> None:
        """Read the response to a request with this method; at most MOST_BYTES of its body."""
        parser = h11.Connection(h11.CLIENT)
        # The parser must know what it reads the answer to; what was sent is written by hand, as h11 refuses some of it.
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "localmesh")]))
        parser.send(h11.EndOfMessage())
        while len(self.body) < MOST_BYTES:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(await reader.read(CHUNK))
            elif isinstance(event, h11.Response):
                self.status = event.status_code
                self.by_proxy = b"content-type" not in dict(event.headers)
            elif isinstance(event, h11.Data):
                self.body += bytes(event.data)
                self.by_proxy = False
            elif not isinstance(event, h11.InformationalResponse):
                return


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:g} s"
    if isinstance(error, EOFError):
        return "the connection ended without an answer"
    return str(error) or type(error).__name__
