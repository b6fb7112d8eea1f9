"""Reads the access logs of all pods, only while somebody watches.

Without a watcher it costs nothing: the sidecars write their logs anyway. A new watcher sees the last minute at once,
because it is read from the logs.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from time import time
from typing import Protocol

from localmesh.observe.entry import Entry, from_line
from localmesh.observe.parties import Parties, Party
from localmesh.observe.refusals import Refusals
from localmesh.observe.tail import Tail
from localmesh.observe.traffic import WINDOW, Edge, Traffic
from localmesh.observe.views import Dropped, StatView, TapView
from localmesh.pods.pod import Pod
from localmesh.until import stop_task
from meshpolicy.kinds.cluster import Cluster

log = logging.getLogger(__name__)
POLL = 0.1
AFTER_ERROR = 1.0
LINGER = 15.0
"""Seconds for which reading continues after the last watcher left, who may only be reloading the page."""


class Watched(Protocol):
    """The parts of the mesh that the watcher needs."""

    def pods(self) -> Iterable[Pod]:
        """Return the pods that run."""

    def cluster(self) -> Cluster:
        """Return the cluster as the applied manifests describe it."""

    def node(self) -> IPv4Address:
        """Return the source address of the kubelet's probes."""


Listener = Callable[[Pod, TapView], None]
Counter = Callable[[Entry, Pod], None]
RESOLUTION = 0.01
"""Possible error of a request's time in seconds: logs hold its start and duration in milliseconds."""
MOST_WAITING = 1000
"""Most requests queued for a slow reader of `tap`."""


class Watcher:
    """The current traffic; kept up to date within `watching`."""

    def __init__(self, mesh: Watched, relative: Callable[[str], str] = str) -> None:
        self._mesh = mesh
        self._relative = relative
        self.watchers = 0
        """Number of current watchers."""
        self._reading: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._listeners: set[Listener] = set()
        self.counters: set[Counter] = set()
        """Callbacks for each request that reached its server's sidecar, including those of the last minute."""
        self._forget()

    def _forget(self) -> None:
        self.traffic = Traffic()
        self.refusals = Refusals(self._relative)
        self._tails: dict[str, Tail] = {}
        self._caught_up = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Read the logs within this context; the last minute has been read when it is entered."""
        self.watchers += 1
        if self._ending:
            self._ending.cancel()
            self._ending = None
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="watch")
        try:
            await self._until_caught_up(self._reading)
            yield
        finally:
            self.watchers -= 1
            if self.watchers == 0:
                self._ending = asyncio.get_running_loop().call_later(LINGER, self._end)

    @asynccontextmanager
    async def tapping(self, listener: Listener) -> AsyncIterator[None]:
        """Call `listener` for every request within this context."""
        async with self.watching():
            self._listeners.add(listener)
            try:
                yield
            finally:
                self._listeners.discard(listener)

    async def tap(self, wanted: Callable[[Pod], bool]) -> AsyncIterator[TapView | Dropped]:
        """Yield requests that the wanted pods receive and send from now on, and counts of dropped ones."""
        waiting: asyncio.Queue[TapView] = asyncio.Queue(MOST_WAITING)
        dropped, begun = 0, time() - RESOLUTION

        def take_in(pod: Pod, view: TapView) -> None:
            nonlocal dropped
            if not wanted(pod) or view.time < begun:  # a sidecar writes its log with a delay
                return
            if waiting.full():
                dropped += 1
            else:
                waiting.put_nowait(view)

        async with self.tapping(take_in):
            while True:
                yield await waiting.get()
                if dropped and waiting.empty():
                    yield Dropped(dropped)
                    dropped = 0

    async def stat(self, window: int, *, by_pod: bool) -> StatView:
        """Return the rates of every edge over the last `window` seconds."""
        async with self.watching():
            return StatView(window, tuple(self.traffic.rates(time(), window, by_pod=by_pod)))

    async def stop(self) -> None:
        """Stop reading at once."""
        if self._ending:
            self._ending.cancel()
        await stop_task(self._reading)

    async def _until_caught_up(self, reading: asyncio.Task[None]) -> None:
        """Wait until the last minute has been read; raises the error that ended the reading."""
        caught_up = asyncio.create_task(self._caught_up.wait())
        try:
            await asyncio.wait([caught_up, reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            caught_up.cancel()
        if reading.done():
            reading.result()

    def _end(self) -> None:
        """Stop reading, and discard what was read: the next watcher reads it again."""
        if self._reading:
            self._reading.cancel()
        self._reading = self._ending = None
        self._forget()

    async def _read(self) -> None:
        """Read until cancelled. Errors are raised until the last minute has been read, and logged afterwards."""
        while True:
            try:
                await self._read_on()
            except Exception:  # a page that stays open must not stay silent
                if not self._caught_up.is_set():
                    raise
                log.exception("the traffic could not be read")
                await asyncio.sleep(AFTER_ERROR)

    async def _read_on(self) -> None:
        while True:
            more = False
            parties = Parties.of(self._mesh.pods(), self._mesh.node())
            self._tails = {name: self._tails.get(name) or self._tail(pod) for name, pod in parties.pods.items()}
            for name, tail in self._tails.items():
                lines = tail.lines()
                more = more or bool(lines)
                for line in lines:
                    if entry := from_line(name, line):
                        self._take_in(entry, parties)
                # Let other tasks run between two logs, however long the logs are.
                await asyncio.sleep(0)
            if not more:
                self._caught_up.set()
                self.traffic.tidy(time())
                await asyncio.sleep(POLL)

    def _tail(self, pod: Pod) -> Tail:
        return Tail(pod.access_log, time() - WINDOW)

    def _take_in(self, entry: Entry, parties: Parties) -> None:
        server = parties.pods[entry.pod]
        ends = parties.ends(entry)
        if ends:
            self._count(entry, ends, server)
        if self._caught_up.is_set() and self._listeners:
            view = tapped(entry, ends or _outgoing(entry, server))
            for listener in list(self._listeners):
                listener(server, view)

    def _count(self, entry: Entry, ends: tuple[Party, Party], server: Pod) -> None:
        port = port_name(server, entry.port) if ends[1].name == server.name else ""
        if entry.ended > time() - WINDOW:
            self.traffic.add(Edge(*ends, port, entry.tls), entry)
        if ends[1].name == server.name:
            for counter in self.counters:
                counter(entry, server)
        if entry.refused and entry.inbound:
            self.refusals.add(entry, ends, port, self._mesh.cluster(), server)


def _outgoing(entry: Entry, pod: Pod) -> tuple[Party, Party]:
    """Return client and server of an outbound request, which its server's sidecar also logs."""
    name = entry.authority or entry.upstream
    return Party(pod.name, pod.workload.name, pod.namespace, pod.identity), Party(name, name)


def port_name(pod: Pod, number: int) -> str:
    """Return the name of a container port, or its number as text."""
    ports = {port.number: port.name for container in pod.containers for port in container.ports}
    return ports.get(number) or str(number)


def tapped(entry: Entry, ends: tuple[Party, Party]) -> TapView:
    """Return one line of `tap`."""
    source, destination = ends
    return TapView(
        time=entry.ended,
        pod=entry.pod,
        proxy="in" if entry.inbound else "out",
        source=source.name,
        destination=destination.name,
        client_id=entry.identity,
        tls=bool(entry.tls or entry.upstream_identity),
        method=entry.method,
        authority=entry.authority,
        path=entry.path,
        status=entry.status,
        latency=round(entry.seconds * 1000, 3),
        verdict=entry.verdict,
        route=entry.route,
        authorization=entry.authorization,
        flags=",".join(sorted(entry.flags)),
        trace=entry.traceparent[3:35],
        port=entry.port if entry.inbound else 0,
        peer=entry.peer,
    )
