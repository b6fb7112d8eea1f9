"""Sets of HTTP requests: all requests, divided into finitely many classes; policies treat a class alike. Pure.

The patterns are those of all policies that are compared. Automata find one request for each class
(`meshpolicy.core.axis`); the rules themselves decide its outcome (`meshpolicy.decide`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import permutations, product
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from meshpolicy.analysis.patterns import (
    ANY_QUERY,
    HostPattern,
    PathPattern,
    Patterns,
    host_axis,
    meets_host,
    meets_lines,
    meets_path,
    meets_values,
    method_axis,
    path_axis,
    value_axis,
)
from meshpolicy.core.axis import Axis, Part, TooMany
from meshpolicy.core.match import NEXT_LINE, PathKind, PathMatch, ValueMatch
from meshpolicy.core.uri import parse_path
from meshpolicy.decide.request import CONNECT, CONNECTION_HEADERS, Request, without_connection_headers
from meshpolicy.record import record

Cell = tuple[int, ...]
"""A class of requests: its class on each axis."""
MOST_CELLS = 100_000
EVERY_PART: Part[Any] = Part()
OTHER = "other"
"""The name of a query parameter that no policy uses."""
UPGRADES = (ValueMatch("upgrade", "h2c"), ValueMatch("upgrade", ".*", regex=True))
"""The patterns that decide whether a proxy keeps a request's connection headers (R137)."""


@record
class Term:
    """The requests that are in the term's part of every axis."""

    methods: Part[str] = field(default_factory=Part)
    paths: Part[PathPattern] = field(default_factory=Part)
    hosts: Part[HostPattern] = field(default_factory=Part)
    headers: Part[ValueMatch] = field(default_factory=Part)
    query: Part[ValueMatch] = field(default_factory=Part)

    def holds(self, request: Request) -> bool:
        """Whether a request is in the term."""
        pairs = parse_qsl(request.query or "", keep_blank_values=True)
        lines = {name: tuple(text.split(NEXT_LINE)) for name, text in request.headers.items()}
        return (
            self.methods.holds(lambda method: method == request.method)
            and self.paths.holds(lambda pattern: meets_path(pattern, request.target))
            and self.hosts.holds(lambda pattern: meets_host(pattern, request.authority))
            and self.headers.holds(lambda one: meets_lines(one, lines.get(one.name, ())))
            and self.query.holds(lambda one: meets_values(one, values_of(request, pairs, one.name)))
        )

    @property
    def unread(self) -> str:
        """Return why proxies cannot read such a request (R136); empty if they can."""
        if CONNECT in self.methods.all_of:
            return f"a {CONNECT} names a host and a port, and no path"
        for one in self.paths.all_of:
            if isinstance(one, PathMatch) and one.kind is not PathKind.REGEX and parse_path(one.value) is None:
                return f"no URI holds the path {one.value}: escape its characters, `<` as %3C"
        return ""

    @property
    def size(self) -> int:
        """Return the number of patterns that describe the term."""
        parts: tuple[Part[Any], ...] = (self.methods, self.paths, self.hosts, self.headers, self.query)
        return 1 + sum(part.size for part in parts)

    def add_to(self, patterns: Patterns) -> None:
        """Add the patterns of the term to those of policies."""
        patterns.methods |= dict.fromkeys((*self.methods.all_of, *self.methods.none_of))
        patterns.paths |= dict.fromkeys((*self.paths.all_of, *self.paths.none_of))
        patterns.hosts |= dict.fromkeys((*self.hosts.all_of, *self.hosts.none_of))
        for part, found in ((self.headers, patterns.headers), (self.query, patterns.query)):
            for pattern in (*part.all_of, *part.none_of):
                found.setdefault(pattern.name, {})[pattern] = None


def values_of(request: Request, pairs: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    """Return the values of a query parameter in a request; for an empty name, the whole query."""
    if name == ANY_QUERY.name:
        return () if request.query is None else (request.query,)
    return tuple(value for one, value in pairs if one == name)


@record
class RequestSet:
    """The requests that are in one of `terms` and in none of `but`."""

    terms: tuple[Term, ...]
    but: tuple[Term, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether every request is in the set."""
        return self == EVERY_REQUEST

    def holds(self, request: Request) -> bool:
        """Whether a request is in the set."""
        return any(term.holds(request) for term in self.terms) and not any(term.holds(request) for term in self.but)

    def add_to(self, patterns: Patterns) -> None:
        """Add the patterns of the set to those of policies."""
        for term in (*self.terms, *self.but):
            term.add_to(patterns)


EVERY_REQUEST = RequestSet((Term(),))


@record
class Requests:
    """The classes of requests, by axis: method, path, host, then each header and each query parameter by name.

    Only what a proxy evaluates is included: no requests that it refuses unread (R136), and no parts of a request that
    it removes before it looks for a route (R137).
    """

    methods: Axis[str, str]
    paths: Axis[PathPattern, str]
    hosts: Axis[HostPattern, str]
    headers: tuple[tuple[str, Axis[ValueMatch, tuple[str, ...]]], ...] = ()
    query: tuple[tuple[str, Axis[ValueMatch, tuple[str, ...]]], ...] = ()

    @classmethod
    def of(cls, patterns: Patterns) -> "Requests":
        """Return the classes that the patterns distinguish.

        Raises TooMany, TooLarge, and the errors of `language` for a regular expression.
        """
        headers = patterns.headers
        if not CONNECTION_HEADERS.isdisjoint(headers):
            headers = headers | {"upgrade": headers.get("upgrade", {}) | dict.fromkeys(UPGRADES)}
        found = cls(
            method_axis(tuple(patterns.methods)),
            path_axis(tuple(patterns.paths)),
            host_axis(tuple(patterns.hosts)),
            tuple((name, value_axis(tuple(some), header=True)) for name, some in sorted(headers.items())),
            tuple((name, value_axis(tuple(some), header=False)) for name, some in sorted(patterns.query.items())),
        )
        if found.count > MOST_CELLS:
            raise TooMany(f"{found.count} classes of requests")
        return found

    @property
    def axes(self) -> tuple[Axis[Any, Any], ...]:
        """Return all axes, in the order of a cell's numbers."""
        more = (axis for _, axis in (*self.headers, *self.query))
        return (self.methods, self.paths, self.hosts, *more)

    @property
    def count(self) -> int:
        """Return an upper bound of the number of classes."""
        count = 1
        for axis in self.axes:
            count *= len(axis.witnesses)
        return count

    def cells(self) -> Iterator[Cell]:
        """Yield every class of requests."""
        yield from filter(self._whole, product(*(range(len(axis.witnesses)) for axis in self.axes)))

    def upgrades(self, cell: Cell) -> bool:
        """Whether the requests of a class ask for an upgrade, which HTTP/2 does not support (RFC 9113, section 8.6)."""
        return any(name in CONNECTION_HEADERS and cell[at] for at, (name, _) in enumerate(self.headers, 3))

    def _whole(self, cell: Cell) -> bool:
        """Whether a proxy removes nothing from the requests of a class."""
        if not self.upgrades(cell):
            return True
        request = self.request(cell)
        return without_connection_headers(request) == request

    def request(self, cell: Cell) -> Request:
        """Return one request of a class."""
        method, path = self.methods.witnesses[cell[0]], self.paths.witnesses[cell[1]]
        host = self.hosts.witnesses[cell[2]] if self.hosts.patterns else ""
        middle = 3 + len(self.headers)
        headers = {
            name: NEXT_LINE.join(axis.witnesses[at])
            for (name, axis), at in zip(self.headers, cell[3:middle], strict=True)
            if axis.witnesses[at]
        }
        pairs = [
            (name or OTHER, value)
            for (name, axis), at in zip(self.query, cell[middle:], strict=True)
            for value in axis.witnesses[at]
        ]
        asked = f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""
        return Request(method, path + asked, headers, host)

    def within(self, found: RequestSet) -> frozenset[Cell]:
        """Return the classes of a set; all of its patterns must be on the axes."""
        but = {cell for term in found.but for cell in self._of(term)}
        return frozenset(cell for term in found.terms for cell in self._of(term) if cell not in but)

    def _of(self, term: Term) -> Iterator[Cell]:
        bits = [axis.of(part) for axis, part in zip(self.axes, self._by_axis(term), strict=True)]
        yield from filter(self._whole, product(*(tuple(places(chosen)) for chosen in bits)))

    def _by_axis(self, term: Term) -> Iterator[Part[Any]]:
        yield from (term.methods, term.paths, term.hosts)
        for named, part in ((self.headers, term.headers), (self.query, term.query)):
            for name, _ in named:
                yield Part(
                    tuple(one for one in part.all_of if one.name == name),
                    tuple(one for one in part.none_of if one.name == name),
                )

    def described(self, cells: Iterable[Cell]) -> RequestSet:
        """Return a short description of exactly these classes."""
        inside = frozenset(cells)
        outside = frozenset(self.cells()) - inside
        if not outside:
            return EVERY_REQUEST
        plain, but = self._terms(inside), self._terms(outside)
        if 1 + sum(term.size for term in but) < sum(term.size for term in plain):
            return RequestSet((Term(),), but)
        return RequestSet(plain)

    def _terms(self, cells: frozenset[Cell]) -> tuple[Term, ...]:
        """Return terms that together are exactly these classes: the fewest that any tried order of the axes gives."""
        used = [at for at, axis in enumerate(self.axes) if len(axis.witnesses) > 1]
        orders = list(permutations(used)) if len(used) <= 3 else [used, used[::-1]]
        return min((self._in_order(order, cells) for order in orders), key=_size)

    def _in_order(self, order: Sequence[int], cells: frozenset[Cell]) -> tuple[Term, ...]:
        narrowed = frozenset(tuple(cell[at] for at in order) for cell in cells)
        return tuple(term for box in boxes(narrowed) for term in self._said(dict(zip(order, box, strict=True))))

    def _said(self, box: dict[int, int]) -> Iterator[Term]:
        """Yield the terms of one box: the classes of each axis, as bits."""
        parts = [
            axis.parts(box[at]) if at in box and box[at] != axis.full else (EVERY_PART,)
            for at, axis in enumerate(self.axes)
        ]
        middle = 3 + len(self.headers)
        for chosen in product(*parts):
            yield Term(chosen[0], chosen[1], chosen[2], _joined(chosen[3:middle]), _joined(chosen[middle:]))


def _size(terms: tuple[Term, ...]) -> int:
    return sum(term.size for term in terms)


def _joined(parts: Sequence[Part[ValueMatch]]) -> Part[ValueMatch]:
    return Part(
        tuple(pattern for part in parts for pattern in part.all_of),
        tuple(pattern for part in parts for pattern in part.none_of),
    )


def places(bits: int) -> Iterator[int]:
    """Yield the positions of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def boxes(cells: frozenset[Cell]) -> Iterator[tuple[int, ...]]:
    """Yield disjoint boxes that together are these cells; a box has a set of classes, as bits, for each axis."""
    if cells in (frozenset(), frozenset({()})):
        yield from (() for _ in cells)
        return
    slices: dict[int, set[Cell]] = {}
    for first, *rest in cells:
        slices.setdefault(first, set()).add(tuple(rest))
    alike: dict[frozenset[Cell], int] = {}
    for first, rest_of in sorted(slices.items()):
        key = frozenset(rest_of)
        alike[key] = alike.get(key, 0) | 1 << first
    for inner, bits in alike.items():
        yield from ((bits, *box) for box in boxes(inner))
