"""The kubelet's part: sends the manifest's httpGet probes through the sidecar, from the node's address.

Thresholds and periods are Kubernetes'; only the first success is looked for more often, so that `up` is quick.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from meshpolicy.workload import Probe, ProbeKind

FIRST_SUCCESS = 0.1
"""Seconds between startup or readiness probes until one succeeds for the first time."""


async def answers(probe: Probe, address: IPv4Address, node: IPv4Address) -> bool:
    """Whether the probe succeeds now: an answer from 200 to 399 within its timeout."""
    try:
        async with asyncio.timeout(probe.timeout):
            return 200 <= await _status(probe, address, node) < 400
    except (OSError, ValueError, EOFError):  # TimeoutError is an OSError
        return False


async def _status(probe: Probe, address: IPv4Address, node: IPv4Address) -> int:
    headers = {"Host": f"{address}:{probe.port}", "User-Agent": "kube-probe", "Connection": "close"}
    headers |= dict(probe.headers)
    lines = [f"GET {probe.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    reader, writer = await asyncio.open_connection(str(address), probe.port, local_addr=(str(node), 0))
    try:
        writer.write("\r\n".join(lines).encode("latin-1"))
        version, status, *_ = (await reader.readline()).split()
        if not version.startswith(b"HTTP/"):
            raise ValueError("not HTTP")
        return int(status)
    finally:
        writer.close()


@dataclass(slots=True)
class Count:
    """Successes or failures in a row, and the verdict they have led to."""

    probe: Probe
    good: bool
    """The verdict; before the first one: not started, not ready, but alive."""
    successes: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)

    def record(self, success: bool) -> bool:
        """Take one result; return whether the verdict has changed."""
        before = self.good
        self.successes = self.successes + 1 if success else 0
        self.failures = 0 if success else self.failures + 1
        if self.successes >= self.probe.success_threshold:
            self.good = True
        elif self.failures >= self.probe.failure_threshold:
            self.good = False
        return self.good != before


class Prober:
    """Probes one pod: `on_ready` hears every change of readiness, `on_dead` every verdict that it must restart.

    Restarting the app starts a new round: startup first, then liveness and readiness together.
    """

    def __init__(
        self,
        probes: Iterable[Probe],
        address: IPv4Address,
        node: IPv4Address,
        *,
        on_ready: Callable[[bool], None],
        on_dead: Callable[[str], None],
    ) -> None:
        self._probes = {probe.kind: probe for probe in probes}
        self._address = address
        self._node = node
        self._on_ready = on_ready
        self._on_dead = on_dead

    async def run(self) -> None:
        """Probe until cancelled."""
        startup = self._probes.get(ProbeKind.STARTUP)
        if startup:
            await self._startup(startup)
        async with asyncio.TaskGroup() as group:
            if liveness := self._probes.get(ProbeKind.LIVENESS):
                group.create_task(self._liveness(liveness))
            if readiness := self._probes.get(ProbeKind.READINESS):
                group.create_task(self._readiness(readiness))
            else:
                self._on_ready(True)

    async def _startup(self, probe: Probe) -> None:
        count = Count(probe, good=False)
        await asyncio.sleep(probe.initial_delay)
        # The same patience as Kubernetes', in shorter steps.
        patience = probe.period * probe.failure_threshold
        deadline = asyncio.get_running_loop().time() + patience
        while not count.good:
            count.record(await self._ask(probe))
            if not count.good and asyncio.get_running_loop().time() > deadline:
                self._on_dead(f"{probe.kind}: no success in {patience:g} s")
                deadline += patience
            await asyncio.sleep(0 if count.good else min(FIRST_SUCCESS, probe.period))

    async def _liveness(self, probe: Probe) -> None:
        count = Count(probe, good=True)
        await asyncio.sleep(probe.initial_delay)
        while True:
            if count.record(await self._ask(probe)) and not count.good:
                self._on_dead(f"{probe.kind}: {probe.failure_threshold} failures in a row")
            await asyncio.sleep(probe.period)

    async def _readiness(self, probe: Probe) -> None:
        count = Count(probe, good=False)
        await asyncio.sleep(probe.initial_delay)
        seen = False
        while True:
            if count.record(await self._ask(probe)):
                self._on_ready(count.good)
            seen = seen or count.good
            await asyncio.sleep(probe.period if seen else min(FIRST_SUCCESS, probe.period))

    async def _ask(self, probe: Probe) -> bool:
        return await answers(probe, self._address, self._node)
