"""Hosts that are written twice, not at all, or in the request target; and headers that name another. Pure."""

from collections.abc import Iterator

from meshpolicy.decide.request import Request
from meshverify.tricks.trick import CRLF, Base, Trick

GROUP = "hosts"
FORM, HOST = "RFC 9112, 3.2.2", "RFC 9112, 3.2"
ELSEWHERE = "elsewhere.example"


def hosts(base: Base) -> Iterator[Trick]:
    """Yield every trick with a host."""
    for name, target, request in _targets(base):
        yield Trick(GROUP, name, base.get(path=target), (request,), FORM)
    for name, host, authority in _hosts(base):
        reads = (None,) if authority is None else (base.asked(authority=authority),)
        yield Trick(GROUP, name, base.get(host=host), reads, HOST, may_refuse="," in (authority or ""))
    for header in _headers(base):
        yield Trick(GROUP, f"header {header}", base.get(header), (base.allowed,), "RFC 9110, 7.2")
        yield Trick(
            GROUP, f"header {header} on the refused path", base.get(header, path=base.other), (base.refused,), HOST
        )
    http10 = base.get(version="HTTP/1.0", host="")
    yield Trick(GROUP, "HTTP/1.0 without Host", http10, (base.allowed,), HOST)
    for name, line in (("asterisk form", "OPTIONS *"), ("authority form", f"CONNECT {base.authority}")):
        # Neither names a path, so no route can be asked.
        sent = CRLF.join([f"{line} HTTP/1.1", f"Host: {base.authority}", "", ""])
        yield Trick(GROUP, name, sent, (None,), "RFC 9112, 3.2.3 and 3.2.4")


def _targets(base: Base) -> Iterator[tuple[str, str, Request]]:
    here, elsewhere = f"http://{base.authority}", f"http://{ELSEWHERE}"
    yield "absolute form", f"{here}{base.path}", base.allowed
    yield "absolute form of the refused path", f"{here}{base.other}", base.refused
    yield "absolute form of another host", f"{elsewhere}{base.path}", base.asked(authority=ELSEWHERE)
    yield "absolute form in capitals", f"HTTP://{base.authority}{base.path}", base.allowed
    yield "absolute form of https", f"https://{base.authority}{base.path}", base.allowed
    yield (
        "absolute form with a user",
        f"http://user@{base.authority}{base.path}",
        base.asked(authority=f"user@{base.authority}"),
    )
    yield "absolute form with two slashes", f"{here}/{base.path}", base.asked(path=f"/{base.path}")


def _hosts(base: Base) -> Iterator[tuple[str, str, str | None]]:
    here = base.authority
    yield "another Host", f"Host: {ELSEWHERE}", ELSEWHERE
    yield "Host without a port", f"Host: {here.partition(':')[0]}", here.partition(":")[0]
    yield "Host with another port", f"Host: {here.partition(':')[0]}:1", f"{here.partition(':')[0]}:1"
    yield "localhost as Host", "Host: localhost", "localhost"
    yield "Host with a dot at the end", f"Host: {ELSEWHERE}.", f"{ELSEWHERE}."
    yield "Host in small letters", f"host: {here}", here
    # The RFC wants 400. What is read instead is one host of both names, which no route can mean by mistake.
    for name, first, second in (
        ("the same Host twice", here, here),
        ("two Hosts, the second elsewhere", here, ELSEWHERE),
        ("two Hosts, the first elsewhere", ELSEWHERE, here),
    ):
        yield name, f"Host: {first}{CRLF}Host: {second}", f"{first},{second}"
    yield "no Host", "", None
    yield "Host with a path", f"Host: {here}{base.other}", None
    yield "Host with a space", f"Host: {here} {ELSEWHERE}", None
    yield "a space before the colon", f"Host : {here}", None


def _headers(base: Base) -> Iterator[str]:
    yield f"X-Forwarded-Host: {ELSEWHERE}"
    yield f"X-Original-URL: {base.path}"
    yield f"X-Rewrite-URL: {base.path}"
    yield f"X-Forwarded-Prefix: {base.path}"
    yield f"Forwarded: host={ELSEWHERE}"
    yield "X-HTTP-Method-Override: POST"
