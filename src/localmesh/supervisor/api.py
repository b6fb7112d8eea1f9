"""The supervisor's HTTP API, on a Unix socket that only the user can open."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from localmesh.ask.question import from_body
from localmesh.errors import BadInput, CommandFailed, LocalMeshError
from localmesh.observe.probed import VerifiedView
from localmesh.observe.views import Dropped, StatView, TapView
from localmesh.supervisor.bounded import at_most
from localmesh.traces.select import Wanted
from localmesh.traces.view import TracesView
from localmesh.views import Answer, Applied, MeshView, Question


class Controlled(Protocol):
    """The operations on a running mesh that the API offers."""

    def view(self) -> MeshView:
        """Return the state of the whole mesh."""

    async def rotate(self) -> int:
        """Renew every certificate; return how many."""

    async def restart(self, name: str) -> tuple[str, ...]:
        """Replace a pod, or the pods of a workload, by new ones of the same names; return the names."""

    async def ask(self, question: Question) -> Answer:
        """Send one request as the source of the question; return its outcome beside the prediction."""

    async def apply(self) -> Applied:
        """Read the manifests again; return what changed."""

    async def scale(self, name: str, replicas: int) -> tuple[str, ...]:
        """Run a workload with that many pods; return their names."""

    def manifests(self) -> str:
        """Return the applied manifests as YAML."""

    def take_verified(self, verified: VerifiedView) -> None:
        """Keep the result of a verification, for the page."""

    def prometheus(self) -> str:
        """Return the URL of the Prometheus beside the mesh; empty if there is none."""

    async def stat(self, window: int, *, by_pod: bool) -> StatView:
        """Return the rates of every edge over the last `window` seconds."""

    def tap(self, name: str) -> AsyncIterator[TapView | Dropped]:
        """Yield the requests that a pod, or the pods of a workload, receive and send from now on."""

    def traces(self, wanted: Wanted) -> TracesView:
        """Return the traces that match, latest first."""

    def trace(self, prefix: str) -> TracesView:
        """Return the traces whose ID starts with `prefix`."""


def create_app(mesh: Controlled) -> Starlette:
    """Return the application; an error is answered as JSON with its reasons."""

    async def status(_: Request) -> Response:
        return Response(mesh.view().to_json(), media_type="application/json")

    async def rotate(_: Request) -> Response:
        return JSONResponse({"certificates": await mesh.rotate()})

    async def ask(request: Request) -> Response:
        answer = await mesh.ask(from_body(await request.body()))
        return Response(answer.to_json(), media_type="application/json")

    async def apply(_: Request) -> Response:
        return Response((await mesh.apply()).to_json(), media_type="application/json")

    async def manifests(_: Request) -> Response:
        return Response(mesh.manifests(), media_type="application/yaml")

    async def verified(request: Request) -> Response:
        mesh.take_verified(VerifiedView.from_json(await request.body()))
        return Response()

    verbs: list[Callable[[Request], Awaitable[Response]]] = [rotate, ask, apply, verified]
    return Starlette(
        routes=[
            Route("/status", status),
            Route("/manifests", manifests),
            *_traffic(mesh),
            *_traces(mesh),
            *_pods(mesh),
            *(Route(f"/{verb.__name__}", verb, methods=["POST"]) for verb in verbs),
        ],
        exception_handlers={LocalMeshError: _refuse},
    )


def _pods(mesh: Controlled) -> list[Route]:
    async def restart(request: Request) -> Response:
        return JSONResponse({"pods": await mesh.restart(request.path_params["name"])})

    async def scale(request: Request) -> Response:
        return JSONResponse({"pods": await mesh.scale(request.path_params["name"], request.path_params["replicas"])})

    return [
        Route("/restart/{name:path}", restart, methods=["POST"]),
        Route("/scale/{replicas:int}/{name:path}", scale, methods=["POST"]),
    ]


def _traffic(mesh: Controlled) -> list[Route]:
    async def prometheus(_: Request) -> Response:
        return JSONResponse({"page": mesh.prometheus()})

    async def stat(request: Request) -> Response:
        window, by = request.path_params["window"], request.path_params["by"]
        return JSONResponse(asdict(await mesh.stat(window, by_pod=by == "pod")))

    async def tap(request: Request) -> Response:
        return StreamingResponse(_lines(mesh.tap(request.path_params["name"])), media_type="application/x-ndjson")

    return [
        Route("/prometheus", prometheus),
        Route("/stat/{window:int}/{by}", stat),
        Route("/tap/{name:path}", tap),
    ]


async def _lines(found: AsyncIterator[TapView | Dropped]) -> AsyncIterator[str]:
    # An empty line tells the reader that the tap is open.
    yield "\n"
    async for view in found:
        yield json.dumps(asdict(view)) + "\n"


def _traces(mesh: Controlled) -> list[Route]:
    async def traces(request: Request) -> Response:
        wanted = Wanted(**await request.json())
        return Response(mesh.traces(wanted).to_json(), media_type="application/json")

    async def trace(request: Request) -> Response:
        return Response(mesh.trace(request.path_params["prefix"]).to_json(), media_type="application/json")

    return [Route("/traces", traces, methods=["POST"]), Route("/traces/{prefix:path}", trace)]


async def _refuse(_: Request, error: Exception) -> Response:
    if isinstance(error, BadInput):
        return JSONResponse({"reasons": error.reasons, "hint": error.hint}, status_code=422)
    if isinstance(error, CommandFailed):
        return JSONResponse({"what": str(error), "output": error.output}, status_code=502)
    return JSONResponse({"reason": str(error)}, status_code=500)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the supervisor, which has more to stop than this server."""
        yield


async def serve(app: ASGIApp, listener: socket.socket, *, keep_alive: int = 5, connections: int | None = None) -> None:
    """Serve until cancelled.

    Idle connections are closed after `keep_alive` seconds; at most `connections` are open at a time (None: no limit).
    """
    options: dict[str, Any] = {"lifespan": "off", "log_config": None, "access_log": False, "ws": "none"}
    if connections is not None:
        options["http"] = at_most(connections)
    server = _Server(uvicorn.Config(app, timeout_keep_alive=keep_alive, server_header=False, **options))
    try:
        await server.serve(sockets=[listener])
    finally:
        listener.close()
