"""Linkerd's access log, in both forms of `config.linkerd.io/access-log`: `json` and `apache`. Pure.

The server's proxy writes it for every HTTP request that reaches it, including refused ones.
Sources: linkerd2-proxy `linkerd/http/access-log/src/lib.rs`, `linkerd/tracing/src/access_log.rs`.
"""

import re
from collections.abc import Mapping

from meshpolicy.core.errors import Place
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Side, Transport, by_status
from meshpolicy.traffic.line import Told, Unused, address, moment, target, text, whole

APACHE = re.compile(
    r"(?P<peer>\S+) (?P<identity>\S+) - \[(?P<time>[^\]]*)\] "
    r'"(?P<method>\S+) (?P<uri>\S+) (?P<version>HTTP/\d\.\d)"(?: (?P<status>\d{3}))?'
)
SOURCE = "Linkerd's access log"
MOST_STATUS = 999
OWN_LOG = Unused("lines of the proxy's own log")
OWN_PLAIN = re.compile(r"\[\s*\d+\.\d+s?\]\s+(TRACE|DEBUG|INFO|WARN|ERROR) ")


def is_own_log(line: str) -> bool:
    """Whether a line is from the proxy's own log (linkerd2-proxy, `linkerd/tracing/src/uptime.rs`)."""
    return OWN_PLAIN.match(line) is not None


def read_json(found: Mapping[str, object], place: Place) -> Told:
    """Return the request in a JSON line. Raises NotUnderstood."""
    if {"level", "target"} <= found.keys() and "client.addr" not in found:
        return OWN_LOG
    asked = (text(found, "uri"), text(found, "host"))
    status = whole(found, "status", MOST_STATUS)
    return _call(
        place, text(found, "client.addr"), text(found, "client.id"), text(found, "timestamp"),
        text(found, "method"), asked, status or None,
    )  # fmt: skip


def read_apache(line: str, place: Place) -> ObservedCall | None:
    """Return the request in a line of Apache's format; None if the line has another format. Raises NotUnderstood."""
    found = APACHE.fullmatch(line)
    if found is None:
        return None
    status, identity = found["status"], found["identity"]
    return _call(
        place, found["peer"], "" if identity == "-" else identity, found["time"],
        found["method"], (found["uri"], ""), int(status) if status else None,
    )  # fmt: skip


def _call(
    place: Place, peer: str, identity: str, time: str, method: str, asked: tuple[str, str], status: int | None
) -> ObservedCall:
    """Return a request; without an identity, the log does not say whether TLS was used."""
    kind = CallerKind.IDENTITY if identity else CallerKind.UNMESHED
    meant, seen = target(*asked), moment(time)
    return ObservedCall(
        SOURCE,
        place,
        Side.SERVER,
        Caller(kind, identity, address(peer)),
        Called(),
        Transport.MTLS if identity else Transport.UNKNOWN,
        by_status(status),
        method=method or None,
        host=meant.host,
        path=meant.path,
        query=meant.query,
        status=status,
        first=seen,
        last=seen,
    )
