"""Apps behind a sidecar: one answers requests with what they were, one answers lines with themselves."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer


class _Requests(BaseHTTPRequestHandler):
    """Answers every request with what it was."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        seen = {name.lower(): ",".join(self.headers.get_all(name, [])) for name in self.headers}
        body = json.dumps({"app": self.server.name, "path": self.path, "headers": seen}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 the standard library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Lines(StreamRequestHandler):
    """Answers every line with itself."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(b"echo " + line)


class _App(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, handler: type[StreamRequestHandler], name: str) -> None:
        super().__init__(str(path), handler)
        self.name = name


@contextmanager
def app(path: Path, name: str, *, lines: bool = False) -> Iterator[None]:
    """Run an app on a Unix socket: of requests, or of lines."""
    server = _App(path, _Lines if lines else _Requests, name)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
