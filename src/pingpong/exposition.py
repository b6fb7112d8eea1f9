"""Serves the metrics: a small ASGI app for the metrics port."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.types import ASGIApp, Receive, Scope, Send

PLAIN = "text/plain; charset=utf-8"


def exposition(registry: CollectorRegistry) -> ASGIApp:
    """Return an app that answers `GET /metrics`, in the format that the scraper prefers."""

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        if scope["path"] != "/metrics":
            await answer(send, 404, PLAIN, b"the metrics are at /metrics\n")
        elif scope["method"] not in ("GET", "HEAD"):
            await answer(send, 405, PLAIN, b"the metrics can only be read\n")
        else:
            accept = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"), "")
            encode, content_type = choose_encoder(accept)
            await answer(send, 200, content_type, encode(registry) if scope["method"] == "GET" else b"")

    return app


async def answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    """Send one complete answer."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
