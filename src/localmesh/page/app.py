"""The page's HTTP interface: static files for any local client, and data for clients that send the token."""

from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localmesh.page import content, events
from localmesh.page.content import Shown
from localmesh.page.door import NO_TOKEN, Door, Refusal

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
MOST_ID = 64
PROMETHEUS = "text/plain; version=0.0.4"


def create_app(shown: Shown, door: Door) -> ASGIApp:
    """Return the application, which is read-only."""

    async def stream(_: Request) -> Response:
        return StreamingResponse(events.stream(shown), media_type="text/event-stream")

    async def trace(request: Request) -> Response:
        wanted = request.path_params["id"][:MOST_ID]
        found = shown.store.find(wanted)
        if len(found) != 1 or found[0].trace_id != wanted:
            return PlainTextResponse("this trace is not kept any more\n", HTTPStatus.NOT_FOUND)
        return JSONResponse(content.waterfall(found[0]))

    async def metrics(_: Request) -> Response:
        return Response(shown.metrics(), media_type=PROMETHEUS)

    routes = [
        *(Route(path, _static(name)) for path, name in _files().items()),
        Route("/api/events", stream),
        Route("/api/metrics", metrics),
        Route("/api/traces/{id}", trace),
    ]
    return _Guarded(Starlette(routes=routes), door)


def _files() -> dict[str, str]:
    """Return the file name of each static file by URL path; no other file can be requested."""
    names = sorted(file.name for file in files("localmesh.page").joinpath("static").iterdir())
    return {"/" if name == "index.html" else f"/{name}": name for name in names}


def _static(name: str):  # type: ignore[no-untyped-def] # a handler of Starlette
    body = files("localmesh.page").joinpath("static", name).read_bytes()
    media_type = TYPES[name[name.rindex(".") :]]

    async def handler(_: Request) -> Response:
        return Response(body, media_type=media_type)

    return handler


class _Guarded:
    """Checks each request before the application gets it, and adds the security headers to every response."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        refusal = self._door.refusal(scope["method"], headers)
        if refusal is None and scope["path"].startswith("/api/") and not self._door.knows(headers):
            refusal = NO_TOKEN

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        await (_refused(refusal) if refusal else self._app)(scope, receive, protected)


def _refused(refusal: Refusal) -> Response:
    return PlainTextResponse(f"{refusal.reason}\n", refusal.status)
