"""The user's choices about observed calls: accepted, narrowed, forbidden. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from meshpolicy.analysis.words import account
from meshpolicy.generate.grant import ANY_REQUEST, CONNECT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record
from meshpolicy.traffic.call import CallerKind, ObservedCall

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""The methods that a route can name (Gateway API, HTTPMethod)."""


class Choice(StrEnum):
    """What to do with some calls."""

    ACCEPT = "accept"
    NARROW = "narrow"
    """Grant only the observed paths."""
    FORBID = "forbid"


@record
class Said:
    """Calls in words, as they are printed."""

    client: str
    request: str
    """`GET /orders/{number}`, `any request`."""
    server: str
    """`namespace/workload:port`."""

    def __str__(self) -> str:
        send = "send " if self.request == "any request" else ""
        return f"{self.client} may {send}{self.request} on {self.server}"


@record
class ChoicePattern:
    """`[CLIENT may ][METHOD ]PATH[ on SERVER]`, in which `*` matches anything."""

    text: str
    choice: Choice

    def meets(self, said: Said) -> bool:
        """Whether the pattern matches some calls."""
        client, _, rest = self.text.rpartition(" may ")
        request, _, server = rest.removeprefix("send ").partition(" on ")
        whole = request if request.partition(" ")[0] in METHODS or request == said.request else f"* {request}"
        return (
            fnmatchcase(said.client, client or "*")
            and (fnmatchcase(said.request, whole) or request in ("*", said.request))
            and (fnmatchcase(said.server, server or "*") or fnmatchcase(said.server.rpartition(":")[0], server))
        )


@dataclass
class Choices:
    """All choices, and which of them have matched something."""

    patterns: Sequence[ChoicePattern] = ()
    used: set[ChoicePattern] = field(default_factory=set)

    @classmethod
    def of(cls, accept: Sequence[str] = (), narrow: Sequence[str] = (), forbid: Sequence[str] = ()) -> "Choices":
        """Return the choices; `forbid` outranks `narrow`, which outranks `accept`."""
        pairs = ((Choice.FORBID, forbid), (Choice.NARROW, narrow), (Choice.ACCEPT, accept))
        return cls(tuple(ChoicePattern(text, choice) for choice, some in pairs for text in some))

    def about(self, said: Said) -> Choice | None:
        """Return the choice for some calls; None if there is none."""
        met = [pattern for pattern in self.patterns if pattern.meets(said)]
        self.used.update(met)
        return met[0].choice if met else None

    def unused(self) -> Iterator[ChoicePattern]:
        """Yield the patterns that match nothing, as they may be misspelt."""
        return (pattern for pattern in self.patterns if pattern not in self.used)


def client_words(cluster: Cluster, call: ObservedCall) -> str:
    """Return the client in words: `namespace/account`, `unmeshed 10.0.0.7`, `unknown`."""
    client = call.client
    if client.kind is CallerKind.IDENTITY:
        return account(client.identity, cluster.settings)
    word = "unmeshed" if client.kind is CallerKind.UNMESHED else "unknown"
    return " ".join(dict.fromkeys(part for part in (word, client.name, client.address) if part))


def request_words(call: ObservedCall) -> str:
    """Return the request in words: `GET /orders/7`, `any request`, `connect`."""
    if not call.http:
        return CONNECT
    return ANY_REQUEST if call.method is None or call.path is None else f"{call.method} {call.path}"
