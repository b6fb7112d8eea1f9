"""Requests of HTTP/2 whose fields are not what they must be; sent as they are, past every check of a client. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from meshpolicy.decide.request import Request
from meshverify.tricks.trick import CRLF, Base

GROUP = "http2"
PSEUDO, FIELDS, CONNECT = "RFC 9113, 8.3.1", "RFC 9113, 8.2", "RFC 9113, 8.5"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FieldTrick:
    """The fields of one request, and the request that must be read in them; None: nothing that is accepted."""

    name: str
    fields: Pairs
    reads: Request | None
    source: str
    may_refuse: bool = False


def fields(base: Base) -> Iterator[FieldTrick]:
    """Yield every trick with the fields of a request."""
    good = _fields(base)
    yield FieldTrick("as it is", good, base.allowed, PSEUDO)
    yield FieldTrick("the refused path", _fields(base, path=base.other), base.refused, PSEUDO)
    for path in _paths(base):
        yield FieldTrick(f"path {path!r}", _fields(base, path=path), base.asked(path=path), PSEUDO)
    for name, found in _refused(base, good):
        yield FieldTrick(name, found, None, PSEUDO if ":" in name else FIELDS)
    elsewhere = base.asked(authority="elsewhere.example")
    yield FieldTrick("another authority", _fields(base, authority="elsewhere.example"), elsewhere, PSEUDO)
    beside = (*good, ("host", "elsewhere.example"))
    yield FieldTrick("another host beside it", beside, base.allowed, PSEUDO, may_refuse=True)
    yield FieldTrick("a forged identity", (*good, ("l5d-client-id", "somebody")), base.allowed, FIELDS)
    yield FieldTrick("scheme http over TLS", _fields(base, scheme="http"), base.allowed, PSEUDO)


def _fields(base: Base, **changed: str) -> Pairs:
    found = {"method": "GET", "scheme": "https", "authority": base.authority, "path": base.path} | changed
    return tuple((f":{name}", value) for name, value in found.items())


def _paths(base: Base) -> tuple[str, ...]:
    path = base.path
    return f"/{path}", f"{path}/", f"/.{path}", f"{base.other}/..{path}", f"{path};x", f"{path}?"


def _refused(base: Base, good: Pairs) -> Iterator[tuple[str, Pairs]]:
    method, scheme, authority, path = good
    yield "two :path", (*good, (":path", base.other))
    yield "two :method", (*good, (":method", "GET"))
    yield "two :authority", (*good, (":authority", "elsewhere.example"))
    yield "no :path", (method, scheme, authority)
    yield "no :method", (scheme, authority, path)
    yield "no :scheme", (method, authority, path)
    yield "an empty :path", (method, scheme, authority, (":path", ""))
    yield "a :path without a slash", (method, scheme, authority, (":path", base.path.lstrip("/") or "x"))
    yield "a :path of a whole URI", (method, scheme, authority, (":path", f"https://{base.authority}{base.path}"))
    yield "a :path with a line end", (method, scheme, authority, (":path", f"{base.path} HTTP/1.1{CRLF}X: 1"))
    yield "a :path with a NUL", (method, scheme, authority, (":path", f"{base.path}\0"))
    yield "a :method with a space", ((":method", f"GET {base.path} HTTP/1.1"), scheme, authority, path)
    yield "an empty :method", ((":method", ""), scheme, authority, path)
    yield "a :path after a field", (method, scheme, authority, ("x", "1"), path)
    yield "an unknown :field", (*good, (":x", "1"))
    yield "a :status in a request", (*good, (":status", "200"))
    yield "an :authority with a space", (method, scheme, (":authority", f"{base.authority} x"), path)
    yield "a name in capitals", (*good, ("X", "1"))
    yield "a name with a colon", (*good, ("x:y", "1"))
    yield "a name with a line end", (*good, (f"x{CRLF}y", "1"))
    yield "a value with a line end", (*good, ("x", f"1{CRLF}y: 2"))
    yield "a value with a NUL", (*good, ("x", "1\0"))
    yield "connection", (*good, ("connection", "close"))
    yield "transfer-encoding", (*good, ("transfer-encoding", "chunked"))
    yield "upgrade", (*good, ("upgrade", "h2c"))
    yield "a length without a body", (*good, ("content-length", "5"))
    yield "te with another word", (*good, ("te", "gzip"))
    yield "a tunnel", ((":method", "CONNECT"), authority)
    yield "a tunnel with a :protocol", ((":method", "CONNECT"), scheme, authority, path, (":protocol", "websocket"))
