"""What happens while the mesh runs, under 50 requests per second: no request may be lost by it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from localmesh.until import until

from .commands import Commands
from .load import Load, steady_load

pytestmark = pytest.mark.envoy

PONG = "http://ponger.pingpong.svc.cluster.local/ping"
ENOUGH = 25
"""Requests before and after an event, so that it happens under load."""


def pods(mesh: Commands, workload: str = "ponger") -> dict[str, Any]:
    status: Any = json.loads(mesh.run("status", "--output", "json").out)
    return {pod["name"]: pod for pod in status["pods"] if pod["workload"] == workload}


def under_load(url: str, proxy: str | None, happens: Callable[[], None]) -> Load:
    async def main() -> Load:
        async with steady_load(url, proxy) as load:
            await until(lambda: load.sent >= ENOUGH, within=20, what="nothing was answered")
            await asyncio.to_thread(happens)
            after = load.sent + ENOUGH
            await until(lambda: load.sent >= after, within=20, what="nothing was answered afterwards")
        return load

    return asyncio.run(main())


def through_pinger(mesh: Commands, happens: Callable[[], None]) -> Load:
    proxy = mesh.processes()["pinger-0/pinger"].environ()["HTTP_PROXY"]
    return under_load(PONG, proxy, happens)


def lost(load: Load) -> dict[str, int]:
    return {outcome: count for outcome, count in load.outcomes.items() if outcome != "200"}


def comes_back(mesh: Commands, name: str, count: str, restarts: int) -> None:
    def back() -> bool:
        pod = pods(mesh)[name]
        return bool(pod["phase"] == "ready" and pod[count] == restarts)

    asyncio.run(until(back, within=20, what=f"{name} did not come back"))


def test_certificates_are_renewed_without_a_lost_request(mesh: Commands) -> None:
    before = pods(mesh)

    def rotate() -> None:
        assert mesh.run("rotate").code == 0

    load = through_pinger(mesh, rotate)
    after = pods(mesh)
    assert lost(load) == {}
    assert all(after[name]["expires"] > before[name]["expires"] for name in before)


def test_a_killed_sidecar_costs_no_request_and_comes_back(mesh: Commands) -> None:
    victim = next(iter(pods(mesh)))
    before = pods(mesh)[victim]["sidecar_restarts"]

    def kill() -> None:
        mesh.kill(f"{victim}/sidecar")
        comes_back(mesh, victim, "sidecar_restarts", before + 1)

    assert lost(through_pinger(mesh, kill)) == {}


def test_a_killed_app_comes_back(mesh: Commands) -> None:
    victim = next(iter(pods(mesh)))
    before = pods(mesh)[victim]["restarts"]
    mesh.kill(f"{victim}/ponger")
    comes_back(mesh, victim, "restarts", before + 1)


@pytest.mark.parametrize("workload", ["ponger", "pinger"])
def test_a_rolling_restart_costs_no_request(workload: str, mesh: Commands) -> None:
    before = pods(mesh, workload)

    def restart() -> None:
        outcome = mesh.run("restart", workload)
        assert outcome.code == 0, outcome.err

    if workload == "ponger":
        load = through_pinger(mesh, restart)
    else:
        load = under_load(f"http://127.0.0.1:{mesh.port}/", None, restart)
    assert lost(load) == {}
    after = pods(mesh, workload)
    assert len(after) == len(before)
    assert not {pod["address"] for pod in after.values()} >= {pod["address"] for pod in before.values()}
