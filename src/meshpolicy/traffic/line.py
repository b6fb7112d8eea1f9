"""What a line of a log is: a call, something that is none, or nothing that is understood. Pure."""

from collections.abc import Mapping
from datetime import datetime

from meshpolicy.core.uri import host_of, parse_uri
from meshpolicy.record import record, replace
from meshpolicy.traffic.call import ObservedCall


class NotUnderstood(ValueError):
    """A line that is no call of any known form; its text says why."""


@record
class Unused:
    """A line that is understood, and tells of no inbound call."""

    what: str
    """`the proxy's own log`, `series that are not used` …, as a note names them."""


Told = ObservedCall | Unused


@record
class Prefix:
    """What `kubectl logs --prefix` writes before a line."""

    pod: str = ""
    container: str = ""

    def on(self, call: ObservedCall) -> ObservedCall:
        """Return a call with the pod whose log this is, where its own line does not name one."""
        if call.server.pod or not self.pod:
            return call
        return replace(call, server=replace(call.server, pod=self.pod, container=self.container))


def text(found: Mapping[str, object], name: str) -> str:
    """Return a field that is a text; empty where it is missing, null or `-`. Raises NotUnderstood for another type."""
    value = found.get(name)
    if value is None or value == "-":
        return ""
    if not isinstance(value, str):
        raise NotUnderstood(f"`{name}` is {type(value).__name__}, where a text is expected")
    return value


def whole(found: Mapping[str, object], name: str, most: int = 10**15) -> int:
    """Return a field that is a whole number, or a text of one; 0 where it is missing. Raises NotUnderstood."""
    value = found.get(name)
    if value is None or value in ("", "-"):
        return 0
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(most)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise NotUnderstood(f"`{name}` is no whole number from 0 to {most}")
    return value


def moment(written: str) -> float:
    """Return seconds since 1970 of an RFC 3339 time. Raises NotUnderstood."""
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo is None:
            raise NotUnderstood(f"the time `{written}` has no zone")
        return found.timestamp()
    except (ValueError, OverflowError, OSError):
        raise NotUnderstood(f"`{written}` is no time of RFC 3339 with a zone") from None


@record
class Target:
    """What a request asks for."""

    host: str | None
    path: str | None
    query: str | None


def target(uri: str, host: str = "") -> Target:
    """Return host, path and query of a URI in any form; a Host header counts where the URI names none (RFC 9110, 7.2).

    Raises NotUnderstood for what is no URI.
    """
    found = parse_uri(uri)
    if found is None:
        raise NotUnderstood(f"`{uri[:80]}` is no URI")
    return Target(found.authority or host or None, found.path or None, found.query)


def address(with_port: str) -> str:
    """Return the address of `address:port`, without brackets."""
    return host_of(with_port).strip("[]") if with_port.startswith("[") else with_port.rpartition(":")[0] or with_port
