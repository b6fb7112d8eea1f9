"""The collector of traces is gone, or takes spans and never answers, so that they pile up in the services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from localmesh.chaos.scratch import scratch_folder, scratch_mesh
from localmesh.chaos.site import Site
from localmesh.chaos.story import Clock, FaultReport, Story, under_load
from localmesh.until import until

FOR = 10.0
BACK_WITHIN = 60.0
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Collector:
    """A stand-in for a collector: counts what arrives, and answers or not."""

    def __init__(self) -> None:
        self.batches = 0
        self.answers = True
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone: nobody listens on the port."""
        if self._server:
            self._server.close()
            for writer in tuple(self._open):
                writer.close()
            await until(lambda: not self._open, within=BACK_WITHIN, what="a connection was not closed")
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").lower().split("\r\n")
                size = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
                await reader.readexactly(size)
                if self.answers:
                    self.batches += 1
                    writer.write(ANSWER)
        except (OSError, EOFError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()


@asynccontextmanager
async def _observed(site: Site) -> AsyncIterator[tuple[Site, Collector]]:
    collector = Collector()
    await collector.start()
    try:
        with scratch_folder() as folder:
            manifests = site.mesh.view.settings["LOCALMESH_MANIFESTS"]
            site.say("a second mesh of the same manifests starts, which sends its traces to a collector")
            endpoint = f"http://127.0.0.1:{collector.port}"
            with scratch_mesh(folder, manifests, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as state:
                yield Site.find(state, site.say), collector
    finally:
        await collector.stop()


async def lose_collector(site: Site) -> Story:
    """End the collector for a while."""
    async with _observed(site) as (second, collector):

        async def strike() -> FaultReport:
            clock = Clock()
            await collector.stop()
            site.say(f"the collector is gone for {FOR:g} s")
            await asyncio.sleep(FOR)
            await collector.start()
            return await _healed(collector, clock, f"the collector was gone for {FOR:g} s")

        return await under_load("collector", second.target, strike)


async def stall_collector(site: Site) -> Story:
    """Have the collector take spans and answer nothing, so that those who send them wait and the others pile up."""
    async with _observed(site) as (second, collector):

        async def strike() -> FaultReport:
            clock = Clock()
            collector.answers = False
            site.say(f"the collector does not answer for {FOR:g} s")
            await asyncio.sleep(FOR)
            collector.answers = True
            return await _healed(collector, clock, f"the collector took spans and did not answer for {FOR:g} s")

        return await under_load("spans", second.target, strike)


async def _healed(collector: Collector, clock: Clock, happened: str) -> FaultReport:
    before, back = collector.batches, Clock()
    await until(lambda: collector.batches > before, within=BACK_WITHIN, what="no span arrived any more")
    healed = f"by the supervisor: spans arrived again {back.seconds:.1f} s after the collector was back"
    return FaultReport(happened, healed, clock.seconds)
