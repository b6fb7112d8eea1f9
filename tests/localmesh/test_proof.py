"""An answer is a proof if it is a success, and says so of the call behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from localmesh.proof import NOTHING_ALLOWED, allowed_calls, prove, through_ingress
from localmesh.supervisor.client import Client
from localmesh.views import AccessView, Answer, IngressView, MeshView, Question
from meshpolicy.core.client import ANYONE

from .build import pod_view


@contextmanager
def answering(*answers: tuple[int, str]) -> Iterator[str]:
    """Yield the URL of a server that gives these answers in turn, and the last one for ever."""
    left = list(answers)

    class IngressGateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), IngressGateway) as server:
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
        assert through_ingress(url, timeout=5 if allowed else 0.2) == (allowed, line)


def test_that_nobody_answers_is_no_success() -> None:
    with answering(WELL) as url:
        pass
    assert through_ingress(url, timeout=0.1)[0] is False


PONG = "AuthorizationPolicy a/ping"
PROBES = "AuthorizationPolicy a/probes"
NODE = AccessView("node", "ponger", "http", "GET /ready", PROBES, "/ready")
PINGER = AccessView("pinger", "ponger", "http", "GET /ping, GET /pong", PONG, "/ping")
METRICS = AccessView("viz/prometheus", "ponger", "metrics", "every request", "AuthorizationPolicy a/scrape", "/")
EVERYBODY = AccessView(ANYONE, "ponger", "http", "anything", "no sidecar", "/")
PODS = (pod_view("pinger-0", ports={}), pod_view("ponger-0"))


class Asked(Client):
    """Answers as a mesh in which some calls of a stranger have to be refused."""

    def __init__(self, *refused: str, broken: bool = False) -> None:
        self.refused = refused
        self.broken = broken
        self.questions: list[tuple[str, str]] = []

    def ask(self, question: Question) -> Answer:
        """Answer a question."""
        self.questions.append((question.source, question.target))
        to_refuse = question.source == "unmeshed" and question.target in self.refused
        expected = "forbidden" if to_refuse else "allow"
        found = "allow" if self.broken else expected
        return Answer(question.source, question.target, "GET /", 200, "", 0.001, found, expected, ())


@pytest.mark.parametrize(
    ("access", "first"),
    [
        ([NODE, METRICS, PINGER, EVERYBODY], "pinger ponger/ping"),
        ([NODE, METRICS, EVERYBODY], "viz/prometheus ponger:metrics/"),
        ([NODE, EVERYBODY], "node ponger/ready"),
        ([EVERYBODY], "unmeshed ponger/"),
        ([], ""),
    ],
)
def test_the_call_that_shows_most_is_made_first(access: list[AccessView], first: str) -> None:
    calls = [f"{call.source} {call.target}" for call in allowed_calls(MeshView({}, PODS, tuple(access)))]
    assert next(iter(calls), "") == first


@pytest.mark.parametrize(
    ("access", "refused", "holds", "questions"),
    [
        ((NODE, PINGER), ("ponger/ping",), True, [("pinger", "ponger/ping"), ("unmeshed", "ponger/ping")]),
        ((NODE,), ("ponger/",), True, [("node", "ponger/ready"), ("unmeshed", "ponger/")]),
        ((NODE, PINGER), (), False, [("pinger", "ponger/ping"), ("unmeshed", "ponger/ping"), ("unmeshed", "ponger/")]),
        ((EVERYBODY,), (), False, [("unmeshed", "ponger/"), ("unmeshed", "ponger/")]),
        ((), ("ponger/",), False, [("unmeshed", "ponger/")]),
    ],
)
def test_a_mesh_is_proved_by_one_call_of_each_kind_and_by_nothing_less(
    access: tuple[AccessView, ...], refused: tuple[str, ...], holds: bool, questions: list[tuple[str, str]]
) -> None:
    client = Asked(*refused)
    proof = prove(client, MeshView({}, PODS, access))
    assert (proof.holds, client.questions) == (holds, questions)
    assert bool(proof.missing) != holds


def test_a_call_that_has_to_be_refused_and_is_answered_proves_nothing() -> None:
    proof = prove(Asked("ponger/ping", broken=True), MeshView({}, PODS, (PINGER,)))
    assert (proof.holds, proof.missing) == (False, ())


def test_what_could_not_be_asked_is_said() -> None:
    bare = pod_view("ponger-0", identity="")
    proof = prove(Asked(), MeshView({}, (bare,), ()))
    assert proof.missing == (
        NOTHING_ALLOWED,
        "no call could be made that has to be refused: every port here admits strangers;"
        " without a sidecar, and so without any policy: ponger-0",
    )


def test_a_way_in_without_http_is_not_asked() -> None:
    ingress = IngressView("", "https://127.0.0.1:1", "", ("/rally",))
    proof = prove(Asked("ponger/ping"), MeshView({}, PODS, (PINGER,), ingress))
    assert (proof.url, proof.asked is not None, proof.holds) == ("", True, True)


def test_the_way_in_is_asked_where_there_is_one() -> None:
    with answering(WELL) as url:
        ingress = IngressView(url.removesuffix("/rally"), "", "", ("/rally",))
        proof = prove(Asked("ponger/ping"), MeshView({}, PODS, (PINGER,), ingress))
    assert (proof.url, proof.allowed, proof.asked, proof.holds) == (url, True, None, True)


def test_ports_are_asked_at_their_roots_however_much_is_open_to_all() -> None:
    many = tuple(AccessView("pinger", f"ponger-{n}", "http", "GET /ready", PROBES, "/ready") for n in range(99))
    pods = tuple(pod_view(f"ponger-{n}-0") for n in range(99))
    assert prove(Asked("ponger-0/"), MeshView({}, (PODS[0], *pods), many)).missing == ()
