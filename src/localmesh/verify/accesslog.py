"""What the sidecars wrote about requests: which route each met, by which grant it passed, and who its client was."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from pathlib import Path
from time import monotonic

from localmesh.logs import aside
from localmesh.verify.cell import DECIDED, Cell, Logged, Seen

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
        self._logs = dict(logs)
        self._sizes = {pod: log.stat().st_size if log.exists() else 0 for pod, log in logs.items()}

    async def logged(self, wanted: Set[Line], within: float = WITHIN) -> dict[Line, Logged]:
        """Return what is written about requests, once there is a line for each or the time is over."""
        deadline = monotonic() + within
        while True:
            found = {(pod, trace): line for pod in self._logs for trace, line in self._lines(pod)}
            if found.keys() >= wanted or monotonic() > deadline:
                return {line: found[line] for line in wanted if line in found}
            await asyncio.sleep(POLL)

    async def added(self, cells: Iterable[Cell], seen: Mapping[str, Seen]) -> dict[str, Seen]:
        """Return what was seen of some calls with what their servers' sidecars wrote about those that they answered."""
        lines = {one.trace: (one.server.pod, one.trace) for one in cells if one.server.guarded}
        found = await self.logged({line for trace, line in lines.items() if seen[trace].cause in DECIDED})
        return {trace: replace(one, logged=found.get(lines.get(trace, ("", "")))) for trace, one in seen.items()}

    def _lines(self, pod: str) -> Iterator[tuple[str, Logged]]:
        for line in self._text(pod).splitlines():
            fields = _read(line)
            if fields.get("direction") == "inbound":
                trace = str(fields.get("traceparent", ""))[TRACE]
                yield trace, Logged(_word(fields, "route"), _word(fields, "authorization"), _word(fields, "identity"))

    def _text(self, pod: str) -> str:
        """Return what was written since the beginning; a log that was trimmed meanwhile begins in its older part."""
        log, start = self._logs[pod], self._sizes[pod]
        try:
            text = log.read_bytes()
            if len(text) < start:
                older = aside(log)
                text, start = (older.read_bytes() if older.exists() else b"") + text, 0
        except OSError:
            return ""
        return text[start:].decode(errors="replace")


def _read(line: str) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _word(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name, "")
    return "" if value in (None, "-") else str(value)
