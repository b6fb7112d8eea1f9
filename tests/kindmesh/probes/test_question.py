"""Which layer refused a call, told by the answer alone."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from subprocess import run
from sys import executable

import pytest

from kindmesh.probes.question import Answer, Question, arguments, cause, read_answers
from meshverify.cause import Cause

FAIL_FAST = "logical service 10.96.1.1:80: Service.pingpong.ponger:80: service in fail-fast"


def answer(status: int = 0, server: str = "", proxy_error: str = "", error: str = "", body: str = "") -> Answer:
    return Answer(status, server, proxy_error, error, body, 0.01)


@pytest.mark.parametrize(
    ("found", "meshed", "expected"),
    [
        (answer(200, "uvicorn", body="pong"), True, Cause.ALLOWED),
        (answer(204), True, Cause.ALLOWED),
        (answer(403), True, Cause.MESH),
        (answer(403), False, Cause.MESH),
        (answer(404), True, Cause.ROUTE),
        (answer(403, "uvicorn"), True, Cause.APPLICATION),
        (answer(404, body="Not Found"), True, Cause.APPLICATION),
        (answer(500, "uvicorn"), True, Cause.APPLICATION),
        (answer(504, proxy_error=FAIL_FAST), True, Cause.NETWORK),
        (answer(503, proxy_error="service unavailable"), True, Cause.NETWORK),
        (answer(502, proxy_error="connection refused"), True, Cause.BROKEN),
        (answer(504), True, Cause.APPLICATION),
        (answer(error="refused"), False, Cause.NETWORK),
        (answer(error="timeout"), False, Cause.NETWORK),
        (answer(error="timeout"), True, Cause.BROKEN),
        (answer(error="refused"), True, Cause.BROKEN),
        (answer(error="closed"), True, Cause.UNDECLARED),
        (answer(error="name"), False, Cause.BROKEN),
    ],
)
def test_the_cause_is_what_only_one_layer_can_have_said(found: Answer, meshed: bool, expected: Cause) -> None:
    assert cause(found, meshed=meshed) is expected


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (answer(200), "200"),
        (answer(504, proxy_error=FAIL_FAST), "504 (service in fail-fast)"),
        (answer(error="name"), "the name does not resolve"),
        (answer(error="refused"), "connection refused"),
        (answer(error="timeout"), "timeout"),
    ],
)
def test_an_answer_reads_as_what_a_person_would_say(found: Answer, text: str) -> None:
    assert str(found) == text


class Server(BaseHTTPRequestHandler):
    """Answers as a program does, and closes without a word on /closed."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == "/closed":
            self.close_connection = True
            return
        self.send_response(403 if self.path == "/no" else 200)
        self.send_header("l5d-proxy-error", self.headers.get("traceparent", ""))
        self.end_headers()
        self.wfile.write(b"body")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_program_asks_each_question_and_tells_what_came_back(port: int) -> None:
    with HTTPServer(("127.0.0.1", 0), Server) as unused:
        free = unused.server_port
    questions = [
        Question(f"127.0.0.1:{port}/yes", headers=(("traceparent", "abc"),)),
        Question(f"127.0.0.1:{port}/no"),
        Question(f"127.0.0.1:{port}/closed"),
        Question(f"127.0.0.1:{free}/nobody"),
    ]
    _, *rest = arguments(questions)
    found = read_answers(run([executable, *rest], capture_output=True, text=True, timeout=20, check=True).stdout)
    assert [(one.status, one.error) for one in found] == [(200, ""), (403, ""), (0, "closed"), (0, "refused")]
    assert found[0].proxy_error == "abc"
    assert found[0].body == "body"
    assert found[0].server.startswith("BaseHTTP")


def test_the_questions_travel_as_one_argument_of_json() -> None:
    *_, given = arguments([Question("ponger:80/ping", "POST")])
    assert json.loads(given) == [{"url": "ponger:80/ping", "method": "POST", "headers": []}]
