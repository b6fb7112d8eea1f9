"""Runs the service: both listeners in one loop, from the first request to the last."""

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from pingpong import __version__
from pingpong.app import Service, create_app
from pingpong.exposition import exposition
from pingpong.listening import Listeners, listeners
from pingpong.peer import client
from pingpong.settings import Settings

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """A server that leaves signal handling to its caller."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: ASGIApp, settings: Settings, *, lifespan: bool) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="on" if lifespan else "off",
            log_config=None,
            access_log=False,
            # Whoever connects could claim to be anyone by X-Forwarded-For.
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=settings.keep_alive,
            timeout_graceful_shutdown=settings.grace,
        )
    )


class Run:
    """One run of the service: the first signal ends it gracefully, the second at once."""

    def __init__(self, settings: Settings, service: Service) -> None:
        self._settings = settings
        self._service = service
        self._http = _server(service.app, settings, lifespan=True)
        self._metrics = _server(exposition(service.metrics.registry), settings, lifespan=False)
        self._told = asyncio.Event()

    async def serve(self, on: Listeners) -> None:
        """Answer until told to stop; then be unready, wait, stop listening, and finish what is in flight."""
        loop = asyncio.get_running_loop()
        for one in SIGNALS:
            loop.add_signal_handler(one, self._signalled, one)
        # The metrics stay to the end, so that the last scrape sees the last requests.
        metrics = asyncio.create_task(self._metrics.serve([on.metrics]), name="metrics")
        http = asyncio.create_task(self._http.serve([on.http]), name="http")
        ending = asyncio.create_task(self._end(), name="end")
        said = {"name": self._settings.name, "version": __version__, "on": str(on), "target": self._settings.target}
        # What start-up made stays to the end; each collection would look through it for nothing.
        gc.collect()
        gc.freeze()
        log.info("started", extra={"fields": said})
        await http
        self._metrics.should_exit = True
        await metrics
        await ending

    async def _end(self) -> None:
        await self._told.wait()
        self._service.stop()
        await asyncio.sleep(self._settings.drain)
        self._http.should_exit = True

    def _signalled(self, number: signal.Signals) -> None:
        log.info("stopping", extra={"fields": {"signal": number.name}})
        # The second one is the system's to act on: nothing that hangs here can delay it.
        for one in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(one)
            signal.signal(one, signal.SIG_DFL)
        self._told.set()


async def run(settings: Settings, on: Listeners) -> Service:
    """Run the service until a signal ends it, and return it, for the clean-up."""
    async with client(settings) as peer:
        service = create_app(settings, peer)
        await Run(settings, service).serve(on)
    return service


def main(settings: Settings) -> None:
    """Listen, run, and at the end send the last spans."""
    with listeners(settings) as on:
        service = asyncio.run(run(settings, on))
    service.tracing.close()
    log.info("stopped")
