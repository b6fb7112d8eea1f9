"""One line of a sidecar's access log as a value; `localmesh.envoy.accesslog` defines its fields."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localmesh.ask.ask import BY_STATUS, GATEWAY_ERRORS
from localmesh.envoy.details import refusal
from localmesh.views import UNREACHABLE
from meshpolicy.decide.decision import Verdict

NOT_SENT = frozenset({"UF", "UH", "NC", "NR", "UO", "URX"})
"""Response flags of unsent requests: no connection, no healthy host, no cluster, no route, overflow, retry limit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that a sidecar has answered or passed on, or a stream of bytes that has ended."""

    pod: str
    """The pod whose sidecar wrote the line."""
    inbound: bool
    """Whether the request was for the pod's own app; else the app, or a client outside the mesh, sent it."""
    ended: float
    """End of the request, in seconds since 1970."""
    seconds: float
    peer: str
    """Source address of the connection."""
    identity: str
    """The client's verified identity; empty if it has none."""
    tls: str
    """The version of TLS that ended at this sidecar; empty for plain text."""
    port: int
    method: str
    """The HTTP method; empty for a stream."""
    authority: str
    path: str
    status: int
    """The HTTP status; 0 if no response was sent."""
    flags: frozenset[str]
    details: str
    upstream: str
    """Destination of the forwarded request: `address:port` or the app's socket; empty if it was not forwarded."""
    upstream_identity: str
    route: str
    """The matched route's object, as `Kind namespace/name`; empty if no route matched or it has no name."""
    authorization: str
    traceparent: str

    @property
    def request(self) -> str:
        """Method and path; `stream` for a TCP stream."""
        return f"{self.method} {self.path}" if self.method else "stream"

    @property
    def reached(self) -> bool:
        """Whether somebody else got it."""
        return bool(self.upstream) and not self.flags & NOT_SENT

    @property
    def verdict(self) -> str:
        """The verdict in the words of `meshpolicy`; `unknown` if the line does not show it."""
        if found := refusal(self.details, self.route, self.status):
            return found if self.method else Verdict.CLOSED
        if self.reached:
            return Verdict.ALLOW
        if self.upstream or self.flags & NOT_SENT or self.status in GATEWAY_ERRORS:
            return UNREACHABLE
        if 300 <= self.status < 400:
            return Verdict.REDIRECT
        return BY_STATUS.get(self.status, Verdict.UNKNOWN)

    @property
    def refused(self) -> bool:
        """Whether the policies refused the request."""
        return self.verdict in REFUSALS

    @property
    def succeeded(self) -> bool:
        """Whether there was a response with a status below 500 (5xx fails, as in Linkerd); a stream: was forwarded."""
        return 0 < self.status < 500 if self.method else self.reached


REFUSALS = frozenset({Verdict.FORBIDDEN, Verdict.NOT_FOUND, Verdict.RATE_LIMITED, Verdict.CLOSED})


def from_line(pod: str, line: str) -> Entry | None:
    """Parse a line; return None for a truncated one, for instance because the disk was full."""
    try:
        found: dict[str, Any] = json.loads(line)
        return _entry(pod, found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _entry(pod: str, found: dict[str, Any]) -> Entry:
    microseconds = found.get("microseconds")
    seconds = microseconds / 1e6 if isinstance(microseconds, int) else int(found["milliseconds"]) / 1e3
    return Entry(
        pod=pod,
        inbound=found["direction"] == "inbound",
        ended=datetime.fromisoformat(found["time"]).timestamp() + seconds,
        seconds=seconds,
        peer=_text(found, "peer"),
        identity=_text(found, "identity"),
        tls=_text(found, "tls"),
        port=int(found["port"]),
        method=_text(found, "method"),
        authority=_text(found, "authority"),
        path=_text(found, "path"),
        status=int(found.get("status") or 0),
        flags=frozenset(_text(found, "flags").split(",")) - {"-", ""},
        details=_text(found, "details"),
        upstream=_text(found, "upstream"),
        upstream_identity=_text(found, "upstream_identity"),
        route=_text(found, "route"),
        authorization=_text(found, "authorization"),
        traceparent=_text(found, "traceparent"),
    )


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    return "" if value in (None, "-") else str(value)
