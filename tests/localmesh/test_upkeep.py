"""What happens while the mesh runs, under 50 requests per second: no request may be lost by it."""

import asyncio
import signal
from collections.abc import Callable

import pytest

from localmesh.until import until
from localmesh.views import Phase, PodView

from .commands import Commands
from .steady import BROKEN_OFF, Load, steady_load

pytestmark = pytest.mark.envoy

PONG = "http://ponger.pingpong.svc.cluster.local/ping"
ENOUGH = 25
"""Requests before and after an event, so that it happens under load."""


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
    (pinger,) = mesh.pods("pinger")
    proxy = mesh.processes()[f"{pinger}/pinger"].environ()["HTTP_PROXY"]
    return under_load(PONG, proxy, happens)


def lost(load: Load) -> dict[str, int]:
    return {outcome: count for outcome, count in load.outcomes.items() if outcome != "200"}


def comes_back(mesh: Commands, name: str, restarted: Callable[[PodView], bool]) -> None:
    def back() -> bool:
        pod = mesh.pods("ponger")[name]
        return pod.phase is Phase.READY and restarted(pod)

    asyncio.run(until(back, within=20, what=f"{name} did not come back"))


def test_certificates_are_renewed_without_a_lost_request(mesh: Commands) -> None:
    before = mesh.pods("ponger")

    def rotate() -> None:
        assert mesh.run("rotate").code == 0

    load = through_pinger(mesh, rotate)
    after = mesh.pods("ponger")
    assert lost(load) == {}
    assert all(after[name].expires > before[name].expires for name in before)


def test_a_killed_sidecar_costs_no_request_whose_answer_had_not_begun_and_comes_back(mesh: Commands) -> None:
    victim = next(iter(mesh.pods("ponger")))
    before = mesh.pods("ponger")[victim].sidecar_restarts

    def kill() -> None:
        mesh.kill(f"{victim}/sidecar")
        comes_back(mesh, victim, lambda pod: pod.sidecar_restarts == before + 1)

    outcomes = lost(through_pinger(mesh, kill))
    broken_off = outcomes.pop(BROKEN_OFF, 0)
    assert outcomes == {}
    # At 50 requests per second and a few milliseconds each, hardly more than one is being answered.
    assert broken_off <= 2


def test_a_killed_app_costs_no_request_whose_answer_had_not_begun_and_comes_back(mesh: Commands) -> None:
    victim = next(iter(mesh.pods("ponger")))
    before = mesh.pods("ponger")[victim].restarts

    def kill() -> None:
        mesh.kill(f"{victim}/ponger")
        comes_back(mesh, victim, lambda pod: pod.restarts == before + 1)

    outcomes = lost(through_pinger(mesh, kill))
    broken_off = outcomes.pop(BROKEN_OFF, 0)
    assert outcomes == {}
    assert broken_off <= 2


@pytest.mark.parametrize("workload", ["ponger", "pinger"])
def test_a_rolling_restart_costs_no_request(workload: str, mesh: Commands) -> None:
    before = mesh.pods(workload)

    def restart() -> None:
        outcome = mesh.run("restart", workload)
        assert outcome.code == 0, outcome.err

    if workload == "ponger":
        load = through_pinger(mesh, restart)
    else:
        load = under_load(f"http://127.0.0.1:{mesh.port}/", None, restart)
    assert lost(load) == {}
    after = mesh.pods(workload)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name].expires <= before[name].expires] == []


def test_one_pod_is_replaced_by_its_name_alone(mesh: Commands) -> None:
    before = mesh.pods("ponger")
    outcome = mesh.run("restart", "ponger-1")
    assert (outcome.code, outcome.err) == (0, "Replaced ponger-1 by a new pod of the same name.\n")
    after = mesh.pods("ponger")
    assert after.keys() == before.keys() == {"ponger-0", "ponger-1"}
    assert [name for name in after if after[name].expires != before[name].expires] == ["ponger-1"]


def test_a_restart_that_nobody_waits_for_is_finished(mesh: Commands) -> None:
    before = mesh.pods("ponger")
    with mesh.start("restart", "ponger") as process:
        asyncio.run(until(lambda: mesh.pods("ponger").keys() > before.keys(), within=20, what="no pod was added"))
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted; what the mesh has begun it finishes" in complaint

    def finished() -> bool:
        after = mesh.pods("ponger")
        renewed = [name for name in before if name in after and after[name].expires > before[name].expires]
        return after.keys() == before.keys() and renewed == list(before)

    asyncio.run(until(finished, within=120, what="the restart was not finished"))
