"""An answer is a proof if it is a success, and says so of the call behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from localmesh.proof import through_ingress


@contextmanager
def answering(*answers: tuple[int, str]) -> Iterator[str]:
    """Yield the URL of a server that gives these answers in turn, and the last one for ever."""
    left = list(answers)

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Front) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/rally"
        finally:
            server.shutdown()
            thread.join()


FAILED = (200, '{"outcome":"forbidden","status":403}')
WELL = (200, '{"outcome":"ok"}')


@pytest.mark.parametrize(
    ("answers", "allowed", "line"),
    [
        ([WELL], True, '200 {"outcome":"ok"}'),
        ([FAILED], False, '200 {"outcome":"forbidden","status":403}'),
        ([FAILED, (503, ""), WELL], True, '200 {"outcome":"ok"}'),
        ([(403, "")], False, "403"),
        ([(200, "pong\nmore")], True, "200 pong"),
        ([(200, '["pong"]')], True, '200 ["pong"]'),
    ],
)
def test_an_answer_counts_once_it_says_success(answers: list[tuple[int, str]], allowed: bool, line: str) -> None:
    with answering(*answers) as url:
        assert through_ingress(url, patience=5 if allowed else 0.2) == (allowed, line)


def test_that_nobody_answers_is_no_success() -> None:
    with answering(WELL) as url:
        pass
    assert through_ingress(url, patience=0.1)[0] is False
