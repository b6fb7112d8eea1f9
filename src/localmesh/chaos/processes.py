"""Faults of one process: killed, stopped, slow. The mesh that runs heals them by itself."""

import asyncio
import os
import sys
from contextlib import suppress
from subprocess import DEVNULL

import psutil

from localmesh import settings
from localmesh.chaos.site import SIDECAR, SUPERVISOR, Site
from localmesh.chaos.story import Clock, FaultReport, Story, under_load
from localmesh.errors import BadInput, CommandFailed
from localmesh.load.target import OUTSIDE, find_load_target
from localmesh.settings import PROCESS
from localmesh.until import until

BACK_WITHIN = 120.0
"""Seconds in which a pod must be ready again: a liveness probe may take most of them to give up."""
SLOW_FOR, STOPPED, RUNNING = 10.0, 0.2, 0.05
"""Seconds that a program is slow, and how long it stands still and goes on in turn."""
GONE_FOR = 5.0


async def kill_app(site: Site) -> Story:
    """Kill the program of one pod."""
    return await _killed(site, "app", site.app(site.victim), f"the program of {site.victim.name}")


async def kill_sidecar(site: Site) -> Story:
    """Kill the sidecar of one pod."""
    pod = site.victim
    return await _killed(site, "sidecar", site.process(f"{pod.name}/{SIDECAR}"), f"the sidecar of {pod.name}")


async def _killed(site: Site, fault: str, process: psutil.Process, what: str) -> Story:
    before = site.victim

    async def strike() -> FaultReport:
        clock = Clock()
        process.kill()
        site.say(f"{what} was killed")
        await _back(site, before.name, restarted=True)
        healed = f"by the supervisor: it started it again, and {before.name} was ready after {clock.seconds:.1f} s"
        return FaultReport(f"{what} was killed, one of {site.replicas} pods", healed, clock.seconds)

    return await under_load(fault, site.target, strike)


async def _back(site: Site, name: str, *, restarted: bool) -> None:
    before = next(pod for pod in site.mesh.view.pods if pod.name == name)
    what = f"{name} did not come back"
    await until(lambda: site.is_back(before, restarted=restarted), within=BACK_WITHIN, what=what)


async def stop_app(site: Site) -> Story:
    """Stop the program of one pod, as a deadlock would: it takes requests and answers none."""
    before, process = site.victim, site.app(site.victim)

    async def strike() -> FaultReport:
        clock = Clock()
        process.suspend()
        site.say(f"the program of {before.name} stands still; waiting for its probes to notice")
        try:
            await _back(site, before.name, restarted=True)
        finally:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        healed = f"by its liveness probe: it was killed and started again after {clock.seconds:.1f} s"
        return FaultReport(
            f"the program of {before.name} stood still, one of {site.replicas} pods", healed, clock.seconds
        )

    return await under_load("stopped", site.target, strike)


async def slow_app(site: Site) -> Story:
    """Make the program of one pod slow: most of the time it stands still."""
    before, process = site.victim, site.app(site.victim)

    async def strike() -> FaultReport:
        clock = Clock()
        site.say(f"the program of {before.name} is slow for {SLOW_FOR:g} s")
        try:
            while clock.seconds < SLOW_FOR:
                process.suspend()
                await asyncio.sleep(STOPPED)
                process.resume()
                await asyncio.sleep(RUNNING)
        finally:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        await _back(site, before.name, restarted=False)
        share = STOPPED / (STOPPED + RUNNING)
        happened = f"the program of {before.name} stood still {share:.0%} of the time, one of {site.replicas} pods"
        return FaultReport(happened, "by itself, when the program went on", clock.seconds)

    return await under_load("slow", site.target, strike)


async def kill_supervisor(site: Site) -> Story:
    """Kill the supervisor: the pods go on without it, until `up` starts all anew."""
    entry = site.mesh.view.ingress
    if entry is None or not entry.paths:
        raise BadInput("the manifests have no Gateway with a path: what goes on without the supervisor is asked there")
    target = find_load_target(OUTSIDE, entry.paths[0], site.mesh.view, site.mesh.manifests, site.folder)

    async def strike() -> FaultReport:
        clock = Clock()
        site.process(SUPERVISOR).kill()
        site.say(f"the supervisor was killed; the pods go on without it for {GONE_FOR:g} s")
        await asyncio.sleep(GONE_FOR)
        return FaultReport(
            f"the supervisor was killed, and the pods went on without it for {GONE_FOR:g} s",
            "by `localmesh up`, after this table: it ends what is left and starts all anew",
            clock.seconds,
        )

    try:
        return await under_load("supervisor", target, strike)
    finally:
        await _up(site)


async def _up(site: Site) -> None:
    clock = Clock()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings.PREFIX)}
    environment = {**kept, **{name: value for name, value in site.mesh.view.settings.items() if name != PROCESS}}
    command = (sys.executable, "-m", "localmesh", "up")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, output = await process.communicate()
    if process.returncode:
        raise CommandFailed("`localmesh up` failed", output.decode(errors="replace"))
    site.say(f"up again after {clock.seconds:.1f} s")
