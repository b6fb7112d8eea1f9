"""A route's match on method, host, headers and query as Envoy's matchers."""

import re

from localmesh.envoy import Json
from localmesh.envoy.expressions import for_envoy
from meshpolicy.core.match import HostMatch, HttpMatch, ValueMatch


def method(name: str) -> Json:
    """Return the case-sensitive matcher of a method (R89)."""
    return header(":method", {"exact": name})


def host(match: HostMatch) -> Json:
    """Return the matcher of a hostname: case-insensitive, without the port, with an optional trailing dot (R92)."""
    name = re.escape(match.pattern.removeprefix("*"))
    below = ".+" if match.pattern.startswith("*.") else ""
    dot = "" if match.pattern.endswith(".") else r"\.?"
    case = "" if match.with_case else "(?i)"
    return header(":authority", {"safe_regex": {"regex": rf"{case}{below}{name}{dot}(:[0-9]*)?"}})


def headers(match: HttpMatch) -> list[Json]:
    """Return the matchers of headers (R93)."""
    return [_header(value) for value in match.headers]


def _header(match: ValueMatch) -> Json:
    # HTTP/2 has no Host header, and Envoy stores HTTP/1's as `:authority`.
    name = ":authority" if match.name.lower() == "host" else match.name
    return header(name, _string(match, header=True))


def query(match: HttpMatch) -> tuple[list[Json], list[Json]]:
    """Return the matchers of the query: those of exact values look at the raw path, the others at parameters (R93).

    Envoy compares parameters as they are written, and the first of a name only; an exact value is therefore sought in
    the raw path, in each way that it can be encoded. A regular expression cannot be rewritten so.
    """
    exact = [header(":path", {"safe_regex": {"regex": _pair(value)}}) for value in match.query if not value.regex]
    regex = [{"name": value.name, "string_match": _string(value)} for value in match.query if value.regex]
    return exact, regex


def header(name: str, matcher: Json) -> Json:
    """Return a header matcher."""
    return {"name": name, "string_match": matcher}


def _string(match: ValueMatch, *, header: bool = False) -> Json:
    return {"safe_regex": {"regex": for_envoy(match.value, header=header)}} if match.regex else {"exact": match.value}


def _pair(match: ValueMatch) -> str:
    value = f"={_encodings(match.value)}" if match.value else "=?"
    return rf"[^?]*\?(.*&)?{_encodings(match.name)}{value}(&.*)?"


def _encodings(text: str) -> str:
    return "".join(_encoding(byte) for byte in text.encode())


def _encoding(byte: int) -> str:
    percent = f"%(?i:{byte:02X})"
    if byte >= 0x80 or chr(byte) in "%+&":
        return percent
    if chr(byte) == " ":
        return rf"(?:\+|{percent})"
    return f"(?:{re.escape(chr(byte))}|{percent})"
