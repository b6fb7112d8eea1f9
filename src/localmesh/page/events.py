"""The page's stream of server-sent events: first the whole state, then changes."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from time import time

from localmesh.page import content
from localmesh.page.content import Json, Shown

POLL = 0.1
"""Seconds between two checks for new refusals and changes."""
PER_RATES = 10
"""Checks per event with the rates, which also serves as the heartbeat."""


async def stream(shown: Shown) -> AsyncIterator[str]:
    """Yield events until the client disconnects."""
    async with shown.watcher.watching():
        told = _Told(shown)
        look = 0
        while True:
            for event in told.news(all_of_it=look % PER_RATES == 0):
                yield event
            look += 1
            await asyncio.sleep(POLL)


class _Told:
    """What one client of the stream has already received."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._before: dict[str, str] = {}
        self._refusal = 0
        self._change = 0

    def news(self, *, all_of_it: bool) -> Iterator[str]:
        if new := content.refusals(self._shown, self._refusal):
            self._refusal = new[-1]["number"]
            yield event("refusals", new)
        if new := content.changes(self._shown, self._change):
            self._change = new[-1]["number"]
            yield event("changes", new)
            # A change of the mesh is sent at once.
            yield from self._changed("mesh", content.mesh(self._shown))
        if all_of_it:
            yield from self._changed("mesh", content.mesh(self._shown))
            yield from self._changed("traces", content.traces(self._shown.store))
            yield event("edges", content.edges(self._shown, time()))

    def _changed(self, name: str, data: Json | list[Json]) -> Iterator[str]:
        """Yield an event only if it differs from the previous event of that name."""
        text = event(name, data)
        if self._before.get(name) != text:
            self._before[name] = text
            yield text


def event(name: str, data: Json | list[Json]) -> str:
    """Return one server-sent event; its data is one line, because `json.dumps` writes no line breaks."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
