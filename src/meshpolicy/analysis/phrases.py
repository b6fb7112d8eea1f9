"""Reads sets of clients and of requests from the words that `meshpolicy.analysis.words` writes. Pure.

Tables, files of accepted access and sentences to prove all use these words.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterator
from ipaddress import ip_network
from typing import TypeVar

from meshpolicy.analysis import words
from meshpolicy.analysis.clients import ANY_IDENTITY, ClientSet, ClientTerm
from meshpolicy.analysis.patterns import HostPattern, IdentityPattern, PathPattern
from meshpolicy.analysis.regions import ALL_CONNECTIONS, ANYTHING, FAMILIES, Asked
from meshpolicy.analysis.requests import RequestSet, Term
from meshpolicy.analysis.words import (
    A_CLIENT_WHOSE,
    ANY_MESHED,
    CONNECTIONS,
    EVERY_CALL,
    EVERYTHING,
    HTTP_FORMS,
    MESHED_OR_SPIFFE,
    UNMESHED_PARTS,
)
from meshpolicy.core.axis import Part
from meshpolicy.core.client import ANYONE, Traffic
from meshpolicy.core.errors import InvalidQuestion
from meshpolicy.core.match import GrpcMatch, HostMatch, IdentityMatch, NetworkMatch, PathKind, PathMatch, ValueMatch
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.record import replace

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
HOST = re.compile(r"[A-Za-z0-9*.-]+")
ACCOUNT = re.compile(rf"({NAME})/({NAME})")
ANY_FORM = frozenset(FAMILIES[0])


Pattern = TypeVar("Pattern", bound=Hashable)


class InvalidPhrase(InvalidQuestion):
    """Words that are not understood; the message names them, and what is expected."""


def split(text: str, sign: str) -> list[str]:
    """Split a text at a sign, except inside quotes and brackets."""
    pieces, depth, inside, start, at = list[str](), 0, False, 0, 0
    while at < len(text):
        letter = text[at]
        if inside:
            at += letter == "\\"
            inside = letter != '"'
        elif letter == '"':
            inside = True
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif depth == 0 and text.startswith(sign, at):
            pieces.append(text[start:at])
            at += len(sign)
            start, depth = at, sign.count("(") + sign.count("[")
            continue
        at += 1
    return [*pieces, text[start:]]


def read_asked(text: str) -> tuple[Asked, ...]:
    """Read requests, connections, or both. Raises InvalidPhrase."""
    if text.strip() == words.ANYTHING:
        return ANYTHING
    wide, *but = split(text.strip(), " but ")
    found: dict[tuple[frozenset[Traffic], str], list[Term]] = {}
    asked: list[Asked] = []
    for piece in reversed(_with_hosts(split(wide, ", "))):
        said, _, service = piece.partition(" through the Service ")
        said, *form = split(said, " by HTTP/")
        if said == CONNECTIONS:
            asked.append(replace(ALL_CONNECTIONS, service=service))
            continue
        traffics = next((some for some, name in HTTP_FORMS if form and name == f"HTTP/{form[0]}"), ANY_FORM)
        found.setdefault((traffics, service), []).insert(0, read_term(said))
    less = tuple(read_term(piece) for piece in split(but[0], ", ")) if but else ()
    read = [Asked(traffics, RequestSet(tuple(terms), less), service) for (traffics, service), terms in found.items()]
    return (*read, *asked)


def _with_hosts(pieces: list[str]) -> list[str]:
    """Return requests with their hosts: in older files, hosts at the end of a list belong to all its requests."""
    listed = [piece for piece in pieces if HOST.fullmatch(piece) and piece != CONNECTIONS]
    if not listed:
        return pieces
    wide = [piece for piece in pieces if piece not in listed]
    if not wide or " at " not in wide[-1]:
        return pieces
    last, _, first = wide[-1].rpartition(" at ")
    return [f"{piece} at {host}" for piece in (*wide[:-1], last) for host in (first, *listed)]


def read_term(text: str) -> Term:
    """Read one term: method and path, then values in brackets, then hosts. Raises InvalidPhrase."""
    said, *at = split(text.strip(), " at ")
    if said in (EVERYTHING, "any request"):
        return Term(hosts=_part(at[0], _host, "any host") if at else Part())
    called, *values = split(said, " [")
    return Term(
        *_called(called),
        hosts=_part(at[0], _host, "any host") if at else Part(),
        headers=_values(values, query=False),
        query=_values(values, query=True),
    )


def _called(text: str) -> tuple[Part[str], Part[PathPattern]]:
    for start in ("any method", "any"):
        if text.startswith(f"{start} "):
            less, path = _less(text[len(start) :].lstrip())
            return Part((), less), _part(path, _path, "/*")
    method, _, rest = text.partition(" ")
    if rest and not text.startswith(EVERY_CALL) and TOKEN.fullmatch(method):
        return Part((method,)), _part(rest, _path, "/*")
    return Part(("POST",)), _part(text, _path, "/*")


def _less(text: str) -> tuple[tuple[str, ...], str]:
    """Return the items of a leading `(not …)`, and the rest of the text."""
    if not text.startswith("(not "):
        return (), text
    inner, _, rest = text[len("(not ") :].partition(") ")
    return tuple(split(inner, ", ")), rest


def _part(text: str, read: Callable[[str], Pattern], everything: str) -> Part[Pattern]:
    wide, *less = split(text, " (not ")
    all_of = tuple(read(piece) for piece in split(wide, " and ") if piece != everything)
    none_of = tuple(read(piece) for piece in split(less[0].removesuffix(")"), ", ")) if less else ()
    return Part(all_of, none_of)


def _path(text: str) -> PathPattern:
    if text.startswith("~"):
        return PathMatch(PathKind.REGEX, _text(text[1:]))
    if text == EVERY_CALL:
        return GrpcMatch()
    if text.endswith("/*") and text[0] in '/"':
        return PathMatch(PathKind.PREFIX, _text(text[:-2]) or "/")
    if text[:1] in ("/", '"'):
        return PathMatch(PathKind.EXACT, _text(text))
    service, slash, method = text.partition("/")
    if slash and service and method and " " not in text:
        return GrpcMatch(None if service == "*" else service, None if method == "*" else method)
    raise InvalidPhrase(f"`{text}` is no path; write /ping, /admin/*, ~REGEX, or package.Service/Method of a gRPC call")


def _host(text: str) -> HostPattern:
    if not HOST.fullmatch(text):
        raise InvalidPhrase(f"`{text}` is no host such as shop.example or *.example")
    return HostMatch(text)


def _text(text: str) -> str:
    """Return a text without its quotes, if it has any."""
    if not text.startswith('"'):
        return text
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidPhrase(f"{text} is not closed, or escapes what needs no escape") from error
    return str(found)


def _values(brackets: list[str], *, query: bool) -> Part[ValueMatch]:
    all_of, none_of = list[ValueMatch](), list[ValueMatch]()
    for bracket in brackets:
        inner = bracket.removesuffix("]")
        negative, inner = inner.startswith("not "), inner.removeprefix("not ")
        if inner.startswith("?") is query:
            (none_of if negative else all_of).append(_value(inner.removeprefix("?"), query=query))
    return Part(tuple(all_of), tuple(none_of))


def _value(text: str, *, query: bool) -> ValueMatch:
    found = re.fullmatch(r"(\"(?:[^\"\\]|\\.)*\"|[^=~\"]+)([=~])(.*)", text, re.DOTALL)
    if found is None:
        raise InvalidPhrase(f"`[{text}]` is no value; write [NAME=VALUE] or [NAME~REGEX], of a query [?NAME=VALUE]")
    name = _text(found[1])
    return ValueMatch(name if query else name.lower(), _text(found[3]), found[2] == "~")


def read_clients(text: str, settings: MeshSettings) -> ClientSet:
    """Return a set of clients: `anyone in 10.0.0.0/8`, `pingpong/pinger, any unmeshed client`. Raises InvalidPhrase."""
    found: list[ClientTerm] = []
    for piece in _clients(split(text.strip(), ", ")):
        who, *where = split(piece, " in ")
        inside, *outside = split(who if not where else where[0], " outside of ")
        who = inside if not where else who
        part = _who(who, settings)
        less = tuple(_network(one) for one in split(outside[0], " and ")) if outside else ()
        nets = [Part((_network(one),), less) for one in split(inside, " or ")] if where else [Part((), less)]
        found += [ClientTerm(part, network) for network in nets]
    return tuple(found)


def _clients(pieces: list[str]) -> Iterator[str]:
    """Yield one piece for each client; a comma between networks, as in older files, does not separate clients."""
    whole = ""
    for piece in pieces:
        if whole and re.match(r"[0-9a-f.:]+/\d+", piece):
            inner = f" {whole.rpartition(' ')[2]}" if " less " in whole.rpartition(" or ")[2] else ""
            within = _is_within(piece, whole) if inner else False
            whole = f"{whole}, {piece}" if within else f"{whole} or {piece}"
            continue
        if whole:
            yield whole
        whole = piece
    yield whole


def _is_within(piece: str, whole: str) -> bool:
    """Whether a network is a further exception of the last network in `whole`."""
    last = whole.rpartition(" or ")[2].rpartition(" in ")[2].partition(" less ")[0]
    inner, outer = ip_network(piece.partition(" ")[0], strict=False), ip_network(last, strict=False)
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # same version


def _who(text: str, settings: MeshSettings) -> Part[IdentityPattern]:
    known = {said: part for part, said in UNMESHED_PARTS.items()} | {"unmeshed": next(iter(UNMESHED_PARTS))}
    if text in known:
        return known[text]
    wide, *less = split(text, " (not ")
    none_of = tuple(_one(piece, settings) for piece in split(less[0].removesuffix(")"), ", ")) if less else ()
    if wide == ANYONE:
        return Part((), none_of)
    return Part(tuple(_one(piece, settings) for piece in split(wide, " and ")), none_of)


def _one(text: str, settings: MeshSettings) -> IdentityPattern:
    if text == ANY_MESHED:
        return IdentityMatch("*")
    if text == MESHED_OR_SPIFFE:
        return ANY_IDENTITY
    if text.startswith("any account of "):
        return IdentityMatch(settings.identity(text.removeprefix("any account of "), "*"))
    if text.startswith(A_CLIENT_WHOSE):
        return _value(text.removeprefix(A_CLIENT_WHOSE), query=False)
    found = ACCOUNT.fullmatch(text)
    if found:
        return IdentityMatch(settings.identity(found[1], found[2]))
    if text.startswith("spiffe://") or ("." in text and " " not in text):
        return IdentityMatch(text)
    raise InvalidPhrase(
        f"`{text}` is no client; write NAMESPACE/ACCOUNT, `any account of NAMESPACE`, `{ANY_MESHED}`, "
        f"`any unmeshed client`, `{ANYONE}`, or an identity; each may be followed by `in NETWORK`"
    )


def _network(text: str) -> NetworkMatch:
    cidr, *less = text.strip().split(" less ")
    try:
        holes = tuple(ip_network(one, strict=False) for one in less[0].split(", ")) if less else ()
        return NetworkMatch(ip_network(cidr, strict=False), holes)
    except ValueError as error:
        raise InvalidPhrase(f"`{text}` is no network such as 10.0.0.0/8") from error
