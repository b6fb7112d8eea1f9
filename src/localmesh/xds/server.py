"""The control plane's end of one sidecar's stream: gRPC on a Unix socket in the pod's private folder.

Who connects is known by that socket alone: only the pod's own sidecar is told where it is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc

from localmesh.envoy.api_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse
from localmesh.until import stop_task
from localmesh.xds.stream import Refusal, ResourceSource, Stream

_SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
_METHOD = "DeltaAggregatedResources"
_OPTIONS = (("grpc.so_reuseport", 0), ("grpc.max_concurrent_streams", 4))
Outbox = asyncio.Queue[DeltaDiscoveryResponse]


class Discovery:
    """Answers the sidecar of one pod."""

    def __init__(self, path: Path, source: ResourceSource) -> None:
        self._path = path
        self._source = source
        self._server: Any = None
        self._streams: dict[Stream, Outbox] = {}
        self._heard = asyncio.Event()

    async def start(self) -> None:
        """Listen; a socket that another supervisor left behind is taken over."""
        self._path.unlink(missing_ok=True)
        self._server = grpc.aio.server(options=_OPTIONS)
        handler = grpc.stream_stream_rpc_method_handler(
            self._talk,
            request_deserializer=DeltaDiscoveryRequest.FromString,
            response_serializer=DeltaDiscoveryResponse.SerializeToString,
        )
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(_SERVICE, {_METHOD: handler})])
        self._server.add_insecure_port(f"unix:{self._path}")
        await self._server.start()

    async def stop(self) -> None:
        """Hang up."""
        if self._server:
            await self._server.stop(None)
        self._path.unlink(missing_ok=True)

    def tell(self) -> None:
        """Tell the sidecar what has changed."""
        for stream, outbox in self._streams.items():
            for response in stream.news():
                outbox.put_nowait(response)

    @property
    def connected(self) -> bool:
        """Whether the sidecar listens."""
        return bool(self._streams)

    @property
    def settled(self) -> bool:
        """Whether the sidecar is connected, and has taken or refused all that it was told."""
        return bool(self._streams) and all(stream.settled for stream in self._streams)

    def refusals(self) -> list[Refusal]:
        """Return what the sidecar has refused since this was last asked."""
        found = [refusal for stream in self._streams for refusal in stream.refusals]
        for stream in self._streams:
            stream.refusals.clear()
        return found

    async def heard(self) -> None:
        """Return at the next word from the sidecar."""
        self._heard.clear()
        await self._heard.wait()

    async def _talk(self, requests: AsyncIterator[DeltaDiscoveryRequest], context: Any) -> None:
        stream, outbox = Stream(self._source), Outbox()
        self._streams[stream] = outbox
        sending = asyncio.create_task(_send(outbox, context))
        try:
            async for request in requests:
                for response in stream.take(request):
                    outbox.put_nowait(response)
                self._heard.set()
        finally:
            del self._streams[stream]
            with suppress(grpc.RpcError, asyncio.InvalidStateError):
                await stop_task(sending)


async def _send(outbox: Outbox, context: Any) -> None:
    while True:
        await context.write(await outbox.get())
