"""Where a request ends and the next begins: lengths that contradict each other, and lines that end oddly. Pure.

The hidden request of a smuggling pair is one that is refused: if anybody reads it as a request, an answer shows it.
"""

from collections.abc import Iterator

from meshpolicy.decide.request import Request
from meshverify.tricks.trick import CRLF, Base, Trick

GROUP = "framing"
LENGTH, CHUNKED, FOLD, LINE = "RFC 9112, 6.3", "RFC 9112, 7.1", "RFC 9112, 5.2", "RFC 9112, 2.2"
VERSION = "RFC 9112, 2.3"
TE = "Transfer-Encoding: chunked"
PIPELINED = "RFC 9112, 9.3.2"
LAST = f"0{CRLF}{CRLF}"


def framing(base: Base) -> Iterator[Trick]:
    """Yield every trick with the framing."""
    for name, headers, body, reads, source in (*_bodies(base), *_lengths(base), *_codings(base), *_chunks(base)):
        yield Trick(GROUP, name, base.get(*headers) + body, reads, source)
    for name, sent, source in _accepted(base):
        yield Trick(GROUP, name, sent, (base.allowed,), source)
    for name, sent, source in _left_open(base):
        yield Trick(GROUP, name, sent, (base.allowed,), source, may_refuse=True)
    for name, sent, source in _refused(base):
        yield Trick(GROUP, name, sent, (None,), source)
    for name, sent in _two(base):
        yield Trick(GROUP, name, sent, (base.allowed, base.refused), CHUNKED, may_refuse=True)
    pair = base.get() + base.get(path=base.other)
    yield Trick(GROUP, "two requests at once", pair, (base.allowed, base.refused), PIPELINED)
    riap = base.get(path=base.other) + base.get()
    yield Trick(GROUP, "two requests at once, the refused one first", riap, (base.refused, base.allowed), PIPELINED)


Body = tuple[str, tuple[str, ...], str, tuple[Request | None, ...], str]


def _bodies(base: Base) -> Iterator[Body]:
    hidden = base.get(path=base.other)
    size, whole = len(hidden), (base.allowed,)
    chunked = f"{len(hidden):x}{CRLF}{hidden}{CRLF}{LAST}"
    yield "a body with its length", (f"Content-Length: {size}",), hidden, whole, LENGTH
    yield "a body in chunks", (TE,), chunked, whole, CHUNKED
    yield "chunks in capitals", ("Transfer-Encoding: CHUNKED",), chunked, whole, CHUNKED
    yield "a chunk extension", (TE,), f"{size:x};a=b{CRLF}{hidden}{CRLF}{LAST}", whole, "RFC 9112, 7.1.1"
    yield "a trailer", (TE, "Trailer: x"), f"0{CRLF}x: 1{CRLF}{CRLF}", whole, "RFC 9112, 7.1.2"
    yield "length and chunks", (f"Content-Length: {size}", TE), hidden, (None,), LENGTH
    yield "chunks and length", (TE, f"Content-Length: {size}"), LAST + hidden, (None,), LENGTH
    yield "no length, and chunks", ("Content-Length: 0", TE), LAST + hidden, (None,), LENGTH


def _lengths(base: Base) -> Iterator[Body]:
    hidden = base.get(path=base.other)
    size = len(hidden)
    for name, lines in {
        "two lengths": ("Content-Length: 0", f"Content-Length: {size}"),
        "the same length twice": (f"Content-Length: {size}", f"Content-Length: {size}"),
        "a list of lengths": (f"Content-Length: 0, {size}",),
        "a negative length": ("Content-Length: -1",),
        "a length with a sign": (f"Content-Length: +{size}",),
        "a hexadecimal length": (f"Content-Length: 0x{size:x}",),
        "an empty length": ("Content-Length: ",),
        "a length that overflows": ("Content-Length: 18446744073709551616",),
        "a length with a space before the colon": (f"Content-Length : {size}",),
    }.items():
        yield name, lines, hidden, (None,), LENGTH


def _codings(base: Base) -> Iterator[Body]:
    hidden = base.get(path=base.other)
    for name, lines in {
        "an unknown encoding": ("Transfer-Encoding: xchunked",),
        "identity, then chunks": ("Transfer-Encoding: identity, chunked",),
        "chunks, then identity": ("Transfer-Encoding: chunked, identity",),
        "chunks twice": (TE, TE),
        "chunks in two codings": (TE, "Transfer-Encoding: identity"),
        "chunks with a space before the colon": ("Transfer-Encoding : chunked",),
        "chunks with a vertical tab": ("Transfer-Encoding: \x0bchunked",),
        "chunks with a quoted word": ('Transfer-Encoding: "chunked"',),
    }.items():
        yield name, lines, LAST + hidden, (None,), LENGTH


def _chunks(base: Base) -> Iterator[Body]:
    hidden = base.get(path=base.other)
    for name, body in {
        "a chunk with a sign": f"+0{CRLF}{CRLF}",
        "a chunk of hexadecimal form": f"0x0{CRLF}{CRLF}",
        "a chunk without a size": f"{CRLF}{CRLF}",
        "a chunk that overflows": f"ffffffffffffffff0{CRLF}{CRLF}",
        "a chunk size that is no number": f"z{CRLF}{CRLF}",
    }.items():
        # The head is whole before the chunk is read: what is wrong with it ends the connection, or is answered by 400.
        yield name, (TE,), body + hidden, (None,), CHUNKED


Line = tuple[str, str, str]


def _two(base: Base) -> Iterator[tuple[str, str]]:
    """Yield bodies that end where a lenient reader finds an end: what follows is a request, and decided as one."""
    hidden = base.get(path=base.other)
    yield "chunks on a folded line", base.get(f"Transfer-Encoding:{CRLF} chunked") + LAST + hidden
    yield "a chunk without its end", base.get(TE) + f"1{CRLF}ab{CRLF}{LAST}" + hidden


def _accepted(base: Base) -> Iterator[Line]:
    good = base.get()
    yield "an empty line first", CRLF + good, LINE
    yield "bare line feeds", good.replace(CRLF, "\n"), LINE
    yield "two spaces in the request line", good.replace("GET ", "GET  ", 1), "RFC 9112, 3"
    upgrade = base.get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: ")
    yield "an upgrade to h2c", upgrade, "RFC 9113, 3.1"
    yield "an upgrade to h2c without settings", base.get("Connection: Upgrade", "Upgrade: h2c"), "RFC 9113, 3.1"
    yield "the identity named by Connection", base.get("Connection: l5d-client-id"), "RFC 9110, 7.6.1"
    yield "an expectation", base.get("Expect: 100-continue"), "RFC 9110, 10.1.1"


def _left_open(base: Base) -> Iterator[Line]:
    """Yield what a reader may take or refuse; where it is taken, it is the same request."""
    yield "a folded header", base.get(f"X: 1{CRLF} 2"), FOLD
    yield "a folded header with a tab", base.get(f"X: 1{CRLF}\t2"), FOLD
    yield "a carriage return in a header", base.get("X: a\rb"), LINE
    yield "a version of the future", base.get(version="HTTP/9.9"), VERSION
    yield "HTTP/2.0 in a line", base.get(version="HTTP/2.0"), VERSION
    yield "HTTP/0.9", f"GET {base.path}{CRLF}{CRLF}", VERSION
    yield "a tab in the request line", base.get().replace("GET ", "GET\t", 1), "RFC 9112, 3"


def _refused(base: Base) -> Iterator[Line]:
    yield "a header without a colon", base.get("nothing"), "RFC 9112, 5"
    yield "a header without a name", base.get(": 1"), "RFC 9112, 5"
    yield "a header with a space in its name", base.get("X Y: 1"), "RFC 9112, 5.1"
    yield "a header that begins with a space", base.get(" X: 1", host=""), FOLD
    yield "a NUL in a header", base.get("X: a\0b"), "RFC 9110, 5.5"
    yield "a name with a byte above ASCII", base.get("X\xff: 1"), "RFC 9110, 5.1"
    yield "a version in small letters", base.get(version="http/1.1"), VERSION
    yield "a space first", f" {base.get()}", "RFC 9112, 3"
    yield "a header of 100 kB", base.get(f"X: {'a' * 100_000}"), "RFC 9110, 5.4"
    yield "500 headers", base.get(*(f"X{number}: 1" for number in range(500))), "RFC 9110, 5.4"
    yield "an upgrade to a WebSocket", base.get("Connection: Upgrade", "Upgrade: websocket"), "RFC 9110, 7.8"
    yield "Host named by Connection", base.get("Connection: host"), "RFC 9110, 7.6.1"
