"""What becomes of every call to one port: the set of clients that get through, for each class of requests. Pure.

The rules themselves decide (`meshpolicy.decide`), once for a witness of each class. Where a pattern is not understood,
it is decided both ways, and what then differs is unknown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

from meshpolicy.analysis.clients import UNMESHED, Clientele, Clients
from meshpolicy.analysis.patterns import ANY_QUERY, IdentityPattern, Patterns, matches_of, meets_path
from meshpolicy.analysis.requests import Cell, Requests
from meshpolicy.core.axis import Axis, Part
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import GrpcMatch, HttpMatch, ValueMatch
from meshpolicy.core.policy import Authorization, PortPolicy, Unauthenticated
from meshpolicy.core.ref import Ref
from meshpolicy.decide.decide import Stack, bypassing, filtered, routed_by, seen, stack
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.request import Request, with_identity
from meshpolicy.record import record

SOMEBODY = Authorization(Ref("", "", "", ""), (), Unauthenticated())


@record
class Passage:
    """What a request meets: the route, whom it admits, and what an admitted client gets."""

    verdict: Verdict
    grants: tuple[Authorization, ...] | None = None
    """None: nobody is asked who they are, and all get the verdict."""
    route: Ref | None = None


@record
class Bits:
    """Sets of clients: those who get through for certain, and those who may."""

    certain: int = 0
    possible: int = 0


@dataclass(slots=True)
class Met:
    """What some calls meet, each with the clients who meet it, and who gets through of those who arrive in some way."""

    passages: tuple[tuple[Passage, int], ...]
    through: dict[Arrival, Bits] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """The classes of requests and of clients that some policies tell apart."""

    requests: Requests
    clients: Clients
    identities: tuple[IdentityPattern, ...] = ()
    """Identity patterns that decide about a request directly, not only through grants."""

    @classmethod
    def of(cls, patterns: Patterns, clientele: Clientele, names: Sequence[str] = ()) -> "Space":
        """Return the classes for some patterns. Raises what Requests and Clients raise."""
        clientele.identities |= patterns.identities
        return cls(Requests.of(patterns), Clients.of(clientele, names), tuple(patterns.identities))

    def alike(self) -> Iterator[tuple[str, int]]:
        """Yield sets of clients whose requests meet the same routes, each with an identity of one."""
        found: dict[tuple[bool, ...], tuple[str, int]] = {}
        axis, home = self.clients.identities, self.clients.addresses.full
        for at, identity in enumerate(axis.witnesses):
            sign = tuple(bool(self.clients.identities.of(Part((one,))) >> at & 1) for one in self.identities)
            key = (*sign, identity == UNMESHED) if sign else ()
            witness, bits = found.get(key, (identity, 0))
            found[key] = witness, bits | self.clients.box(1 << at, home)
        yield from found.values()


def patterns_of(policies: Iterable[PortPolicy]) -> tuple[Patterns, Clientele]:
    """Return all that some policies look at."""
    patterns, clientele = Patterns(), Clientele()
    for policy in policies:
        patterns.add_policy(policy)
        clientele.add_policy(policy)
    return patterns, clientele


class Outcomes:
    """What becomes of every call to one port under one policy."""

    def __init__(self, space: Space, policy: PortPolicy) -> None:
        self.space, self.policy = space, policy
        self._stacks: dict[tuple[Arrival, Traffic], Stack | Decision] = {}
        self._unread: dict[tuple[Arrival, Traffic], Met] = {}
        """What calls meet whose requests are not looked at."""

    def stack(self, arrival: Arrival, traffic: Traffic) -> Stack | Decision:
        """Return which part of the proxy decides such calls, or what becomes of all of them."""
        key = (arrival, traffic)
        if key not in self._stacks:
            self._stacks[key] = stack(self.policy, arrival, traffic)
        return self._stacks[key]

    def passages(self, arrival: Arrival, traffic: Traffic, cell: Cell) -> tuple[tuple[Passage, int], ...]:
        """Return what such calls meet, each with the clients who meet it."""
        return self._met(arrival, traffic, cell).passages

    def _met(self, arrival: Arrival, traffic: Traffic, cell: Cell) -> Met:
        match self.stack(arrival, traffic):
            case Decision() as decision:
                passage = Passage(decision.verdict)
            case Stack.TCP:
                passage = Passage(Verdict.ALLOW, self.policy.authorizations)
            case Stack.HTTP if traffic is not Traffic.HTTP and self.space.requests.upgrades(cell):
                passage = Passage(Verdict.PROTOCOL_ERROR)
            case Stack.HTTP:
                return self._requests[cell]
        return self._unread.setdefault((arrival, traffic), Met(((passage, self.space.clients.everyone),)))

    @cached_property
    def past_proxy(self) -> int:
        """Return the clients whose packets never meet the proxy if they come without mTLS (R114, R115)."""
        clients = self.space.clients
        addresses = sum(
            1 << at
            for at, address in enumerate(clients.addresses.witnesses)
            if bypassing(self.policy, Client(address)) is not None
        )
        return clients.box(clients.identities.full, addresses)

    def takes(self, arrival: Arrival, traffic: Traffic) -> bool:
        """Whether the port takes such traffic at all, be it by a grant."""
        found = self.stack(arrival, traffic)
        return not isinstance(found, Decision) or found.verdict in (Verdict.ALLOW, Verdict.UNKNOWN)

    def allowed(self, arrival: Arrival, traffic: Traffic, cell: Cell) -> Bits:
        """Return who gets through, if all clients arrived so."""
        met = self._met(arrival, traffic, cell)
        if arrival not in met.through:
            met.through[arrival] = self._through(arrival, met)
        return met.through[arrival]

    def _through(self, arrival: Arrival, met: Met) -> Bits:
        clients, unknown = self.space.clients, 0
        certain = self.past_proxy if arrival is Arrival.PLAIN else 0
        known = seen(self.policy, Client(None, arrival)).arrival is not Arrival.PLAIN
        for passage, bits in met.passages:
            if passage.verdict is Verdict.UNKNOWN:
                unknown |= bits
            elif passage.verdict is Verdict.ALLOW:
                certain |= bits if passage.grants is None else bits & clients.admitted(passage.grants, known=known)
        return Bits(certain, certain | unknown)

    @cached_property
    def _requests(self) -> dict[Cell, Met]:
        alike = tuple(self.space.alike())
        requests = self.space.requests
        found: dict[Cell, Met] = {}
        for representative, cells in _indistinct(requests, self.policy):
            request = requests.request(representative)
            passages = tuple((_passage(self.policy, request, identity), bits) for identity, bits in alike)
            found |= dict.fromkeys(cells, Met(passages))
        return found


def _passage(policy: PortPolicy, request: Request, identity: str) -> Passage:
    """Return what one request meets."""
    request = with_identity(request, identity)
    routed = routed_by(policy, request)
    if isinstance(routed, Decision):
        return Passage(routed.verdict)
    decision = filtered(policy, request, routed, SOMEBODY, ())
    return Passage(decision.verdict, routed.route.authorizations, routed.route.ref)


def _indistinct(requests: Requests, policy: PortPolicy) -> Iterator[tuple[Cell, Iterable[Cell]]]:
    """Yield sets of requests that the routes of one policy do not tell apart, each with one of them.

    Of a path only those matches count that it meets: so many paths do not multiply with many headers.
    """
    matches = tuple(matches_of(policy))
    # Where it counts whether there is a query at all, a parameter at which no near match looks counts, too.
    any_query = any(name == ANY_QUERY.name for name, _ in requests.query)
    for at, path in enumerate(requests.paths.witnesses):
        near = [match for match in matches if _meets(match, path)]
        methods = dict.fromkeys(match.method for match in near if isinstance(match, HttpMatch))
        if policy.grpc_routes:
            methods["POST"] = None
        values = dict.fromkeys((ANY_QUERY, *(value for match in near for value in _values(match))))
        choices = [
            _merged(requests.methods, methods),
            [[at]],
            [[host] for host in range(len(requests.hosts.witnesses))],
        ]
        choices += [_merged(axis, values) for _, axis in requests.headers]
        choices += [_merged(axis, values, present=any_query) for _, axis in requests.query]
        for chosen in product(*choices):
            yield tuple(some[0] for some in chosen), product(*chosen)


def _meets(match: HttpMatch | GrpcMatch, path: str) -> bool:
    if isinstance(match, GrpcMatch):
        return meets_path(GrpcMatch(match.service, match.method), path)
    return match.path is None or meets_path(match.path, path)


def _values(match: HttpMatch | GrpcMatch) -> tuple[ValueMatch, ...]:
    return (*match.headers, *match.query) if isinstance(match, HttpMatch) else match.headers


def _merged(axis: Axis[Any, Any], used: Iterable[object], *, present: bool = False) -> list[list[int]]:
    """Return the classes of an axis, together where none of the used patterns tells them apart.

    With `present`, it counts whether something is sent.
    """
    wanted = set(used)
    members = [bits for pattern, bits in zip(axis.patterns, axis.members, strict=True) if pattern in wanted]
    found: dict[tuple[int, ...], list[int]] = {}
    for at, witness in enumerate(axis.witnesses):
        sign = (*(bits >> at & 1 for bits in members), int(present and bool(witness)))
        found.setdefault(sign, []).append(at)
    return list(found.values())
