"""GRPCRoutes as Envoy's ordered route list, ranked by (host, bytes of service, bytes of method, headers) (R94)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from localmesh.envoy import Json, requestmatch
from localmesh.envoy.routes import host_rank
from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch
from meshpolicy.core.policy import GrpcRoute, GrpcRule


@dataclass(frozen=True, slots=True)
class GrpcEntry:
    """One match in Envoy's route list, and the rule it belongs to."""

    rank: tuple[tuple[int, int], int, int, int]
    match: Json
    route: GrpcRoute
    rule: GrpcRule


def entries(routes: tuple[GrpcRoute, ...]) -> list[GrpcEntry]:
    """Return all matches of the routes, best match first."""
    found = [entry for route in routes for rule in route.rules for entry in _rule(route, rule)]
    return sorted(found, key=lambda entry: entry.rank, reverse=True)


def _rule(route: GrpcRoute, rule: GrpcRule) -> Iterator[GrpcEntry]:
    for match in rule.matches or (None,):
        for host in route.hostnames or (None,):
            own = (0, 0, 0) if match is None else (_bytes(match.service), _bytes(match.method), len(match.headers))
            rank = (host_rank(host), *own)
            yield GrpcEntry(rank, _match(host, match), route, rule)


def _bytes(text: str | None) -> int:
    return len((text or "").encode())


def _match(host: HostMatch | None, match: GrpcMatch | None) -> Json:
    """Return Envoy's match; a rule without matches matches every request, gRPC or not (R88)."""
    hosts = [requestmatch.host(host)] if host else []
    if match is None:
        return {"prefix": "", "headers": hosts}
    service, method = (_segment(part) for part in (match.service, match.method))
    headers = [requestmatch.method("POST"), *requestmatch.headers(HttpMatch(headers=match.headers))]
    return {"safe_regex": {"regex": f"/{service}/{method}(/.*)?"}, "headers": [*headers, *hosts]}


def _segment(name: str | None) -> str:
    return "[^/]*" if name is None else re.escape(name)
