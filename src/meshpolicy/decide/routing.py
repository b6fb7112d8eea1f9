"""Which rule of which route a request meets, ranked as the proxy ranks them (R88-R94). Pure."""

from collections.abc import Iterable

from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, accept_headers
from meshpolicy.core.policy import Filter, GrpcRoute, GrpcRule, HttpRoute, HttpRule
from meshpolicy.core.ref import Reason
from meshpolicy.core.regex import why_matches_are_unknown
from meshpolicy.core.truth import Truth, every, truth
from meshpolicy.decide.request import Request
from meshpolicy.record import record

Rank = tuple[int, ...]
"""How specific a match is; greater wins, and on a tie the earlier one."""


@record
class Routed:
    """The route that a request meets, and the filters of its rule."""

    route: HttpRoute | GrpcRoute
    filters: tuple[Filter, ...]
    prefix: int | None = None
    """Bytes of the path that were matched as a prefix; None where the path was matched otherwise."""


@record
class Unclear:
    """Why nobody can tell which route a request meets."""

    reason: Reason


def route_http(routes: Iterable[HttpRoute], request: Request) -> Routed | Unclear | None:
    """Return the best route for an HTTP request (R91)."""
    best: tuple[Rank, Routed | Unclear] | None = None
    asked, name = request.uri, request.host
    path, query = asked.path, asked.query or ""
    for route in routes:
        host = _host(route.hostnames, name)
        if host is None:
            continue
        for rule in route.rules:
            found = _best_match(route, rule, request, path, query)
            if found is not None and (best is None or (*host, *found[0]) > best[0]):
                best = (*host, *found[0]), found[1]
    return best[1] if best else None


def _best_match(
    route: HttpRoute, rule: HttpRule, request: Request, path: str, query: str
) -> tuple[Rank, Routed | Unclear] | None:
    """Return the rank of the best match of a rule, and what it leads to; of equal ones the last counts."""
    best: tuple[Rank, Routed | Unclear] | None = None
    for match in rule.matches or (HttpMatch(),):
        met = http_met(match, request, path, query)
        if not met.possible:
            continue
        rank = http_rank(match, path)
        if best is None or rank >= best[0]:
            as_prefix = match.path is None or match.path.kind is PathKind.PREFIX
            routed = Routed(route, rule.filters, rank[0] if as_prefix else None)
            best = rank, routed if met is Truth.YES else _unclear(route, match)
    return best


def http_met(match: HttpMatch, request: Request, path: str, query: str) -> Truth:
    """Whether a request meets one match: all that it names must hold (R89)."""
    if match.method not in (None, request.method):
        return Truth.NO
    by_path = Truth.YES if match.path is None else match.path.accepts(path)
    if not by_path.possible:
        return Truth.NO
    return every((by_path, accept_headers(match.headers, request.headers), match.accepts_query(query)))


def http_rank(match: HttpMatch, path: str) -> Rank:
    """Return how specific a match is that a request for `path` meets (R91)."""
    length = 1 if match.path is None else match.path.length(path) or 0
    return length, len(match.headers), len(match.query), int(match.method is not None)


def _unclear(route: HttpRoute | GrpcRoute, match: HttpMatch | GrpcMatch) -> Unclear:
    """Say which regular expression of a match is not decided here."""
    for pattern in match.patterns:
        if why := why_matches_are_unknown(pattern):
            text = f"whether the regular expression `{pattern}` of {route.ref} matches is not known: {why}"
            return Unclear(Reason(text, "R90", route.ref))
    raise AssertionError(f"{route.ref} has no regular expression that is not decided")


def route_grpc(routes: Iterable[GrpcRoute], request: Request) -> Routed | Unclear | None:
    """Return the best route for a gRPC call (R94); a rule without matches takes every request, gRPC or not (R88)."""
    best: tuple[Rank, Routed | Unclear] | None = None
    name = request.host
    for route in routes:
        host = _host(route.hostnames, name)
        if host is None:
            continue
        for rule in route.rules:
            found = _best_call(route, rule, request)
            if found is not None and (best is None or (*host, *found[0]) > best[0]):
                best = (*host, *found[0]), found[1]
    return best[1] if best else None


def _best_call(route: GrpcRoute, rule: GrpcRule, request: Request) -> tuple[Rank, Routed | Unclear] | None:
    """Return the rank of the best match of a rule, and what it leads to; of equal ones the first counts."""
    routed = Routed(route, rule.filters)
    if not rule.matches:
        return (0, 0, 0), routed
    best: tuple[Rank, Routed | Unclear] | None = None
    for match in rule.matches:
        met = _grpc_met(match, request)
        rank = (len(match.service or ""), len(match.method or ""), len(match.headers))
        if met.possible and (best is None or rank > best[0]):
            best = rank, routed if met is Truth.YES else _unclear(route, match)
    return best


def _grpc_met(match: GrpcMatch, request: Request) -> Truth:
    """Whether a request meets one match: it takes a POST to /service/method, whose parts may be empty."""
    parts = request.target.split("/")
    if request.method != "POST" or len(parts) < 3 or parts[0]:
        return Truth.NO
    named = match.service in (None, parts[1]) and match.method in (None, parts[2])
    return every((truth(named), accept_headers(match.headers, request.headers)))


def _host(patterns: tuple[HostMatch, ...], name: str) -> Rank | None:
    """Return the rank of the best hostname; none matches a request without authority (R88, R92)."""
    if not patterns:
        return 0, 0
    ranks = [rank for pattern in patterns if name and (rank := pattern.rank(name)) is not None]
    return max(ranks, default=None)
