"""Reads a list of routes as Envoy does: the first match is taken. It knows the matchers that localmesh writes."""

import re
from urllib.parse import parse_qsl

from localmesh.envoy import Json
from meshpolicy.decide.request import Request


def first_match(routes: list[Json], request: Request) -> Json | None:
    """Return the first route that takes a request."""
    return next((route for route in routes if _takes(route["match"], request)), None)


def _takes(match: Json, request: Request) -> bool:
    path, _, query = request.path.partition("?")
    headers = {**request.headers, ":method": request.method, ":authority": request.authority, ":path": request.path}
    known = {"path", "prefix", "path_separated_prefix", "safe_regex", "headers", "query_parameters"}
    assert match.keys() <= known
    return (
        _path(match, path)
        and all(_header(matcher, headers) for matcher in match.get("headers", []))
        and all(_parameter(matcher, query) for matcher in match.get("query_parameters", []))
    )


def _path(match: Json, path: str) -> bool:
    if "path" in match:
        return bool(match["path"] == path)
    if "safe_regex" in match:
        return spans(match["safe_regex"]["regex"], path)
    if "prefix" in match:
        return path.startswith(match["prefix"])
    prefix = match["path_separated_prefix"]
    return path == prefix or path.startswith(prefix + "/")


def _header(matcher: Json, headers: dict[str, str]) -> bool:
    value = headers.get(matcher["name"])
    return value is not None and _string(matcher["string_match"], value)


def _parameter(matcher: Json, query: str) -> bool:
    values = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == matcher["name"]]
    return bool(values) and _string(matcher["string_match"], values[0])


def _string(matcher: Json, value: str) -> bool:
    if "exact" in matcher:
        return bool(matcher["exact"] == value)
    return spans(matcher["safe_regex"]["regex"], value)


def spans(expression: str, value: str) -> bool:
    """Whether an expression matches a whole value: Envoy's RE2 reads both as bytes."""
    return re.fullmatch(expression.encode("latin-1"), value.encode()) is not None
