"""Sends the tricks: requests that are written in unusual ways, each on a connection of its own."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace

from localmesh.ask.connection import Connection, Ended, connected
from localmesh.verify import http2
from localmesh.verify.accesslog import AccessLogs
from localmesh.verify.cell import Cell, Seen, Traces, traceparent
from localmesh.verify.send import AT_ONCE, Sender, broken, seen_of
from localmesh.verify.servers import VerifyServer
from meshpolicy.core.client import Traffic
from meshpolicy.decide.request import Request
from meshverify.cause import Cause
from meshverify.expectation import Expectation, expect
from meshverify.tricks.all import tricks
from meshverify.tricks.fields import GROUP as FIELDS
from meshverify.tricks.fields import FieldTrick, fields
from meshverify.tricks.trick import Base, Trick

NO_TRACE = "0" * 32
"""Stands where each trick has a trace ID of its own: as long as one, so that no length changes."""
MOST_REPLIES = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """A trick that somebody plays on a port."""

    group: str
    name: str
    base: Cell
    """The allowed call without any trick."""
    expected: tuple[Expectation, ...]
    may_refuse: bool
    trace: str
    sent: Trick | FieldTrick
    follow_up: bytes = b""
    """The allowed call again, on the same connection: an answer that is not its own shows a hidden request."""

    @property
    def traced(self) -> bool:
        """Whether there is one request to be read, and a trace ID in it by which the sidecar's log names it."""
        sent = self.sent.sent if isinstance(self.sent, Trick) else dict(self.sent.fields)["traceparent"]
        return len(self.expected) == 1 and self.trace in sent

    @property
    def only(self) -> Cell:
        """The first request that must be read in it, as a cell."""
        return replace(self.base, expected=self.expected[0], trace=self.trace)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of an attempt: one entry for each request that must be read, and the answers that came after them."""

    seen: tuple[Seen, ...]
    more: tuple[Seen, ...] = ()


def attempts(cells: Iterable[Cell], traces: Traces) -> Iterator[Attempt]:
    """Yield every trick, by a client with a certificate and one without, where such a one is allowed a plain GET."""
    cells = tuple(cells)
    fit = [one for one in cells if _fits(one)]
    open_to_all = {(one.server.name, one.request.path) for one in fit if not one.client.identity}
    for tls in (True, False):
        chosen = max(
            (one for one in fit if one.client.tls is tls),
            key=lambda one: (one.server.name, one.request.path) not in open_to_all,
            default=None,
        )
        if chosen is None:
            continue
        other = next((one.request.path for one in cells if _refused_beside(one, chosen)), "/other")
        headers = (f"traceparent: {traceparent(NO_TRACE)}",)
        base = Base(chosen.request.path, other, chosen.server.authority, headers)
        for trick in tricks(base):
            yield _attempt(trick, chosen, base, traces.next())
        if tls:
            for field in fields(base):
                yield _field_attempt(field, chosen, traces.next())


def _fits(one: Cell) -> bool:
    request = one.request
    plain = request.method == "GET" and not request.headers and "?" not in request.path and len(request.path) > 1
    honest = not one.client.fault and not one.client.headers
    return honest and plain and one.expected.cause is Cause.ALLOWED and _takes_http1(one.server)


def _takes_http1(server: VerifyServer) -> bool:
    return server.guarded and server.traffic is Traffic.HTTP


def _refused_beside(one: Cell, chosen: Cell) -> bool:
    same = one.client is chosen.client and one.server is chosen.server and one.request.method == "GET"
    return same and one.expected.cause in (Cause.MESH, Cause.ROUTE) and len(one.request.path) > 1


def _attempt(trick: Trick, chosen: Cell, base: Base, trace: str) -> Attempt:
    sent = replace(trick, sent=trick.sent.replace(traceparent(NO_TRACE), traceparent(trace)))
    expected = tuple(_expected(read, chosen) for read in trick.reads)
    follow_up = base.get("Connection: close").encode()
    return Attempt(trick.group, trick.name, chosen, expected, trick.may_refuse, trace, sent, follow_up)


def _field_attempt(trick: FieldTrick, chosen: Cell, trace: str) -> Attempt:
    sent = replace(trick, fields=(*trick.fields, ("traceparent", traceparent(trace))))
    return Attempt(FIELDS, trick.name, chosen, (_expected(trick.reads, chosen),), trick.may_refuse, trace, sent)


def _expected(read: Request | None, chosen: Cell) -> Expectation:
    if read is None:
        return Expectation(Cause.MALFORMED)
    return expect(chosen.server.policy, chosen.client.seen, read)


async def play(
    found: Sequence[Attempt], sender: Sender, on_played: Callable[[], None] = lambda: None
) -> dict[str, Played]:
    """Play all tricks; return what came of each, by trace ID.

    Few are asked at a time, and more are listened to: after an error, a proxy waits a second before it closes.
    """
    played: dict[str, Played] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(attempt: Attempt) -> None:
        played[attempt.trace] = await _played(attempt, sender, gate)
        on_played()

    async with asyncio.TaskGroup() as group:
        for attempt in found:
            group.create_task(one(attempt))
    return played


async def written(found: Sequence[Attempt], played: Mapping[str, Played], logs: AccessLogs) -> dict[str, Played]:
    """Return what came of the tricks with what the sidecars wrote about it."""
    traced = [one for one in found if one.traced]
    seen = await logs.added([one.only for one in traced], {one.trace: played[one.trace].seen[0] for one in traced})
    return {trace: replace(one, seen=(seen.get(trace, one.seen[0]), *one.seen[1:])) for trace, one in played.items()}


async def _played(attempt: Attempt, sender: Sender, gate: asyncio.Semaphore) -> Played:
    async with AsyncExitStack() as opened:
        try:
            async with gate:
                way = sender.way(attempt.base, http2=isinstance(attempt.sent, FieldTrick))
                connection = await opened.enter_async_context(connected(way))
                if isinstance(attempt.sent, FieldTrick):
                    return Played((_read(seen_of(await http2.ask(connection, attempt.sent.fields)), attempt),))
                seen = await _answers(connection, attempt, attempt.sent)
        except Ended as error:
            return Played((_read(broken(error), attempt),))
        return Played(seen, await _more(connection, attempt) if len(seen) == len(attempt.sent.reads) else ())


async def _answers(connection: Connection, attempt: Attempt, trick: Trick) -> tuple[Seen, ...]:
    """Return what came of each request that must be read; the last is how the connection ended, if too early."""
    seen: list[Seen] = []
    await connection.send(trick.sent.encode("latin-1"))
    try:
        while len(seen) < len(trick.reads):
            seen.append(_read(seen_of(await connection.reply()), attempt))
    except Ended as error:
        seen.append(_read(broken(error), attempt))
    return tuple(seen)


async def _more(connection: Connection, attempt: Attempt) -> tuple[Seen, ...]:
    """Make the allowed call on the same connection, and return all answers until its end."""
    more: list[Seen] = []
    await connection.send(attempt.follow_up)
    with suppress(Ended):
        while len(more) < MOST_REPLIES:
            more.append(seen_of(await connection.reply()))
    return tuple(more)


def _read(seen: Seen, attempt: Attempt) -> Seen:
    """Return what was seen; a proxy that ends a trick without an answer of the app has not accepted it."""
    refused = seen.cause in (Cause.UNDECLARED, Cause.MALFORMED) or (
        seen.status >= 400 and attempt.expected[0].cause is Cause.MALFORMED and seen.cause is not Cause.ALLOWED
    )
    return replace(seen, cause=Cause.MALFORMED) if refused else seen
