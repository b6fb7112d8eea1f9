"""The meanings that a policy may have if a regular expression in it is not understood. Pure.

A request either meets such an expression or does not. So for each request, the policy in which the expression meets
everything is right, or the one in which it meets nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from meshpolicy.analysis.patterns import matches_of
from meshpolicy.core.automaton import TooLarge
from meshpolicy.core.axis import TooMany
from meshpolicy.core.match import GrpcMatch, HttpMatch, PathKind, PathMatch, ValueMatch
from meshpolicy.core.policy import PortPolicy
from meshpolicy.core.regex import InvalidPattern, UnsupportedPattern, language
from meshpolicy.record import record, replace

MOST_UNKNOWN = 4
ANYTHING = ".*"
"""The replacement of an expression that is not understood; it meets every text that a request can contain."""


@record
class Variant:
    """One reading of some policies."""

    policies: tuple[PortPolicy, ...]
    assumed: tuple[str, ...] = ()
    """Why there are several variants; empty if this is the only one."""


def variants(policies: Sequence[PortPolicy]) -> tuple[Variant, ...]:
    """Return the variants of some policies; only one if every expression is understood. Raises TooMany."""
    unknown = {pattern: why for policy in policies for pattern, why in _unknown(policy)}
    if len(unknown) > MOST_UNKNOWN:
        raise TooMany(f"{len(unknown)} regular expressions that are not understood")
    assumed = tuple(unknown.values())
    return tuple(
        Variant(tuple(_read(policy, dict(zip(unknown, chosen, strict=True))) for policy in policies), assumed)
        for chosen in product((False, True), repeat=len(unknown))
    )


def _unknown(policy: PortPolicy) -> Iterator[tuple[str, str]]:
    for match in matches_of(policy):
        for pattern in _expressions(match):
            try:
                language(pattern)
            except (InvalidPattern, UnsupportedPattern, TooLarge) as error:
                yield pattern, f"the regular expression `{pattern}` is not understood: {error}"


def _expressions(match: HttpMatch | GrpcMatch) -> Iterator[str]:
    values = match.headers
    if isinstance(match, HttpMatch):
        values = (*values, *match.query)
        if match.path is not None and match.path.kind is PathKind.REGEX:
            yield match.path.value
    yield from (value.value for value in values if value.regex)


def _read(policy: PortPolicy, meets: dict[str, bool]) -> PortPolicy:
    """Return a policy in which each expression that is not understood meets everything or nothing, as `meets` says."""
    if not meets:
        return policy
    http = tuple(
        replace(
            route,
            rules=tuple(
                replace(
                    rule, matches=tuple(_replaced(match, meets) for match in rule.matches if _possible(match, meets))
                )
                for rule in route.rules
                if not rule.matches or any(_possible(match, meets) for match in rule.matches)
            ),
        )
        for route in policy.http_routes
    )
    grpc = tuple(
        replace(
            route,
            rules=tuple(
                replace(
                    rule,
                    matches=tuple(
                        replace(match, headers=_values(match.headers, meets))
                        for match in rule.matches
                        if _possible(match, meets)
                    ),
                )
                for rule in route.rules
                if not rule.matches or any(_possible(match, meets) for match in rule.matches)
            ),
        )
        for route in policy.grpc_routes
    )
    return replace(policy, http_routes=http, grpc_routes=grpc)


def _possible(match: HttpMatch | GrpcMatch, meets: dict[str, bool]) -> bool:
    return all(meets.get(pattern, True) for pattern in _expressions(match))


def _replaced(match: HttpMatch, meets: dict[str, bool]) -> HttpMatch:
    path = match.path
    if path is not None and path.kind is PathKind.REGEX and path.value in meets:
        path = PathMatch(PathKind.REGEX, ANYTHING)
    return replace(match, path=path, headers=_values(match.headers, meets), query=_values(match.query, meets))


def _values(patterns: tuple[ValueMatch, ...], meets: dict[str, bool]) -> tuple[ValueMatch, ...]:
    return tuple(replace(one, value=ANYTHING) if one.regex and one.value in meets else one for one in patterns)
