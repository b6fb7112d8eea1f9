"""What the page answers over real HTTP, and to whom."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest

from localmesh.observe.history import History
from localmesh.observe.probed import VerifiedView
from localmesh.observe.watch import Watcher
from localmesh.page.app import HEADERS, create_app
from localmesh.page.place import Place, take
from localmesh.pods.pod import Pod
from localmesh.pods.ports import any_port
from localmesh.supervisor.api import serve
from localmesh.traces.store import TraceStore
from localmesh.until import stop_task, until
from localmesh.views import MeshView
from meshpolicy.kinds.cluster import Cluster

from ..build import pod_view
from ..traces.values import span

STATIC = ("/", "/style.css", "/main.js", "/graph.js", "/tables.js", "/traces.js", "/stream.js", "/dom.js", "/words.js")
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Shown:
    """A mesh of one pod, without traffic."""

    def __init__(self) -> None:
        self.watcher = Watcher(self)
        self.history = History()
        self.store = TraceStore()
        self.verified: VerifiedView | None = None

    def view(self) -> MeshView:
        """Return a mesh of one pod."""
        return MeshView({"LOCALMESH_CERTIFICATE_LIFETIME": "60.0s"}, (pod_view(),), ())

    def callers(self) -> tuple[str, ...]:
        """Return one."""
        return ("unmeshed",)

    def metrics(self) -> bytes:
        """Return one series."""
        return b"response_total 1.0\n"

    def pods(self) -> list[Pod]:
        """Return none, as none writes a log."""
        return []

    def cluster(self) -> Cluster:
        """Return an empty one."""
        return Cluster()

    def node(self) -> IPv4Address:
        """Return the usual one."""
        return IPv4Address("127.244.0.1")


@asynccontextmanager
async def served(folder: Path, shown: Shown) -> AsyncIterator[tuple[httpx.AsyncClient, Place]]:
    place = take(folder / "dashboard", any_port())
    serving = asyncio.create_task(serve(create_app(shown, place.door), place.listener))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.door.port}", trust_env=False, timeout=60) as client:
        yield client, place
    await stop_task(serving)
    await shown.watcher.stop()


def talk(folder: Path, conversation: Callable[[httpx.AsyncClient, Place, Shown], Any]) -> None:
    async def main() -> None:
        shown = Shown()
        async with served(folder, shown) as (client, place):
            await conversation(client, place, shown)

    asyncio.run(asyncio.wait_for(main(), 60))


def bearer(place: Place) -> dict[str, str]:
    return {"authorization": f"Bearer {place.door.token}"}


async def events(client: httpx.AsyncClient, place: Place, wanted: str) -> Any:
    """Return what the first event of a name says."""
    async with client.stream("GET", "/api/events", headers=bearer(place)) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == wanted:
                return json.loads(line.removeprefix("data: "))
    raise AssertionError(f"the stream ended without {wanted}")


def test_the_page_tells_nothing_without_the_token(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, _: Shown) -> None:
        for path in ("/api/events", f"/api/traces/{TRACE}", "/api/", "/api/nothing"):
            answer = await client.get(path)
            assert answer.status_code == 401, path
            assert answer.text == "no token of this mesh: open what `just dashboard` prints\n"
            assert (await client.get(path, headers={"authorization": "Bearer wrong"})).status_code == 401
            # It is no secret of an address: what stands there is written down by many.
            assert (await client.get(f"{path}?token={place.door.token}")).status_code == 401
        for path in STATIC:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert place.door.token not in answer.text

    talk(tmp_path, conversation)


def test_every_answer_forbids_the_browser_what_the_page_does_not_need(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, _: Shown) -> None:
        for path in (*STATIC, "/api/events", "/nothing", "/api/nothing"):
            answer = await client.get(path, headers=bearer(place) if path == "/api/nothing" else {})
            assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS), path
            assert "server" not in answer.headers
            assert "access-control-allow-origin" not in answer.headers
            assert "set-cookie" not in answer.headers

    talk(tmp_path, conversation)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:50750"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_another_name_and_another_site_are_refused_even_with_the_token(
    headers: dict[str, str], status: int, tmp_path: Path
) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, _: Shown) -> None:
        for path in ("/", "/api/events"):
            assert (await client.get(path, headers={**bearer(place), **headers})).status_code == status

    talk(tmp_path, conversation)


def test_nothing_can_be_changed_here(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, _: Shown) -> None:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            for path in ("/", "/api/events", "/api/restart"):
                assert (await client.request(method, path, headers=bearer(place))).status_code == 405

    talk(tmp_path, conversation)


def test_only_the_files_of_the_page_are_served(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, _: Shown) -> None:
        for path in ("/index.html", "/door.py", "/../door.py", "/%2e%2e/door.py", "/static/main.js"):
            assert (await client.get(path, headers=bearer(place))).status_code == 404, path

    talk(tmp_path, conversation)


def test_the_stream_tells_all_that_is_known_and_then_what_is_new(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, shown: Shown) -> None:
        mesh = await events(client, place, "mesh")
        assert [pod["name"] for pod in mesh["pods"]] == ["ponger-0"]
        assert (mesh["callers"], mesh["lifetime"]) == (["unmeshed"], 60.0)
        assert (await events(client, place, "edges"))["edges"] == []
        waiting = asyncio.create_task(events(client, place, "changes"))
        shown.history.note("scale", "ponger runs as ponger-0")
        assert [change["text"] for change in await waiting] == ["ponger runs as ponger-0"]

    talk(tmp_path, conversation)


def test_metrics_are_told_to_who_shows_the_token(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, _: Shown) -> None:
        assert (await client.get("/api/metrics")).status_code == 401
        answer = await client.get("/api/metrics", headers=bearer(place))
        assert (answer.headers["content-type"].partition(";")[0], answer.text) == ("text/plain", "response_total 1.0\n")

    talk(tmp_path, conversation)


def test_a_trace_is_told_as_the_rows_of_its_tree(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, shown: Shown) -> None:
        spans = [span(1, start=1_000_000, milliseconds=8), span(2, 1, start=2_000_000, milliseconds=3)]
        shown.store.add(spans)
        found = spans[0].trace_id
        assert [trace["id"] for trace in await events(client, place, "traces")] == [found]
        told = (await client.get(f"/api/traces/{found}", headers=bearer(place))).json()
        assert [(row["depth"], row["offset"], row["milliseconds"]) for row in told["rows"]] == [(0, 0, 8), (1, 1, 3)]
        for other in (found[:-1], "0" * 32, "%"):
            assert (await client.get(f"/api/traces/{other}", headers=bearer(place))).status_code == 404

    talk(tmp_path, conversation)


def test_whoever_leaves_is_no_watcher_any_more(tmp_path: Path) -> None:
    async def conversation(client: httpx.AsyncClient, place: Place, shown: Shown) -> None:
        await events(client, place, "mesh")
        await until(lambda: shown.watcher.watchers == 0, within=60, what="the reader who left is still waited on")

    talk(tmp_path, conversation)
