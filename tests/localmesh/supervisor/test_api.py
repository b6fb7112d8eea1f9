"""What the supervisor can be asked, over a real Unix socket."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from localmesh.errors import BadInput, LocalMeshError, NotRunning
from localmesh.observe.probed import ProbedView, VerifiedView
from localmesh.observe.views import Dropped, StatView, TapView
from localmesh.state import StateFolder
from localmesh.supervisor.api import create_app, serve
from localmesh.supervisor.client import Client
from localmesh.supervisor.listening import listen
from localmesh.traces.select import Wanted
from localmesh.traces.trace import Trace
from localmesh.traces.view import TracesView
from localmesh.until import stop_task
from localmesh.views import AccessView, Answer, Applied, IngressView, MeshView, Question

from ..build import pod_view
from ..observe.values import edge_view, tap_view
from ..traces.values import span

INGRESS = IngressView("http://127.0.0.1:8080", "https://127.0.0.1:8443", "/state/authority/ca.crt", ("/rally",))
ACCESS = AccessView("pinger", "ponger", "http", "GET /ping", "AuthorizationPolicy pingpong/pinger-may-ping")
MESH = MeshView({"LOCALMESH_PORT": "8080"}, (pod_view(),), (ACCESS,), INGRESS)
ANSWER = Answer("unmeshed", "ponger", "GET /ping", 403, "", 0.001, "forbidden", "forbidden", ("no grant",))
EDGE = edge_view()
TAPPED = tap_view()

TRACES = TracesView((Trace.of([span(1, attributes={"a": 1})]),), 1, 3, 2, 0.5, "http://collector", "http://page")
APPLIED = Applied(("ponger-0",), ("ponger-1",), (), ("pinger-0",), 0.02)


class Mesh:
    """Answers from memory, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def view(self) -> MeshView:
        """Return a view."""
        return MESH

    async def rotate(self) -> int:
        """Count."""
        return 4

    async def restart(self, name: str) -> tuple[str, ...]:
        """Refuse one name."""
        if name == "pong":
            raise BadInput("pong: there is no such workload", "and more", hint="look")
        if name == "stuck":
            raise LocalMeshError("the new pod is not ready")
        self.asked.append(name)
        return ("ponger-2", "ponger-0")

    async def ask(self, question: Question) -> Answer:
        """Keep the question."""
        self.asked.append(question)
        return ANSWER

    async def apply(self) -> Applied:
        """Have told one pod."""
        return APPLIED

    async def scale(self, name: str, replicas: int) -> tuple[str, ...]:
        """Keep what was asked."""
        self.asked.append((name, replicas))
        return ("ponger-0",)

    def traces(self, wanted: Wanted) -> TracesView:
        """Keep what was wanted, and return a trace."""
        self.asked.append(wanted)
        return TRACES

    def trace(self, prefix: str) -> TracesView:
        """Keep the id."""
        self.asked.append(prefix)
        return TRACES

    def take_verified(self, verified: VerifiedView) -> None:
        """Keep it."""
        self.asked.append(verified)

    def manifests(self) -> str:
        """Return a document."""
        return "---\n{}\n"

    def prometheus(self) -> str:
        """Return an address."""
        return "http://127.0.0.1:9091"

    async def stat(self, window: int, *, by_pod: bool) -> StatView:
        """Keep what was asked."""
        self.asked.append((window, by_pod))
        return StatView(window, (EDGE,))

    async def tap(self, name: str) -> AsyncIterator[TapView | Dropped]:
        """Tell of one request, and of others that came too fast."""
        self.asked.append(name)
        yield TAPPED
        yield Dropped(3)

    def refusing(self, name: str) -> AsyncIterator[TapView | Dropped]:
        """Refuse a name before anything is told."""
        raise BadInput(f"{name}: there is no such workload")


def talk(folder: Path, conversation: Callable[[Client, Mesh], None]) -> None:
    state = StateFolder(folder)

    async def main() -> None:
        mesh = Mesh()
        serving = asyncio.create_task(serve(create_app(mesh), listen(state.control)))
        await asyncio.to_thread(conversation, Client(state, timeout=10), mesh)
        await stop_task(serving)

    asyncio.run(main())


def test_views_and_answers_survive_the_way(short_path: Path) -> None:
    def conversation(client: Client, mesh: Mesh) -> None:
        assert client.status() == MESH
        assert client.rotate() == 4
        assert client.apply() == APPLIED
        assert client.scale("pingpong/ponger", 1) == ("ponger-0",)
        assert client.manifests() == "---\n{}\n"
        assert client.restart("pingpong/ponger") == ("ponger-2", "ponger-0")
        question = Question("pinger", "ponger", "POST", (("X-A", "1"), ("X-A", "2")))
        assert client.ask(question) == ANSWER
        wanted = Wanted(3, errors=True, service="ponger", name="/ping", longer=0.5, since=7)
        assert client.traces(wanted) == client.trace("ab/cd") == TRACES
        verified = VerifiedView(1.5, 9, 1, (ProbedView("pinger", "ponger", "http", "", 2, 6, ("GET /: 200",)),))
        client.tell_verified(verified)
        assert mesh.asked == [("pingpong/ponger", 1), "pingpong/ponger", question, wanted, "ab/cd", verified]

    talk(short_path, conversation)


def test_rates_and_requests_survive_the_way(short_path: Path) -> None:
    def conversation(client: Client, mesh: Mesh) -> None:
        assert client.prometheus() == "http://127.0.0.1:9091"
        assert client.stat(10, by_pod=True) == StatView(10, (EDGE,))
        assert list(client.tap("ponger")) == [None, TAPPED, Dropped(3)]
        assert mesh.asked == [(10, True), "ponger"]
        mesh.tap = mesh.refusing  # type: ignore[method-assign]
        with pytest.raises(BadInput, match="pong: there is no such workload"):
            list(client.tap("pong"))

    talk(short_path, conversation)


def test_errors_come_back_as_what_they_were(short_path: Path) -> None:
    def conversation(client: Client, _: Mesh) -> None:
        with pytest.raises(BadInput) as caught:
            client.restart("pong")
        assert caught.value.reasons == ("pong: there is no such workload", "and more")
        assert caught.value.hint == "look"
        with pytest.raises(LocalMeshError, match="the new pod is not ready"):
            client.restart("stuck")

    talk(short_path, conversation)


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 100_000, b'{"source": "a", "target": "b/\\u000a"}'])
def test_a_question_that_is_none_is_refused_and_the_next_one_answered(body: bytes, short_path: Path) -> None:
    def conversation(client: Client, mesh: Mesh) -> None:
        transport = httpx.HTTPTransport(uds=str(StateFolder(short_path).control))
        with httpx.Client(transport=transport, base_url="http://localmesh") as http:
            refused = http.post("/ask", content=body)
        assert refused.status_code == 422
        assert " is expected" in refused.json()["reasons"][0] or " is a JSON object" in refused.json()["reasons"][0]
        assert client.ask(Question("pinger", "ponger")) == ANSWER
        assert mesh.asked == [Question("pinger", "ponger")]

    talk(short_path, conversation)


def test_a_name_is_handed_over_as_it_is(short_path: Path) -> None:
    def conversation(client: Client, mesh: Mesh) -> None:
        for name in ("a?b", "a#b", "../a", "a b%20"):
            client.restart(name)
        assert mesh.asked == ["a?b", "a#b", "../a", "a b%20"]

    talk(short_path, conversation)


def test_the_socket_is_private(short_path: Path) -> None:
    with listen(short_path / "control.sock"):
        assert stat.S_IMODE((short_path / "control.sock").stat().st_mode) == 0o600


def test_nobody_there_is_said_in_words(short_path: Path) -> None:
    with pytest.raises(NotRunning, match="no local mesh runs in"):
        Client(StateFolder(short_path)).status()


def test_somebody_who_does_not_listen_yet_is_said_in_words(short_path: Path) -> None:
    folder = StateFolder(short_path)
    with folder.owned(), pytest.raises(NotRunning, match="is starting or stopping; try again in a moment"):
        Client(folder).status()


def test_an_answer_agrees_if_the_verdict_is_the_predicted_one() -> None:
    assert ANSWER.agrees
    assert Answer.from_json(ANSWER.to_json()) == ANSWER
