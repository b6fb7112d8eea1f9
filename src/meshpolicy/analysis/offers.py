"""The requests that each grant of a port admits, by traffic and routes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from meshpolicy.analysis.clients import Clientele, Clients
from meshpolicy.analysis.cover import open_to_all
from meshpolicy.analysis.numbered import Admitted, Numbers, Share, Slots, numbered_offers
from meshpolicy.analysis.outcomes import Outcomes, Space, patterns_of
from meshpolicy.analysis.port import Port, Reading
from meshpolicy.analysis.regions import FAMILIES, Asked, together
from meshpolicy.analysis.requests import Cell, Requests, Term
from meshpolicy.core.axis import Part
from meshpolicy.core.client import Arrival, Traffic
from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.core.policy import Authorization, PortPolicy, Unauthenticated
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.decide.decide import Stack
from meshpolicy.decide.decision import Verdict
from meshpolicy.record import record


@dataclass(slots=True)
class Offer:
    """What one grant admits."""

    grant: Authorization
    number: int
    cells: Mapping[Share, set[Cell]]
    routes: dict[Ref, None]

    def holds(self, other: "Offer") -> bool:
        """Whether this grant admits all requests that another one admits."""
        return all(cells <= self.cells.get(share, set()) for share, cells in other.cells.items())


@record
class GrantList:
    """The requests that one list of grants decides."""

    asked: tuple[Asked, ...]
    routes: tuple[Ref, ...]
    grants: tuple[Authorization, ...]


class Offers:
    """What the grants of a port admit."""

    def __init__(self, port: Port) -> None:
        """Compute the offers. Raises TooMany, TooLarge, InvalidPattern and UnsupportedPattern."""
        held = [one for one in port.readings if not one.at_first]
        self.policy = held[0].policy
        numbers = Numbers()
        self._found = numbered_offers(
            tuple(numbers.policy(one.policy) for one in held), tuple(_slots(port, one) for one in held)
        )
        self.unknown = self._found.unknown
        """Why the grants may admit more than the offers contain; empty if they do not."""
        if self._found.differs:
            told = (*self._found.assumed, *(one.reason for one in held if one.reason))
            self.unknown = "; ".join(dict.fromkeys(told))
        self._offers = [
            Offer(numbers.grants[one.number], one.number, one.cells, {numbers.routes[at]: None for at in one.routes})
            for one in self._found.offers
        ]

    def __iter__(self) -> Iterator[Offer]:
        """Yield the offer of each grant, leaving out those whose requests are open to everyone by another grant."""
        some = [offer for offer in self._offers if any(offer.cells.values())]
        some = [offer for offer in some if offer.grant.ref.origin is not Origin.LOCALHOST]
        wide = sorted((offer for offer in some if open_to_all(offer.grant)), key=_added)
        kept: list[Offer] = []
        for offer in wide:
            if not any(
                other.holds(offer) for other in wide if other is not offer and (other in kept or not offer.holds(other))
            ):
                kept.append(offer)
        for offer in some:
            if offer in kept or not (offer in wide or any(other.holds(offer) for other in kept)):
                yield offer

    def lists(self, arrival: Arrival) -> tuple[GrantList, ...]:
        """Return the lists of grants that decide calls that arrive this way, each with the requests that it decides."""
        return grant_lists(self.policy, arrival)

    def asked(self, offer: Offer) -> Iterator[tuple[bool | None, Admitted]]:
        """Yield what a grant admits: to all of its clients (None), or to meshed ones (True) and unmeshed ones (False).

        If routes match by identity, there is one entry for each set of clients with the same requests.
        """
        halves = {meshed: self._found.asked(offer.number, meshed=meshed) for meshed in (False, True)}
        if not isinstance(offer.grant.authentication, Unauthenticated) or halves[False] == halves[True]:
            yield from ((None, admitted) for admitted in halves[True])
        else:
            yield from ((meshed, admitted) for meshed, some in halves.items() for admitted in some)


def _added(offer: Offer) -> bool:
    return offer.grant.ref.origin is Origin.PROBES


def _slots(port: Port, reading: Reading) -> Slots:
    """Return the ways in which calls arrive, each once."""
    found = {((False, traffic), Arrival.PLAIN): None for traffic in Traffic}
    for way, arrival in port.arrivals(reading).items():
        found[(True, way.traffic), arrival] = None
    return tuple(found)


@lru_cache(1024)
def grant_lists(policy: PortPolicy, arrival: Arrival) -> tuple[GrantList, ...]:
    """Return the lists of grants that decide a client's calls under one policy.

    Raises TooMany, TooLarge, InvalidPattern and UnsupportedPattern.
    """
    patterns, _ = patterns_of([policy])
    requests = Requests.of(patterns)
    clients = Clients.of(Clientele(dict(patterns.identities)))
    outcomes = Outcomes(Space(requests, clients, tuple(patterns.identities)), policy)
    traffic = next((one for one in FAMILIES[0] if outcomes.stack(arrival, one) is Stack.HTTP), Traffic.TCP)
    found: dict[tuple[Authorization, ...], tuple[set[Cell], dict[Ref, None]]] = {}
    for cell in requests.cells() if traffic.is_http else [next(requests.cells())]:
        for passage, _ in outcomes.passages(arrival, traffic, cell):
            if passage.verdict is Verdict.ALLOW and passage.grants is not None:
                cells, routes = found.setdefault(passage.grants, (set(), {}))
                cells.add(cell)
                routes |= {passage.route: None} if passage.route is not None else {}
    family = FAMILIES[0] if traffic.is_http else FAMILIES[1]
    return tuple(
        GrantList(tuple(together(requests, dict.fromkeys(family, cells))), tuple(routes), grants)
        for grants, (cells, routes) in found.items()
    )


def get_path(asked: Iterable[Asked]) -> str:
    """Return a path that a plain GET, without header or query, may request; empty if no term allows a plain GET."""
    terms = (term for one in asked if one.requests is not None and not one.requests.but for term in one.requests.terms)
    for term in terms:
        plain = term == Term(term.methods, term.paths) and term.methods in (Part(), Part(("GET",)))
        match term.paths:
            case Part((), ()) if plain:
                return "/"
            case Part((PathMatch(PathKind.EXACT | PathKind.PREFIX, value),), ()) if plain:
                return value
    return ""
