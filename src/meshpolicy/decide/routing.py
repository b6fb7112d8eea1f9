"""Which rule of which route a request meets, ranked as the proxy ranks them (R88-R94). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, accept_headers
from meshpolicy.core.policy import Filter, GrpcRoute, HttpRoute, HttpRule
from meshpolicy.core.uri import host_of, parse_path

Rank = tuple[int, ...]
"""How specific a match is; greater wins, and on a tie the earlier one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it reaches the server's proxy; header names in lower case."""

    method: str = "GET"
    path: str = "/"
    """As sent, with its query."""
    headers: Mapping[str, str] = field(default_factory=dict)
    authority: str = ""

    @property
    def host(self) -> str:
        """Return the host without user and port (R92)."""
        return host_of(self.authority)

    @property
    def target(self) -> str:
        """Return the path without query and fragment, which is what routes are compared with (R90)."""
        return self._parts[0]

    @property
    def query(self) -> str | None:
        """Return what follows the first `?`, without a fragment; None where there is no `?`."""
        return self._parts[1]

    @property
    def _parts(self) -> tuple[str, str | None]:
        found = parse_path(self.path)
        if found is not None:
            return found
        path, mark, query = self.path.partition("?")
        return path, query if mark else None


@dataclass(frozen=True, slots=True)
class Routed:
    """The route that a request meets, and the filters of its rule."""

    route: HttpRoute | GrpcRoute
    filters: tuple[Filter, ...]
    prefix: int | None = None
    """Bytes of the path that were matched as a prefix; None where the path was matched otherwise."""


def route_http(routes: Iterable[HttpRoute], request: Request) -> Routed | None:
    """Return the best route for an HTTP request (R91)."""
    best: tuple[Rank, Routed] | None = None
    path, query = request.target, request.query or ""
    for route in routes:
        host = _host(route.hostnames, request)
        if host is None:
            continue
        for rule in route.rules:
            found = _best_match(rule, request, path, query)
            if found is not None and (best is None or (*host, *found[0]) > best[0]):
                best = (*host, *found[0]), Routed(route, rule.filters, found[1])
    return best[1] if best else None


def _best_match(rule: HttpRule, request: Request, path: str, query: str) -> tuple[Rank, int | None] | None:
    """Return the rank of the best match of a rule, and what it matched as a prefix; of equal ones the last counts."""
    best: tuple[Rank, int | None] | None = None
    for match in rule.matches or (HttpMatch(),):
        rank = http_rank(match, request, path, query)
        if rank is not None and (best is None or rank >= best[0]):
            as_prefix = match.path is None or match.path.kind is PathKind.PREFIX
            best = rank, rank[0] if as_prefix else None
    return best


def http_rank(match: HttpMatch, request: Request, path: str, query: str) -> Rank | None:
    """Return the rank of one match, or None where a part of it fails: all must hold (R89)."""
    length = 1 if match.path is None else match.path.length(path)
    if length is None or (match.method is not None and match.method != request.method):
        return None
    if not (accept_headers(match.headers, request.headers) and match.accepts_query(query)):
        return None
    return length, len(match.headers), len(match.query), int(match.method is not None)


def route_grpc(routes: Iterable[GrpcRoute], request: Request) -> Routed | None:
    """Return the best route for a gRPC call (R94); a rule without matches takes every request, gRPC or not (R88)."""
    best: tuple[Rank, Routed] | None = None
    for route in routes:
        host = _host(route.hostnames, request)
        if host is None:
            continue
        for rule in route.rules:
            for match in rule.matches or (None,):
                rank = (0, 0, 0) if match is None else _grpc_rank(match, request)
                if rank is not None and (best is None or (*host, *rank) > best[0]):
                    best = (*host, *rank), Routed(route, rule.filters)
    return best[1] if best else None


def _grpc_rank(match: GrpcMatch, request: Request) -> Rank | None:
    """Return the rank of one match: it takes a POST to /service/method, whose parts may be empty."""
    parts = request.target.split("/")
    if request.method != "POST" or len(parts) < 3 or parts[0]:
        return None
    if match.service not in (None, parts[1]) or match.method not in (None, parts[2]):
        return None
    if not accept_headers(match.headers, request.headers):
        return None
    return len(match.service or ""), len(match.method or ""), len(match.headers)


def _host(patterns: tuple[HostMatch, ...], request: Request) -> Rank | None:
    """Return the rank of the best hostname; none matches a request without authority (R88, R92)."""
    if not patterns:
        return 0, 0
    ranks = [rank for pattern in patterns if request.host and (rank := pattern.rank(request.host)) is not None]
    return max(ranks, default=None)
