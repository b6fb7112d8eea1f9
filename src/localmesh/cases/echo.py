"""The app of a case's servers: answers HTTP with what it was asked, and anything else with the same bytes."""

import asyncio
import json
import re
from contextlib import suppress
from pathlib import Path

from localmesh.cases import http2

MARK = "x-echo"
"""The header by which an answer of the app is told from one of a proxy."""
REQUEST = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")
CHUNK = 64 * 1024


async def echo(socket: Path) -> asyncio.Server:
    """Listen on a Unix socket."""
    return await asyncio.start_unix_server(_serve, str(socket))


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while first := await reader.read(CHUNK):
                if first.startswith(http2.PREFACE):
                    return await http2.echo(first, reader, writer, MARK)
                writer.write(await _answer(first, reader))
                await writer.drain()
    finally:
        writer.close()


async def _answer(first: bytes, reader: asyncio.StreamReader) -> bytes:
    if not REQUEST.match(first):
        return first
    while b"\r\n\r\n" not in first:
        first += await reader.readuntil(b"\r\n")
    body = json.dumps(headers(first)).encode()
    head = f"HTTP/1.1 200 OK\r\n{MARK}: 1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + (b"" if first.startswith(b"HEAD ") else body)


def headers(head: bytes) -> dict[str, str]:
    """Return the headers of a request or an answer, by names in lower case."""
    _, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in pairs}
