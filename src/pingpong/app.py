"""The HTTP interface: endpoints and their answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

import httpx
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.types import ASGIApp

from pingpong import __version__
from pingpong.faults import fault
from pingpong.health import Health
from pingpong.metrics import Metrics
from pingpong.observer import Observer
from pingpong.outcome import PONG, Outcome, Ping
from pingpong.peer import Peer
from pingpong.pinger import Pinger
from pingpong.settings import Settings
from pingpong.tracing import Tracing, provider


class Rally(BaseModel):
    """The outcome of one ping."""

    target: str
    outcome: Outcome
    status: int | None
    seconds: float
    trace_id: str


class Identity(BaseModel):
    """Who this is."""

    name: str
    version: str
    role: Literal["pinger", "ponger"]
    target: str | None
    last: Rally | None


@dataclass(frozen=True, slots=True)
class Service:
    """The app and its parts."""

    api: FastAPI
    app: ASGIApp
    """The observed API, for a server to run."""
    health: Health
    metrics: Metrics
    tracing: Tracing
    pinger: Pinger | None

    def stop(self) -> None:
        """Begin the end: unready at once, and no new ping of its own."""
        self.health.stopping()
        if self.pinger:
            self.pinger.stop()


@dataclass(frozen=True, slots=True)
class _Parts:
    settings: Settings
    peer: Peer
    health: Health


def create_app(settings: Settings, peer: httpx.AsyncClient, tracing: Tracing | None = None) -> Service:
    """Return the service; `peer` is the HTTP client that sends the pings."""
    metrics = Metrics()
    tracing = tracing or Tracing(provider(settings), settings.trace_ratio)
    parts = _Parts(settings, Peer(settings, peer, metrics, tracing), Health(unready=settings.fault_unready))
    pinger = Pinger(settings, parts.peer) if settings.target else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pinger.running() if pinger else nullcontext():
            parts.health.started()
            yield
            parts.health.stopping()

    api = FastAPI(
        title="PingPong",
        version=__version__,
        description=__doc__,
        redirect_slashes=False,
        lifespan=lifespan,
        openapi_url=None,
    )
    _add_game(api, parts)
    _add_probes(api, parts.health)
    _add_docs(api)
    routes = [path for route in api.routes if (path := getattr(route, "path", None))]
    app = Observer(tracing.traced(api), routes, metrics, log_requests=settings.log_requests)
    return Service(api, app, parts.health, metrics, tracing, pinger)


def _add_docs(api: FastAPI) -> None:
    """Add the OpenAPI pages last: routes are tried in order, and these are rarely requested."""
    api.openapi_url, api.docs_url = "/openapi.json", "/docs"
    api.setup()


def _add_probes(api: FastAPI, health: Health) -> None:
    @api.get("/live", tags=["probes"], response_class=PlainTextResponse)
    async def live() -> str:
        """Answer as long as the program can."""
        return "live"

    @api.get("/ready", tags=["probes"], response_class=PlainTextResponse, responses={503: {"description": "Not now"}})
    async def ready(response: Response) -> str:
        """Say whether new requests are welcome."""
        if not health.ready:
            response.status_code = 503
        return "ready" if health.ready else "not ready"


def _add_game(api: FastAPI, parts: _Parts) -> None:
    settings, peer = parts.settings, parts.peer
    faults = [Depends(fault(settings))] if settings.faults else []

    @api.get("/ping", tags=["game"], response_class=PlainTextResponse, dependencies=faults)
    async def ping() -> str:
        """Pong."""
        return PONG

    @api.get("/rally", tags=["game"], responses={404: {"description": "There is no target"}})
    async def rally() -> Rally:
        """Ping the target once, now, and return the outcome."""
        if not settings.target:
            raise HTTPException(404, f"{settings.name} has no target: PINGPONG_TARGET is not set")
        return _rally(await peer.ping())

    @api.get("/", tags=["game"])
    async def identity() -> Identity:
        """Tell who this is."""
        last = _rally(peer.last) if peer.last else None
        role: Literal["pinger", "ponger"] = "pinger" if settings.target else "ponger"
        return Identity(name=settings.name, version=__version__, role=role, target=settings.target or None, last=last)


def _rally(ping: Ping) -> Rally:
    return Rally(
        target=ping.target, outcome=ping.outcome, status=ping.status, seconds=ping.seconds, trace_id=ping.trace_id
    )
