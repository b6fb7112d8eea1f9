"""The requests that the grants of a port admit, with numbers instead of names, so that equal ports share them. Pure.

The requests that a grant admits depend neither on its name nor on its clients, only on whether it requires TLS.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from meshpolicy.analysis.clients import ANYONE, Clientele, Clients, ClientSet
from meshpolicy.analysis.outcomes import Outcomes, Passage, Space, patterns_of
from meshpolicy.analysis.regions import FAMILIES, Asked, together
from meshpolicy.analysis.requests import Cell, Requests
from meshpolicy.analysis.variants import variants
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.policy import Authorization, PortPolicy, TlsUnauthenticated, Unauthenticated
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.decide.decide import seen
from meshpolicy.decide.decision import Verdict
from meshpolicy.record import replace

Slot = tuple[bool, Traffic]
"""Whether the client is meshed, and what it sends."""
Slots = tuple[tuple[Slot, Arrival], ...]
"""The ways in which calls arrive, each once."""
Share = tuple[Slot, int]
"""A slot and some of its clients, as bits, if routes match by identity (R86); 0 means all of them."""
Admitted = tuple[ClientSet, tuple[Asked, ...]]
"""Some clients, and the requests that they may make."""
NAMELESS = Ref("", "", "", "")


class Numbers:
    """The grants and routes of some policies, each with its number."""

    def __init__(self) -> None:
        self._grants: dict[Authorization, int] = {}
        self._routes: dict[Ref, int] = {}
        self._known: dict[int, Authorization] = {}
        """The stand-ins of numbered grants by the grant's `id`, as grants are slow to hash."""

    @property
    def grants(self) -> tuple[Authorization, ...]:
        """Return the grants by their numbers."""
        return tuple(self._grants)

    @property
    def routes(self) -> tuple[Ref, ...]:
        """Return the routes by their numbers."""
        return tuple(self._routes)

    def policy(self, policy: PortPolicy) -> PortPolicy:
        """Return a policy with numbers instead of the names of its grants and routes, and without all other names.

        The reason why the policy is unknown is kept, as answers report it.
        """
        limit = policy.rate_limit
        return replace(
            policy,
            workload=NAMELESS,
            server=_of_origin(policy.server.origin),
            authorizations=self._numbered(policy.authorizations),
            http_routes=tuple(
                replace(route, ref=self._route(route.ref), authorizations=self._numbered(route.authorizations))
                for route in policy.http_routes
            ),
            grpc_routes=tuple(
                replace(route, ref=self._route(route.ref), authorizations=self._numbered(route.authorizations))
                for route in policy.grpc_routes
            ),
            rate_limit=None if limit is None else replace(limit, ref=NAMELESS),
            invalid=None if policy.invalid is None else NAMELESS,
            bypasses=(),
            alternatives=(),
        )

    def _numbered(self, grants: Iterable[Authorization]) -> tuple[Authorization, ...]:
        return tuple(map(self._grant, grants))

    def _grant(self, grant: Authorization) -> Authorization:
        found = self._known.get(id(grant))
        if found is None:
            number = self._grants.setdefault(grant, len(self._grants))
            found = _stand_in(number, anyone=isinstance(grant.authentication, Unauthenticated))
            self._known[id(grant)] = found
        return found

    def _route(self, ref: Ref) -> Ref:
        return _reference(self._routes.setdefault(ref, len(self._routes)))


@lru_cache(1024)
def _reference(number: int) -> Ref:
    return Ref("", "", "", str(number))


@lru_cache(1024)
def _stand_in(number: int, *, anyone: bool) -> Authorization:
    return Authorization(_reference(number), (), Unauthenticated() if anyone else TlsUnauthenticated())


@lru_cache(64)
def _of_origin(origin: Origin) -> Ref:
    return Ref.added(origin)


@dataclass(slots=True)
class NumberedOffer:
    """What one grant admits."""

    number: int
    cells: dict[Share, set[Cell]] = field(default_factory=dict)
    routes: dict[int, None] = field(default_factory=dict)


class NumberedOffers:
    """What the grants of all ports of one shape admit."""

    def __init__(self, policies: tuple[PortPolicy, ...], slots: tuple[Slots, ...]) -> None:
        """Compute the offers. `policies` are those that may hold for the port, and `slots` has one entry for each.

        Raises TooMany, TooLarge, InvalidPattern and UnsupportedPattern.
        """
        readings = variants(policies)
        patterns, _ = patterns_of(policy for reading in readings for policy in reading.policies)
        clients = Clients.of(Clientele(dict(patterns.identities)))
        self._requests, self._clients = Requests.of(patterns), clients
        space = Space(self._requests, clients, tuple(patterns.identities))
        self._takes: dict[Slot, bool] = {}
        self._told: dict[tuple[int, bool], tuple[Admitted, ...]] = {}
        self.assumed = readings[0].assumed
        """Why the readings of the manifests differ."""
        self.unknown = ""
        """Why the grants may admit more than the offers contain; empty if they do not."""
        found = [
            self._found(Outcomes(space, policy), slots[number])
            for reading in readings
            for number, policy in enumerate(reading.policies)
        ]
        self.differs = any(one != found[0] for one in found)
        """Whether the offers differ between readings; only what all readings have in common is certain."""
        self._offers = found[0]
        for number, offer in self._offers.items():
            for share, cells in offer.cells.items():
                cells.intersection_update(
                    *(one[number].cells.get(share, set()) if number in one else set() for one in found)
                )

    @property
    def offers(self) -> Iterable[NumberedOffer]:
        """Return the offer of each grant."""
        return self._offers.values()

    def _found(self, outcomes: Outcomes, slots: Slots) -> dict[int, NumberedOffer]:
        offers: dict[int, NumberedOffer] = {}
        for slot, arrival in slots:
            meshed, traffic = slot
            self._takes[slot] = self._takes.get(slot, False) or outcomes.takes(arrival, traffic)
            known = meshed and seen(outcomes.policy, Client(None, arrival)).arrival is not Arrival.PLAIN
            half = self._clients.meshed if known else self._clients.unmeshed
            for cell in self._requests.cells() if traffic.is_http else [next(self._requests.cells())]:
                for passage, bits in outcomes.passages(arrival, traffic, cell):
                    if not bits & half:
                        continue
                    if passage.verdict is Verdict.UNKNOWN:
                        self.unknown = _reason(outcomes, arrival, traffic)
                    share = slot, 0 if half & ~bits == 0 else bits & half
                    for number in _grants(passage, anyone=not known):
                        offer = offers.setdefault(number, NumberedOffer(number))
                        offer.cells.setdefault(share, set()).add(cell)
                        offer.routes |= {int(passage.route.name): None} if passage.route is not None else {}
        return offers

    def asked(self, number: int, *, meshed: bool) -> tuple[Admitted, ...]:
        """Return what a grant admits to meshed clients, or to unmeshed ones; each set of requests once."""
        key = (number, meshed)
        if key not in self._told:
            self._told[key] = self._asked(self._offers[number], meshed=meshed)
        return self._told[key]

    def _asked(self, offer: NumberedOffer, *, meshed: bool) -> tuple[Admitted, ...]:
        found: dict[tuple[Asked, ...], int] = {}
        for some in sorted({some for (half, _), some in offer.cells if half is meshed}):
            asked = self._asked_by(offer, some, meshed=meshed)
            if asked:
                found[asked] = found.get(asked, 0) | (some or self._clients.everyone)
        whole = self._clients.meshed if meshed else self._clients.unmeshed
        return tuple(
            (ANYONE if whole & ~some == 0 else self._clients.described(some), asked) for asked, some in found.items()
        )

    def _asked_by(self, offer: NumberedOffer, some: int, *, meshed: bool) -> tuple[Asked, ...]:
        found: dict[Traffic, set[Cell]] = {}
        for family in FAMILIES:
            taken = [traffic for traffic in family if self._takes.get((meshed, traffic))]
            sets = [offer.cells.get(((meshed, traffic), some), set()) for traffic in taken]
            alike = bool(sets) and all(one == sets[0] for one in sets)
            for traffic in family:
                cells = sets[0] if alike else offer.cells.get(((meshed, traffic), some), set())
                if cells:
                    found[traffic] = cells
        return tuple(together(self._requests, found))


@lru_cache(1024)
def numbered_offers(policies: tuple[PortPolicy, ...], slots: tuple[Slots, ...]) -> NumberedOffers:
    """Return the offers for ports with these policies, cached. Raises the errors of `NumberedOffers`."""
    return NumberedOffers(policies, slots)


def _grants(passage: Passage, *, anyone: bool) -> Iterable[int]:
    """Return the numbers of the grants that can admit a request; with `anyone`, only those that need no TLS."""
    if passage.verdict is not Verdict.ALLOW:
        return ()
    found = (one for one in passage.grants or () if not anyone or isinstance(one.authentication, Unauthenticated))
    return (int(grant.ref.name) for grant in found)


def _reason(outcomes: Outcomes, arrival: Arrival, traffic: Traffic) -> str:
    found = outcomes.stack(arrival, traffic)
    return "; ".join(reason.text for reason in getattr(found, "reasons", ()))
