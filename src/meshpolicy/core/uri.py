"""URIs as the Rust crate `http` takes them apart: the controller reads probes with it, the proxy requests. Pure.

Nothing is decoded or normalized. Source: `http` 1.2 and 1.4, `src/uri/{mod,scheme,authority,path}.rs`.
"""

import re

from meshpolicy.record import record

LONGEST = 65534
"""Bytes of a URI; a longer one is none."""
MOST_PORT = 65535
MOST_COLONS = 8
"""As in an IPv6 address of eight groups, with a port."""
SCHEME = re.compile(r"(https?|[-+.~0-9A-Za-z]{1,64})://", re.IGNORECASE)
AUTHORITY = re.compile(r"[-!$%&'()*+,.0-9:;=@A-Z\[\]_a-z~]*")
PATH = re.compile(r"(?P<path>[!$-;=@-_a-z|~\"{}]*)(?:\?(?P<query>[!$-;=?-~]*))?(?:#.*)?", re.DOTALL)
PATH_OF_ANY_SCRIPT = re.compile(r"(?P<path>[^\x00-\x20#<>?`]*)(?:\?(?P<query>[^\x00-\x20\"#<>]*))?(?:#.*)?", re.DOTALL)
"""A path that may also hold characters beyond ASCII. Written as the excluded characters, which compiles faster."""


@record
class Uri:
    """A URI in its parts; a part that it lacks is empty, and a query that it lacks is None."""

    scheme: str = ""
    authority: str = ""
    path: str = ""
    query: str | None = None


def parse_uri(text: str) -> Uri | None:
    """Return a URI of any form: `/path`, `*`, `host:port` or `scheme://host/path`; None where it is none."""
    if not text or len(text.encode()) > LONGEST:
        return None
    if text == "*":
        return Uri(path="*")
    if text.startswith("/"):
        found = parse_path(text, ascii_only=True)
        return None if found is None else Uri("", "", *found)
    scheme = SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if not is_authority(authority):
        return None
    if scheme is None:
        return Uri(authority=authority) if authority == text else None
    found = parse_path(rest[len(authority) :], ascii_only=True)
    return None if found is None else Uri(scheme[1].lower(), authority, *found)


def parse_path(text: str, *, ascii_only: bool = False) -> tuple[str, str | None] | None:
    """Return path and query of a request target, without a fragment; None where a character may not stand there.

    The controller's version of the crate takes ASCII only, the proxy's takes every script.
    """
    found = (PATH if ascii_only else PATH_OF_ANY_SCRIPT).fullmatch(text)
    return None if found is None else (found["path"] or "/", found["query"])


def is_authority(text: str) -> bool:
    """Whether a text can stand between `//` and the path: a host, perhaps with user and port."""
    if not text or not AUTHORITY.fullmatch(text) or text.endswith("@"):
        return False
    brackets = [sign for sign in text if sign in "[]"]
    before, after = text.partition("[")[0].rpartition("@")[2], text.rpartition("@")[2].rpartition("]")[2]
    colons = text.count(":") <= MOST_COLONS and after.count(":") <= 1
    return brackets in ([], ["[", "]"]) and colons and "%" not in before and "%" not in after


def host_of(authority: str) -> str:
    """Return the host of an authority, in brackets if it is an IPv6 address."""
    place = authority.rpartition("@")[2]
    return place.partition("]")[0] + "]" if place.startswith("[") else place.partition(":")[0]


def port_of(authority: str) -> int | None:
    """Return the port of an authority, if it names one."""
    port = authority.rpartition(":")[2].removeprefix("+")
    known = ":" in authority and port.isascii() and port.isdecimal() and int(port) <= MOST_PORT
    return int(port) if known else None
