"""What is asked over HTTP, and what is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from pingpong import __version__
from pingpong.health import Health, Phase

from .build import TARGET, Bench, service

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def started(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    """Run a service's start and end around what is inside."""
    async with bench.service.api.router.lifespan_context(bench.service.api):
        yield bench.http


async def test_ping_is_answered_with_pong() -> None:
    answer = await service().http.get("/ping")
    assert (answer.status_code, answer.text) == (200, "pong")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/ping", 405),
        ("GET", "/ping/", 404),
        ("GET", "//ping", 404),
        ("GET", "/PING", 404),
        ("GET", "/nothing", 404),
        ("GET", "/metrics", 404),
        ("GET", "/openapi.json", 200),
        ("GET", "/live", 200),
    ],
)
async def test_a_request_is_answered_with(method: str, path: str, status: int) -> None:
    answer = await service().http.request(method, f"http://service.test{path}")
    assert answer.status_code == status


async def test_a_rally_tells_what_became_of_the_ping() -> None:
    answer = await service(lambda _: httpx.Response(403)).http.get("/rally")
    told = answer.json()
    assert answer.status_code == 200
    assert set(told) == {"target", "outcome", "status", "seconds", "trace_id"}
    assert (told["target"], told["outcome"], told["status"]) == (TARGET, "forbidden", 403)
    assert told["seconds"] >= 0
    assert len(told["trace_id"]) == 32


async def test_without_a_target_there_is_no_rally() -> None:
    answer = await service(target="").http.get("/rally")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "pingpong has no target: PINGPONG_TARGET is not set"}


@pytest.mark.parametrize(("target", "role", "shown"), [(TARGET, "pinger", TARGET), ("", "ponger", None)])
async def test_it_says_who_it_is(target: str, role: str, shown: str | None) -> None:
    answer = await service(name="me", target=target).http.get("/")
    assert answer.json() == {"name": "me", "version": __version__, "role": role, "target": shown, "last": None}


async def test_it_remembers_the_last_ping() -> None:
    http = service().http
    told = (await http.get("/rally")).json()
    assert (await http.get("/")).json()["last"] == told


async def test_it_is_ready_from_the_start_to_the_end() -> None:
    bench = service(target="")
    assert (await bench.http.get("/ready")).status_code == 503
    async with started(bench) as http:
        assert (await http.get("/ready")).status_code == 200
        bench.service.stop()
        assert (await http.get("/ready")).status_code == 503
        assert (await http.get("/live")).status_code == 200
        assert (await http.get("/ping")).status_code == 200


async def test_it_is_ready_although_its_target_is_down() -> None:
    def down(_: httpx.Request) -> httpx.Response:
        asked.set()
        raise httpx.ConnectError("refused")

    asked = asyncio.Event()
    async with started(service(down)) as http:
        await asyncio.wait_for(asked.wait(), 10)
        assert (await http.get("/ready")).status_code == 200


def test_what_has_ended_does_not_start_again() -> None:
    health = Health()
    health.stopping()
    health.started()
    assert health.phase is Phase.STOPPING
    assert not health.ready
