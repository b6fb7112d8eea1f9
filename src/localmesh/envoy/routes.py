"""Linkerd's routes as Envoy's list: Linkerd takes the best match and Envoy the first, so the best comes first.

Linkerd ranks matches by (host, bytes of the path matched, headers, query parameters, has a method), then by age (R88,
R91). All of that is known beforehand, but for the bytes of a regular expression, which always covers the whole path.
So a match either covers the whole path or is a prefix of known length. A prefix that is itself the whole path is as
long as an exact match of it: it is listed twice, as an exact path among the whole ones and as a prefix among the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from localmesh.envoy import Json, requestmatch
from localmesh.envoy.expressions import for_envoy
from meshpolicy.core.match import HostMatch, HttpMatch, PathKind, PathMatch
from meshpolicy.core.policy import HttpRoute, HttpRule

EVERYTHING = PathMatch(PathKind.PREFIX, "/")


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """The precedence of a match: the greater rank wins, and of two equal ones the earlier."""

    host: tuple[int, int]
    whole: bool
    """Whether the match covers the whole path, and so ranks above any prefix that does not."""
    length: int
    """Length of the prefix in bytes; 0 for whole paths, which are all as long as the path."""
    headers: int
    query: int
    method: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One match in Envoy's route list, and the rule it belongs to."""

    rank: Rank
    match: Json
    route: HttpRoute
    rule: HttpRule
    prefix: bool
    """Whether it was made from a prefix match, whose prefix a redirect may replace."""


def entries(routes: tuple[HttpRoute, ...]) -> list[Entry]:
    """Return all matches of the routes, best match first."""
    found = [entry for route in routes for rule in route.rules for entry in _rule(route, rule)]
    return sorted(found, key=lambda entry: entry.rank, reverse=True)


def _rule(route: HttpRoute, rule: HttpRule) -> Iterator[Entry]:
    for match in rule.matches or (HttpMatch(EVERYTHING),):
        prefix = bool(rule.matches) and (match.path or EVERYTHING).kind is PathKind.PREFIX
        for host in route.hostnames or (None,):
            for path, whole, length in _paths(match.path or EVERYTHING):
                rank = replace(_rank(host, match), whole=whole, length=length)
                yield Entry(rank, path | _conditions(host, match), route, rule, prefix)


def _rank(host: HostMatch | None, match: HttpMatch) -> Rank:
    return Rank(
        host=host_rank(host),
        whole=False,
        length=0,
        headers=len(match.headers),
        query=len(match.query),
        method=match.method is not None,
    )


def host_rank(host: HostMatch | None) -> tuple[int, int]:
    """Return how specific a hostname is, ascending: none, suffix, exact name; a longer one is more specific."""
    if host is None:
        return (0, 0)
    suffix = host.pattern.startswith("*.")
    return (1, len(host.pattern) - 1) if suffix else (2, len(host.pattern))


def _paths(match: PathMatch) -> Iterator[tuple[Json, bool, int]]:
    if "?" in match.value and match.kind is not PathKind.REGEX:
        return  # a path has no query: nothing matches, and Envoy would refuse the prefix
    match match.kind:
        case PathKind.EXACT:
            yield {"path": match.value}, True, 0
        case PathKind.REGEX:
            yield {"safe_regex": {"regex": for_envoy(match.value)}}, True, 0
        case PathKind.PREFIX:
            yield from _prefix(match.value)


def _prefix(value: str) -> Iterator[tuple[Json, bool, int]]:
    stripped = value.rstrip("/")
    if value == "/":
        yield {"path": "/"}, True, 0
        yield {"prefix": ""}, False, 1
    elif not stripped:
        yield {"prefix": "/"}, False, 0
    else:
        yield {"path": stripped}, True, 0
        yield {"path_separated_prefix": stripped}, False, len(stripped.encode())


def _conditions(host: HostMatch | None, match: HttpMatch) -> Json:
    in_path, parameters = requestmatch.query(match)
    headers = [*requestmatch.headers(match), *in_path]
    headers += [requestmatch.host(host)] if host else []
    headers += [requestmatch.method(match.method)] if match.method else []
    conditions: Json = {"headers": headers} if headers else {}
    return conditions | ({"query_parameters": parameters} if parameters else {})
