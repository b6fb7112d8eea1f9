"""Runs one pod: its sidecar, its apps and their probes, from the first start to the end.

The apps start only when the sidecar listens, so that no other program can receive the password they send to it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from time import monotonic

from localmesh.errors import CommandFailed
from localmesh.pods.pod import Pod
from localmesh.pods.probes import Prober, sidecar_ready
from localmesh.pods.process import Child, Program
from localmesh.until import stop_task
from localmesh.views import Phase
from meshpolicy.kinds.container import Probe

log = logging.getLogger(__name__)

DRAIN = 0.5
"""Seconds from leaving the endpoints to SIGTERM; the clients' sidecars need far less to stop sending."""
SIDECAR = "sidecar"


@dataclass(frozen=True, slots=True)
class Programs:
    """All programs of a pod, and the probes of each app, by container name; `grace` is in seconds."""

    sidecar: Program
    apps: Mapping[str, Program]
    probes: Mapping[str, tuple[Probe, ...]]
    grace: float = 30


class Runner:
    """One running pod; `on_change` is called whenever its phase may have changed."""

    def __init__(self, pod: Pod, programs: Programs, node: IPv4Address, on_change: Callable[[], None]) -> None:
        self.pod = pod
        self._probes = programs.probes
        self._node = node
        self._on_change = on_change
        self._leaving = False
        self._ready: set[str] = set()
        self._was_ready = False
        self.apps_begun = asyncio.Event()
        """Set when the sidecar listens for the first time, and the apps start."""
        self._began: float | None = None
        self.broken: CommandFailed | None = None
        """Why an app cannot be started; None if none has failed."""
        self._watch: asyncio.Task[None] | None = None
        self._again = asyncio.Event()
        self._restarts: set[asyncio.Task[None]] = set()
        self.sidecar = Child(programs.sidecar, on_change=self._changed)
        self.apps = {
            name: Child(program, grace=programs.grace, on_change=self._changed)
            for name, program in programs.apps.items()
        }

    @property
    def phase(self) -> Phase:
        """The phase of the pod's life."""
        if self._leaving:
            return Phase.LEAVING
        if self.ready:
            return Phase.READY
        return Phase.UNREADY if self._was_ready else Phase.STARTING

    @property
    def ready(self) -> bool:
        """Whether traffic may be sent to the pod."""
        children = (self.sidecar, *self.apps.values())
        return not self._leaving and self._ready == {SIDECAR, *self.apps} and all(child.pid for child in children)

    @property
    def age(self) -> float:
        """Seconds since the pod was started; 0 before."""
        return 0.0 if self._began is None else monotonic() - self._began

    @property
    def restarts(self) -> int:
        """Number of restarts of its apps."""
        return sum(child.restarts for child in self.apps.values())

    @property
    def failures(self) -> int:
        """Number of restarts of its apps and sidecar."""
        return self.restarts + self.sidecar.restarts

    async def start(self) -> None:
        """Start the sidecar; the apps follow, and `on_change` reports readiness later."""
        self._began = monotonic()
        await self.sidecar.start()
        self._watch = asyncio.create_task(self._watch_over(), name=f"probe {self.pod.name}")

    async def stop(self) -> None:
        """Leave the endpoints, finish requests in flight, and stop: apps first, as they still need the sidecar."""
        self._leaving = True
        self._on_change()
        await asyncio.sleep(DRAIN)
        await stop_task(self._watch)
        await asyncio.gather(*(child.stop() for child in self.apps.values()))
        await self.sidecar.stop()

    async def halt(self, grace: float) -> None:
        """Stop all processes within `grace` seconds, without waiting for requests: the whole mesh stops."""
        self._leaving = True
        try:
            await stop_task(self._watch)
        finally:
            await asyncio.gather(*(child.stop(grace) for child in (self.sidecar, *self.apps.values())))

    def _changed(self) -> None:
        """Reset readiness, because a process exited or was started again."""
        self._ready.clear()
        self._again.set()
        self._on_change()

    def _set(self, part: str, ready: bool) -> None:
        (self._ready.add if ready else self._ready.discard)(part)
        self._was_ready = self._was_ready or self.ready
        self._on_change()

    async def _watch_over(self) -> None:
        while True:
            self._again.clear()
            probing = asyncio.create_task(self._probe())
            try:
                await self._again.wait()
            finally:
                await stop_task(probing)

    async def _probe(self) -> None:
        await sidecar_ready(self.pod.admin)
        self._set(SIDECAR, ready=True)
        if not await self._apps_started():
            return
        async with asyncio.TaskGroup() as group:
            for name in self.apps:
                group.create_task(self._prober(name).run())

    async def _apps_started(self) -> bool:
        if not self.apps_begun.is_set():
            self.apps_begun.set()
            try:
                await asyncio.gather(*(child.start() for child in self.apps.values()))
            except CommandFailed as error:
                self.broken = error
                self._on_change()
        return self.broken is None

    def _prober(self, name: str) -> Prober:
        def restart(reason: str) -> None:
            log.warning("%s/%s is restarted: %s", self.pod.name, name, reason)
            self._restarts.add(task := asyncio.create_task(self.apps[name].restart()))
            task.add_done_callback(self._restarts.discard)

        return Prober(
            self._probes.get(name, ()),
            self.pod.local,
            self._node,
            on_ready=lambda ready: self._set(name, ready),
            on_dead=restart,
            sockets={port.number: self.pod.socket(port) for one in self.pod.containers for port in one.ports},
        )
