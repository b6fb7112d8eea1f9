"""One line of a sidecar's access log as a value, by the names that `localmesh.envoy.accesslog` writes."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localmesh.ask.ask import BY_STATUS, GATEWAY_ERRORS
from localmesh.envoy.details import refusal
from localmesh.views import UNREACHABLE
from meshpolicy.decide.decision import Verdict

NOT_SENT = frozenset({"UF", "UH", "NC", "NR", "UO", "URX"})
"""Response flags of a request that reached nobody: no connection, no healthy host, no cluster, no route, too many."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that a sidecar has answered or passed on, or a stream of bytes that has ended."""

    pod: str
    """Whose sidecar wrote it."""
    inbound: bool
    """Whether it was accepted for the pod's own app; else the app, or somebody outside, sent it."""
    ended: float
    """Seconds since 1970."""
    seconds: float
    peer: str
    """The address that the connection came from."""
    identity: str
    """The verified one; empty without."""
    tls: str
    """The version of TLS that ended at this sidecar; empty for plain text."""
    port: int
    method: str
    """Empty for a stream."""
    authority: str
    path: str
    status: int
    """0 where no answer was sent."""
    flags: frozenset[str]
    details: str
    upstream: str
    """Where the request was forwarded: `address:port` or the app's socket; empty if it was not forwarded."""
    upstream_identity: str
    route: str
    """The object, as `Kind namespace/name`; empty where no route matched or it has no name."""
    authorization: str
    traceparent: str

    @property
    def request(self) -> str:
        """Method and path; `stream` for bytes."""
        return f"{self.method} {self.path}" if self.method else "stream"

    @property
    def reached(self) -> bool:
        """Whether somebody else got it."""
        return bool(self.upstream) and not self.flags & NOT_SENT

    @property
    def verdict(self) -> str:
        """What became of it, in the words of `meshpolicy`; `unknown` where the line does not say."""
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
        """Whether a policy, or the lack of one, kept it from the app."""
        return self.verdict in REFUSALS

    @property
    def succeeded(self) -> bool:
        """Whether an answer came, and none that says the server failed (as Linkerd counts: 5xx is a failure)."""
        return 0 < self.status < 500 if self.method else self.reached


REFUSALS = frozenset({Verdict.FORBIDDEN, Verdict.NOT_FOUND, Verdict.RATE_LIMITED, Verdict.CLOSED})


def from_line(pod: str, line: str) -> Entry | None:
    """Return what a line says; None for one that was cut off, as by a disk that was full."""
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
