"""Ages that the manifests do not tell: which route or rate limit of several may be the oldest (R55, R99). Pure."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, PathMatch
from meshpolicy.kinds.httplocalratelimitpolicy import RateLimitPolicy
from meshpolicy.kinds.route import Route
from meshpolicy.record import record

ROOT = PathMatch(PathKind.PREFIX, "/")


@record
class Order:
    """Another order in which Linkerd may have the routes of one parent."""

    first: Route
    """The one that may be older than it seems."""
    second: Route
    """The one of which it takes the requests then."""
    routes: tuple[Route, ...]


def age_unknown(one: Route | RateLimitPolicy, other: Route | RateLimitPolicy) -> bool:
    """Whether nobody can tell which of two objects is older; of one age the name decides."""
    return not (one.created and other.created)


def order_on_service_unknown(one: Route, other: Route) -> bool:
    """Whether nobody can tell which of two routes on a Service comes first; of one age only the names are compared.

    Two routes of one age and name, of other namespaces or groups, have the order of a hash map
    (policy-controller/grpc/src/outbound.rs, timestamp_then_name).
    """
    return age_unknown(one, other) or (one.created == other.created and one.ref.name == other.ref.name)


def other_orders(
    routes: Sequence[Route], order_unknown: Callable[[Route, Route], bool] = age_unknown
) -> Iterator[Order]:
    """Yield orders that are possible, too, and may lead a request to another route: each has one route further up."""
    for at, route in enumerate(routes):
        rival = next((one for one in routes[:at] if order_unknown(one, route) and may_tie(one, route)), None)
        if rival is None:
            continue
        older = tuple(one for one in routes[:at] if not order_unknown(one, route))
        rest = tuple(one for one in routes if one is not route and one not in older)
        yield Order(route, rival, (*older, route, *rest))


def may_be_oldest(limits: Sequence[RateLimitPolicy]) -> tuple[RateLimitPolicy, ...]:
    """Return those that may be the oldest; they come in the order of their ages, those without one first."""
    known = [limit for limit in limits if limit.created]
    return (*(limit for limit in limits if not limit.created), *known[:1])


def may_tie(one: Route, other: Route) -> bool:
    """Whether a request may match both routes equally well, so that the older one gets it (R88, R91, R94)."""
    if one.ref.kind != other.ref.kind or not _hosts_tie(one.hostnames, other.hostnames):
        return False
    if one.ref.kind == "GRPCRoute":
        return any(_calls_tie(*pair) for pair in product(_calls(one), _calls(other)))
    return any(_requests_tie(*pair) for pair in product(_requests(one), _requests(other)))


def _hosts_tie(some: tuple[HostMatch, ...], others: tuple[HostMatch, ...]) -> bool:
    if not some or not others:
        return not some and not others
    return not {host.pattern.lower().rstrip(".") for host in some}.isdisjoint(
        host.pattern.lower().rstrip(".") for host in others
    )


def _requests(route: Route) -> list[HttpMatch]:
    return [match for rule in route.http for match in rule.matches or (HttpMatch(),)]


def _calls(route: Route) -> list[GrpcMatch]:
    return [match for rule in route.grpc for match in rule.matches or (GrpcMatch(),)]


def _calls_tie(one: GrpcMatch, other: GrpcMatch) -> bool:
    """Whether two matches name the same call; what is left out counts as an empty name."""
    names = (one.service or "", one.method or ""), (other.service or "", other.method or "")
    return names[0] == names[1] and len(one.headers) == len(other.headers)


def _requests_tie(one: HttpMatch, other: HttpMatch) -> bool:
    conditions = [(len(match.headers), len(match.query), match.method) for match in (one, other)]
    return conditions[0] == conditions[1] and _paths_tie(one.path or ROOT, other.path or ROOT)


def _paths_tie(one: PathMatch, other: PathMatch) -> bool:
    """Whether two patterns may match one path in one length; of a regular expression that is taken to be so."""
    if PathKind.REGEX in (one.kind, other.kind):
        return True
    return _compared(one) == _compared(other)


def _compared(path: PathMatch) -> str:
    """Return what a path must have: a prefix is compared without its last slash."""
    return path.value if path.kind is PathKind.EXACT else path.value.rstrip("/") or "/"
