"""Carries bytes from an unmeshed pod's address to its app's Unix socket: a pod without a sidecar has no Envoy."""

import asyncio
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

CHUNK = 64 * 1024


async def forward(address: IPv4Address, port: int, socket: Path) -> asyncio.Server:
    """Listen on one container port of the pod, and pass every connection to the app as it is."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            app_reader, app_writer = await asyncio.open_unix_connection(str(socket))
        except OSError:
            writer.transport.abort()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(reader, app_writer))
            group.create_task(_pump(app_reader, writer))

    return await asyncio.start_server(carry, str(address), port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()
