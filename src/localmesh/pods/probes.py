"""Does the kubelet's probing: sends the manifest's httpGet probes through the sidecar, from the node's address.

Thresholds and periods are those of Kubernetes. Only the first success does not wait for its period, so that `up` is
fast: the app is polled on its own socket until it would succeed. The sidecar sees the same probes as on a cluster.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address
from pathlib import Path
from secrets import token_hex

from localmesh.until import POLL
from meshpolicy.kinds.container import Probe, ProbeKind

FIRST_SUCCESS = 0.1
"""Seconds between polls of the app until a startup or readiness probe succeeds for the first time."""


async def answers(probe: Probe, address: IPv4Address, node: IPv4Address) -> bool:
    """Send the probe; return whether the status is 200 to 399 and arrives within the probe's timeout."""
    try:
        async with asyncio.timeout(probe.timeout):
            return 200 <= await _status(probe, address, node) < 400
    except (OSError, ValueError, EOFError):  # TimeoutError is an OSError
        return False


async def would_answer(probe: Probe, address: IPv4Address, socket: Path) -> bool:
    """Send the probe to the app's own socket; return whether it succeeds."""
    try:
        async with asyncio.timeout(probe.timeout):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            return 200 <= await _get(reader, writer, probe.path, _headers(probe, address)) < 400
    except (OSError, ValueError, EOFError):
        return False


async def _status(probe: Probe, address: IPv4Address, node: IPv4Address) -> int:
    reader, writer = await asyncio.open_connection(str(address), probe.port, local_addr=(str(node), 0))
    return await _get(reader, writer, probe.path, _headers(probe, address))


def _headers(probe: Probe, address: IPv4Address) -> dict[str, str]:
    return {"Host": f"{address}:{probe.port}", "traceparent": unrecorded(), **dict(probe.headers)}


def unrecorded() -> str:
    """Return a `traceparent` that is not sampled (W3C Trace Context, 2.2), so that probes are not recorded."""
    return f"00-{token_hex(16)}-{token_hex(8)}-00"


async def sidecar_ready(admin: Path) -> None:
    """Wait until Envoy's admin socket reports that it has its configuration and accepts connections."""
    while True:
        try:
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_unix_connection(str(admin))
                if await _get(reader, writer, "/ready", {"Host": "localmesh"}) == HTTPStatus.OK:
                    return
        except (OSError, ValueError, EOFError):
            pass  # it does not listen yet
        await asyncio.sleep(POLL)


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: Mapping[str, str]
) -> int:
    common = {"User-Agent": "kube-probe", "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in (common | dict(headers)).items()]
    try:
        writer.write("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode("latin-1"))
        version, status, *_ = (await reader.readline()).split()
        if not version.startswith(b"HTTP/"):
            raise ValueError("not HTTP")
        return int(status)
    finally:
        writer.close()


@dataclass(slots=True)
class Count:
    """Consecutive successes or failures of a probe, and the verdict from them."""

    probe: Probe
    good: bool
    """The verdict; before the first result, startup and readiness are False and liveness is True."""
    successes: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)

    def record(self, success: bool) -> bool:
        """Count one result; return the new verdict."""
        self.successes = self.successes + 1 if success else 0
        self.failures = 0 if success else self.failures + 1
        if self.successes >= self.probe.success_threshold:
            self.good = True
        elif self.failures >= self.probe.failure_threshold:
            self.good = False
        return self.good


class Prober:
    """Probes one app: calls `on_ready` at every change of readiness, and `on_dead` when it must be restarted.

    A restart of the app starts a new round: startup first, then liveness and readiness together. `sockets` are the
    app's own sockets, by port number.
    """

    def __init__(
        self,
        probes: Iterable[Probe],
        address: IPv4Address,
        node: IPv4Address,
        *,
        on_ready: Callable[[bool], None],
        on_dead: Callable[[str], None],
        sockets: Mapping[int, Path] | None = None,
    ) -> None:
        self._probes = {probe.kind: probe for probe in probes}
        self._address = address
        self._node = node
        self._on_ready = on_ready
        self._on_dead = on_dead
        self._sockets = sockets or {}

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
        now = asyncio.get_running_loop().time
        await asyncio.sleep(probe.initial_delay)
        # The same total time as in Kubernetes, in shorter steps.
        patience = probe.period * probe.failure_threshold
        deadline = now() + patience
        await self._until_due(probe)
        while not await self._ask(probe):
            if now() > deadline:
                self._on_dead(f"{probe.kind}: no success in {patience:g} s")
                deadline += patience
            await self._until_due(probe)

    async def _liveness(self, probe: Probe) -> None:
        count = Count(probe, good=True)
        await asyncio.sleep(probe.initial_delay)
        alive = True
        while alive:
            await asyncio.sleep(probe.period)
            alive = count.record(await self._ask(probe))
        self._on_dead(f"{probe.kind}: {probe.failure_threshold} failures in a row")

    async def _readiness(self, probe: Probe) -> None:
        count = Count(probe, good=False)
        await asyncio.sleep(probe.initial_delay)
        ready = seen = False
        await self._until_due(probe)
        while True:
            before, ready = ready, count.record(await self._ask(probe))
            if ready != before:
                self._on_ready(ready)
            seen = seen or ready
            await (asyncio.sleep(probe.period) if seen else self._until_due(probe))

    async def _until_due(self, probe: Probe) -> None:
        """Wait until a probe that has never succeeded is due: after its period, or as soon as the app would succeed."""
        now = asyncio.get_running_loop().time
        due = now() + probe.period
        while (left := due - now()) > 0:
            socket = self._sockets.get(probe.port)
            if socket is not None and await would_answer(probe, self._address, socket):
                return
            await asyncio.sleep(min(FIRST_SUCCESS, left))

    async def _ask(self, probe: Probe) -> bool:
        return await answers(probe, self._address, self._node)
