"""The meaning of a line of a log: a call, something else that is known, or not understood. Pure."""

from collections.abc import Mapping
from datetime import datetime

from meshpolicy.core.uri import host_of, parse_uri
from meshpolicy.record import record, replace
from meshpolicy.traffic.call import ObservedCall


class NotUnderstood(ValueError):
    """A line that is in no known format; its message says why."""


@record
class Unused:
    """A line that is understood but reports no inbound call."""

    what: str
    """The name of such lines in notes: `the proxy's own log`, `series that are not used` …"""


Told = ObservedCall | Unused


@record
class Prefix:
    """The prefix of `kubectl logs --prefix` before a line."""

    pod: str = ""
    container: str = ""

    def on(self, call: ObservedCall) -> ObservedCall:
        """Return a call with the pod of this prefix, if the line itself names no pod."""
        if call.server.pod or not self.pod:
            return call
        return replace(call, server=replace(call.server, pod=self.pod, container=self.container))


def text(found: Mapping[str, object], name: str) -> str:
    """Return a text field; empty if it is missing, null or `-`. Raises NotUnderstood for another type."""
    value = found.get(name)
    if value is None or value == "-":
        return ""
    if not isinstance(value, str):
        raise NotUnderstood(f"`{name}` is {type(value).__name__}, where a text is expected")
    return value


def whole(found: Mapping[str, object], name: str, most: int = 10**15) -> int:
    """Return an integer field, or a text with an integer; 0 if it is missing. Raises NotUnderstood."""
    value = found.get(name)
    if value is None or value in ("", "-"):
        return 0
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(most)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise NotUnderstood(f"`{name}` is no whole number from 0 to {most}")
    return value


def moment(written: str) -> float:
    """Return an RFC 3339 time as seconds since 1970. Raises NotUnderstood."""
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo is None:
            raise NotUnderstood(f"the time `{written}` has no zone")
        return found.timestamp()
    except (ValueError, OverflowError, OSError):
        raise NotUnderstood(f"`{written}` is no time of RFC 3339 with a zone") from None


@record
class Target:
    """The target of a request."""

    host: str | None
    path: str | None
    query: str | None


def target(uri: str, host: str = "") -> Target:
    """Return host, path and query of a URI in any form; the Host header is used if the URI has no host (RFC 9110, 7.2).

    Raises NotUnderstood for an invalid URI.
    """
    found = parse_uri(uri)
    if found is None:
        raise NotUnderstood(f"`{uri[:80]}` is no URI")
    return Target(found.authority or host or None, found.path or None, found.query)


def address(with_port: str) -> str:
    """Return the address in `address:port`, without brackets."""
    return host_of(with_port).strip("[]") if with_port.startswith("[") else with_port.rpartition(":")[0] or with_port
