"""Reads the access logs of all pods while somebody watches, and no longer.

Without a watcher it costs nothing: the sidecars write their logs in any case. Whoever begins to watch sees the last
minute at once, because it is read from the logs.
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
"""Seconds for which the reading goes on after the last watcher, who may only be loading the page again."""


class Watched(Protocol):
    """The mesh, as far as it is watched."""

    def pods(self) -> Iterable[Pod]:
        """Return the pods that run."""

    def cluster(self) -> Cluster:
        """Return what the manifests say now."""

    def node(self) -> IPv4Address:
        """Return the address that the kubelet's probes come from."""


Listener = Callable[[Pod, TapView], None]
Counter = Callable[[Entry, Pod], None]
RESOLUTION = 0.01
"""Seconds by which the time of a request may be wrong: logs have milliseconds for its start and for its length."""
MOST_WAITING = 1000
"""Requests that wait for a slow reader of `tap`."""


class Watcher:
    """What is known of the traffic; `watching` has it kept up to date."""

    def __init__(self, mesh: Watched, relative: Callable[[str], str] = str) -> None:
        self._mesh = mesh
        self._relative = relative
        self.watchers = 0
        """How many watch now."""
        self._reading: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._listeners: set[Listener] = set()
        self.counters: set[Counter] = set()
        """Told of each request that reached the sidecar of its server, those of the last minute included."""
        self._forget()

    def _forget(self) -> None:
        self.traffic = Traffic()
        self.refusals = Refusals(self._relative)
        self._tails: dict[str, Tail] = {}
        self._caught_up = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Have the logs read; the last minute is known when this is entered."""
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
        """Have every request told from now on."""
        async with self.watching():
            self._listeners.add(listener)
            try:
                yield
            finally:
                self._listeners.discard(listener)

    async def tap(self, wanted: Callable[[Pod], bool]) -> AsyncIterator[TapView | Dropped]:
        """Yield the requests that some pods get and send from now on, and how many of them came too fast."""
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
        """Return the rates of every edge over the last seconds."""
        async with self.watching():
            return StatView(window, tuple(self.traffic.rates(time(), window, by_pod=by_pod)))

    async def stop(self) -> None:
        """End at once."""
        if self._ending:
            self._ending.cancel()
        await stop_task(self._reading)

    async def _until_caught_up(self, reading: asyncio.Task[None]) -> None:
        """Return when the last minute is known; raises what broke the reading."""
        caught_up = asyncio.create_task(self._caught_up.wait())
        try:
            await asyncio.wait([caught_up, reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            caught_up.cancel()
        if reading.done():
            reading.result()

    def _end(self) -> None:
        """Stop reading, and forget what was read: it will be read again."""
        if self._reading:
            self._reading.cancel()
        self._reading = self._ending = None
        self._forget()

    async def _read(self) -> None:
        """Read until cancelled. What breaks it before the last minute is known is raised, later it is logged."""
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
                # Others are served between two logs, however much is in them.
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
    """Return the ends of a request that its server's sidecar tells of, as the caller's sidecar sees them."""
    name = entry.authority or entry.upstream
    return Party(pod.name, pod.workload.name, pod.namespace, pod.identity), Party(name, name)


def port_name(pod: Pod, number: int) -> str:
    """Return the name of a container port, or its number."""
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
