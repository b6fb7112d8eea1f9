"""What the servers' sidecars wrote about requests, found by trace ID."""

import asyncio
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from pathlib import Path
from time import monotonic, time

from localmesh.observe.entry import Entry, from_line
from localmesh.observe.tail import Tail
from localmesh.verify.cell import DECIDED, Cell, Seen

WITHIN = 10.0
"""Seconds in which a sidecar must have written what it saw; it does so twice a second."""
POLL = 0.05
TRACE = slice(3, 35)
"""Where the trace ID stands in a `traceparent`."""
Line = tuple[str, str]
"""A pod, and the trace ID of a request to it."""


class AccessLogs:
    """The access logs of some pods, by name, from now on."""

    def __init__(self, logs: Mapping[str, Path]) -> None:
        now = time()
        self._tails = {pod: Tail(log, now) for pod, log in logs.items()}
        self._found: dict[Line, Entry] = {}

    async def logged(self, wanted: Set[Line], within: float = WITHIN) -> dict[Line, Entry]:
        """Return what is written about requests, once there is a line for each or the time is over."""
        deadline = monotonic() + within
        while not self._found.keys() >= wanted and monotonic() < deadline:
            if not self._read():
                await asyncio.sleep(POLL)
        return {line: self._found[line] for line in wanted if line in self._found}

    async def added(self, cells: Iterable[Cell], seen: Mapping[str, Seen]) -> dict[str, Seen]:
        """Return what was seen of some calls with what their servers' sidecars wrote about those that they decided."""
        lines = {one.trace: (one.server.pod, one.trace) for one in cells if one.server.guarded}
        found = await self.logged({line for trace, line in lines.items() if seen[trace].cause in DECIDED})
        return {trace: replace(one, logged=found.get(lines.get(trace, ("", "")))) for trace, one in seen.items()}

    def _read(self) -> bool:
        """Take in what has been written; return whether that was anything."""
        read = False
        for pod, tail in self._tails.items():
            for line in tail.lines():
                read = True
                entry = from_line(pod, line)
                if entry is not None and entry.inbound:
                    self._found[pod, entry.traceparent[TRACE]] = entry
        return read
