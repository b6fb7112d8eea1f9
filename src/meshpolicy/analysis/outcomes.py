"""The outcome of every call to one port: the set of clients that get through, for each class of requests. Pure.

The rules (`meshpolicy.decide`) decide a witness of each class. A pattern that is not understood is decided both ways,
and the outcome is unknown if the two differ.
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
    """What decides a request: its route, the grants, and the verdict for an admitted client."""

    verdict: Verdict
    grants: tuple[Authorization, ...] | None = None
    """The grants that decide; None if all clients get the verdict, without any grant."""
    route: Ref | None = None


@record
class Bits:
    """Two sets of clients, as bits: those that certainly get through, and those that may."""

    certain: int = 0
    possible: int = 0


@dataclass(slots=True)
class Met:
    """The passages of some calls, each with its clients as bits, and the clients that get through, by arrival."""

    passages: tuple[tuple[Passage, int], ...]
    through: dict[Arrival, Bits] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """The classes of requests and of clients that some policies distinguish."""

    requests: Requests
    clients: Clients
    identities: tuple[IdentityPattern, ...] = ()
    """Identity patterns that decide about a request directly, not only through grants."""

    @classmethod
    def of(cls, patterns: Patterns, clientele: Clientele, names: Sequence[str] = ()) -> "Space":
        """Return the classes for some patterns. Raises the errors of `Requests.of` and `Clients.of`."""
        clientele.identities |= patterns.identities
        return cls(Requests.of(patterns), Clients.of(clientele, names), tuple(patterns.identities))

    def alike(self) -> Iterator[tuple[str, int]]:
        """Yield sets of clients whose requests match the same routes, each with the identity of one of them."""
        found: dict[tuple[bool, ...], tuple[str, int]] = {}
        axis, home = self.clients.identities, self.clients.addresses.full
        for at, identity in enumerate(axis.witnesses):
            sign = tuple(bool(self.clients.identities.of(Part((one,))) >> at & 1) for one in self.identities)
            key = (*sign, identity == UNMESHED) if sign else ()
            witness, bits = found.get(key, (identity, 0))
            found[key] = witness, bits | self.clients.box(1 << at, home)
        yield from found.values()


def patterns_of(policies: Iterable[PortPolicy]) -> tuple[Patterns, Clientele]:
    """Return all patterns by which some policies distinguish requests and clients."""
    patterns, clientele = Patterns(), Clientele()
    for policy in policies:
        patterns.add_policy(policy)
        clientele.add_policy(policy)
    return patterns, clientele


class Outcomes:
    """The outcome of every call to one port under one policy."""

    def __init__(self, space: Space, policy: PortPolicy) -> None:
        self.space, self.policy = space, policy
        self._stacks: dict[tuple[Arrival, Traffic], Stack | Decision] = {}
        self._unread: dict[tuple[Arrival, Traffic], Met] = {}
        """The passages of calls whose requests the proxy does not read."""

    def stack(self, arrival: Arrival, traffic: Traffic) -> Stack | Decision:
        """Return the part of the proxy that decides such calls, or the decision that holds for all of them."""
        key = (arrival, traffic)
        if key not in self._stacks:
            self._stacks[key] = stack(self.policy, arrival, traffic)
        return self._stacks[key]

    def passages(self, arrival: Arrival, traffic: Traffic, cell: Cell) -> tuple[tuple[Passage, int], ...]:
        """Return the passages of such calls, each with its clients as bits."""
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
        """Return the clients whose packets bypass the proxy if they are sent without mTLS (R114, R115), as bits."""
        clients = self.space.clients
        addresses = sum(
            1 << at
            for at, address in enumerate(clients.addresses.witnesses)
            if bypassing(self.policy, Client(address)) is not None
        )
        return clients.box(clients.identities.full, addresses)

    def takes(self, arrival: Arrival, traffic: Traffic) -> bool:
        """Whether the port accepts such traffic, with or without a grant."""
        found = self.stack(arrival, traffic)
        return not isinstance(found, Decision) or found.verdict in (Verdict.ALLOW, Verdict.UNKNOWN)

    def allowed(self, arrival: Arrival, traffic: Traffic, cell: Cell) -> Bits:
        """Return the clients that get through if all clients arrive this way."""
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
    """Return the passage of one request."""
    request = with_identity(request, identity)
    routed = routed_by(policy, request)
    if isinstance(routed, Decision):
        return Passage(routed.verdict)
    decision = filtered(policy, request, routed, SOMEBODY, ())
    return Passage(decision.verdict, routed.route.authorizations, routed.route.ref)


def _indistinct(requests: Requests, policy: PortPolicy) -> Iterator[tuple[Cell, Iterable[Cell]]]:
    """Yield sets of requests that the routes of one policy do not distinguish, each with one of its members.

    For each path, only the matches that it meets count, so that many paths do not multiply with many headers.
    """
    matches = tuple(matches_of(policy))
    # If the presence of a query matters, so does a parameter that none of these matches names.
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
    """Return the classes of an axis, grouped by the used patterns that they meet.

    With `present`, classes with and without a value are kept apart.
    """
    wanted = set(used)
    members = [bits for pattern, bits in zip(axis.patterns, axis.members, strict=True) if pattern in wanted]
    found: dict[tuple[int, ...], list[int]] = {}
    for at, witness in enumerate(axis.witnesses):
        sign = (*(bits >> at & 1 for bits in members), int(present and bool(witness)))
        found.setdefault(sign, []).append(at)
    return list(found.values())
