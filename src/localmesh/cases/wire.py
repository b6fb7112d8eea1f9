"""Sends the bytes of a case's request, exactly as written, and reads what comes back as an outcome."""

import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from h2.exceptions import ProtocolError

from localmesh.cases import http2
from localmesh.cases.echo import MARK, headers
from localmesh.envoy.outbound import USER
from localmesh.pods.pod import OUTBOUND_PORT, Pod


def _client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="example.com")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


TIMEOUT = 12.0
"""Longer than a proxy waits for a silent client (R63)."""
OK = 200
LINE = b"ping over a line\n"
HELLO = _client_hello()
"""A ClientHello of an application's own TLS, for a name that is not the pod's."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw."""

    outcome: str
    """`allow`, a status of a proxy, `closed`, `refused` or `timeout`."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """The request's headers as the app saw them."""


@dataclass(frozen=True, slots=True)
class Direct:
    """From an address, to a port, without a proxy of one's own."""

    source: IPv4Address
    address: IPv4Address
    port: int


@dataclass(frozen=True, slots=True)
class ByProxy:
    """Through the sidecar of a pod."""

    pod: Pod
    secret: str


Route = Direct | ByProxy


async def http(route: Route, method: str, path: str, authority: str, more: Mapping[str, str]) -> Seen:
    """Send one HTTP/1.1 request on a new connection."""
    target, own = path, {"host": authority, **more, "connection": "close"}
    if isinstance(route, ByProxy):
        target, own["proxy-authorization"] = f"http://{authority}{path}", _credentials(route)
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in own.items()), "", ""]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen:
        writer.write("\r\n".join(lines).encode("latin-1"))
        head = await reader.readuntil(b"\r\n\r\n")
        if MARK not in headers(head):
            return Seen(str(_status(head)))
        return Seen("allow", {} if method == "HEAD" else json.loads(await _body(reader, head)))

    return await _talk(route, talk)


async def over_http2(route: Route, method: str, path: str, authority: str, more: Mapping[str, str]) -> Seen:
    """Send one HTTP/2 request on a new connection, of which both ends know that it is HTTP/2."""
    fields = {":method": method, ":scheme": "http", ":authority": authority, ":path": path, **more}
    message = b"" if fields.get("content-type") == http2.GRPC else None
    if isinstance(route, ByProxy):
        fields["proxy-authorization"] = _credentials(route)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen:
        answer = await http2.ask(reader, writer, fields, message)
        if MARK in answer.headers:
            return Seen("allow", {} if method == "HEAD" else json.loads(answer.message))
        status = answer.headers.get("grpc-status")
        return Seen(f"grpc-{status}" if status else answer.headers[":status"])

    return await _talk(route, talk)


async def grpc(route: Route, path: str, authority: str, more: Mapping[str, str]) -> Seen:
    """Call one method of gRPC, with an empty message."""
    return await over_http2(route, "POST", path, authority, {"te": "trailers", "content-type": http2.GRPC, **more})


async def stream(route: Route, sent: bytes, authority: str) -> Seen:
    """Send some bytes that are no HTTP on a new connection, and look whether they come back."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen:
        if isinstance(route, ByProxy):
            own = (f"host: {authority}", f"proxy-authorization: {_credentials(route)}")
            writer.write("\r\n".join([f"CONNECT {authority} HTTP/1.1", *own, "", ""]).encode())
            if _status(await reader.readuntil(b"\r\n\r\n")) != OK:
                return Seen("closed")
        writer.write(sent)
        got = await reader.read(len(sent))
        if got.startswith(b"HTTP/1."):
            return Seen(str(_status(got)))
        return Seen("allow" if got == sent else "closed")

    return await _talk(route, talk)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Seen]]


async def _talk(route: Route, talk: Talk) -> Seen:
    try:
        async with asyncio.timeout(TIMEOUT), _connected(route) as (reader, writer):
            return await talk(reader, writer)
    except ConnectionRefusedError:
        return Seen("refused")
    except TimeoutError:
        return Seen("timeout")
    except (OSError, asyncio.IncompleteReadError, ProtocolError):
        return Seen("closed")


@asynccontextmanager
async def _connected(route: Route) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    match route:
        case Direct(source, address, port):
            found = await asyncio.open_connection(str(address), port, local_addr=(str(source), 0))
        case ByProxy(pod):
            found = await asyncio.open_connection(str(pod.local), OUTBOUND_PORT)
    try:
        yield found
    finally:
        found[1].close()
        with suppress(OSError):
            await found[1].wait_closed()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    length = headers(head).get("content-length")
    if length is not None:
        return await reader.readexactly(int(length))
    found = b""
    while size := int(await reader.readline(), 16):
        found += await reader.readexactly(size)
        await reader.readline()
    return found


def _status(head: bytes) -> int:
    return int(head.split(maxsplit=2)[1])


def _credentials(route: ByProxy) -> str:
    return "Basic " + b64encode(f"{USER}:{route.secret}".encode()).decode()
