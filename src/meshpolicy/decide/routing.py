"""Which rule of which route a request meets, ranked as the proxy ranks them (R88-R94). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, accept_headers
from meshpolicy.core.policy import Filter, GrpcRoute, HttpRoute

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
        """Return the host without its port (R92)."""
        if self.authority.startswith("["):
            return self.authority.partition("]")[0] + "]"
        return self.authority.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Routed:
    """The route that a request meets, and the filters of its rule."""

    route: HttpRoute | GrpcRoute
    filters: tuple[Filter, ...]
    match: HttpMatch | None = None
    """The match that won; None where the rule has none, and for gRPC."""


def route_http(routes: Iterable[HttpRoute], request: Request) -> Routed | None:
    """Return the best route for an HTTP request (R91)."""
    best: tuple[Rank, Routed] | None = None
    path, _, query = request.path.partition("?")
    for route in routes:
        host = _host(route.hostnames, request)
        if host is None:
            continue
        for rule in route.rules:
            for match in rule.matches or (None,):
                rank = (1, 0, 0, 0) if match is None else http_rank(match, request, path, query)
                if rank is not None and (best is None or (*host, *rank) > best[0]):
                    best = (*host, *rank), Routed(route, rule.filters, match)
    return best[1] if best else None


def http_rank(match: HttpMatch, request: Request, path: str, query: str) -> Rank | None:
    """Return the rank of one match, or None where a part of it fails: all must hold (R89)."""
    length = 1 if match.path is None else match.path.length(path)
    if length is None or (match.method is not None and match.method != request.method):
        return None
    if not (accept_headers(match.headers, request.headers) and match.accepts_query(query)):
        return None
    return length, len(match.headers), len(match.query), int(match.method is not None)


def route_grpc(routes: Iterable[GrpcRoute], request: Request) -> Routed | None:
    """Return the best route for a gRPC call: a POST to /service/method (R94)."""
    best: tuple[Rank, Routed] | None = None
    parts = request.path.partition("?")[0].split("/")
    if request.method != "POST" or len(parts) < 3 or parts[0] or not (parts[1] and parts[2]):
        return None
    for route in routes:
        host = _host(route.hostnames, request)
        if host is None:
            continue
        for rule in route.rules:
            for match in rule.matches or (GrpcMatch(),):
                rank = _grpc_rank(match, request, parts[1], parts[2])
                if rank is not None and (best is None or (*host, *rank) > best[0]):
                    best = (*host, *rank), Routed(route, rule.filters)
    return best[1] if best else None


def _grpc_rank(match: GrpcMatch, request: Request, service: str, method: str) -> Rank | None:
    if match.service not in (None, service) or match.method not in (None, method):
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


def replaces_no_prefix(routed: Routed) -> bool:
    """Whether a redirect replaces a prefix where none was matched, which the proxy answers with an error."""
    return routed.match is None or (routed.match.path is not None and routed.match.path.kind is not PathKind.PREFIX)
