"""When is pinged, and that nothing ends it."""

import asyncio
from time import monotonic

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.outcome import Outcome
from pingpong.pinger import Pinger, Schedule

from .build import counted, peer, settings

shares = st.floats(0, 1)
intervals = st.floats(0.01, 86400)


@given(interval=intervals, jitter=shares, bound=intervals, chance=shares)
def test_without_failures_the_pause_stays_within_the_jitter(
    interval: float, jitter: float, bound: float, chance: float
) -> None:
    pause = Schedule(interval, jitter, bound).pause(0, chance)
    assert interval * (1 - jitter) <= pause * (1 + 1e-9)
    assert pause <= interval * (1 + jitter) * (1 + 1e-9)


@given(interval=intervals, bound=intervals, failures=st.integers(0, 10**9))
def test_the_pause_grows_with_failures_up_to_the_bound(interval: float, bound: float, failures: int) -> None:
    schedule = Schedule(interval, 0, bound)
    assert interval <= schedule.pause(failures, 0.5) <= max(interval, bound)
    assert schedule.pause(failures, 0.5) <= schedule.pause(failures + 1, 0.5)


@pytest.mark.parametrize(("failures", "pause"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (5, 10)])
def test_the_pause_doubles(failures: int, pause: float) -> None:
    assert Schedule(1, 0, 10).pause(failures, 0.5) == pause


@pytest.mark.anyio
async def test_it_pings_on_whatever_the_target_does() -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.Response(200, text="pong"),
        httpx.Response(403),
        httpx.ReadError("reset"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        RuntimeError("a fault of our own"),
        httpx.Response(200, text="pong"),
    ]
    asked = 0
    over = asyncio.Event()

    def handler(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked > len(answers):
            over.set()
            return httpx.Response(404)
        answer = answers[asked - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    target, metrics = peer(handler, interval=0.01, max_backoff=0.02)
    async with Pinger(settings(interval=0.01, max_backoff=0.02), target).running():
        await asyncio.wait_for(over.wait(), 10)
    named = {"target": "http://ponger.test/ping"}
    seen = {one: counted(metrics, "pingpong_pings_total", outcome=one, **named) for one in Outcome}
    assert seen[Outcome.OK] == 2
    assert [seen[one] for one in (Outcome.FORBIDDEN, Outcome.CLOSED, Outcome.CONNECT_ERROR, Outcome.TIMEOUT)] == [1] * 4
    assert seen[Outcome.NOT_FOUND] >= 1


@pytest.mark.anyio
async def test_pings_never_overlap_and_the_last_one_is_finished() -> None:
    now, most, finished = 0, 0, 0
    enough = asyncio.Event()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            nonlocal now, most, finished
            now += 1
            most = max(most, now)
            if finished == 2:
                enough.set()
            await asyncio.sleep(0.03)
            now -= 1
            finished += 1
            return httpx.Response(200, text="pong")

    target, _ = peer(Slow(), interval=0.01)
    async with Pinger(settings(interval=0.01), target).running():
        await asyncio.wait_for(enough.wait(), 10)
    assert (most, now, finished) == (1, 0, 3)


@pytest.mark.anyio
async def test_stopping_does_not_wait_for_the_next_ping() -> None:
    target, _ = peer(interval=3600)
    began = monotonic()
    async with Pinger(settings(interval=3600), target).running():
        await asyncio.sleep(0)
    assert monotonic() - began < 5
