"""All clients, divided into finitely many classes; policies treat all clients of one class alike. Pure.

A client has an address, and an identity unless it is unmeshed. A set of clients is a bit set: one bit for each pair of
a class of identities (the first class has no identity) and a class of addresses.

Loopback addresses are left out: what a pod sends to itself passes neither policy nor network (M1, R80).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from meshpolicy.analysis.patterns import IdentityPattern, routes_of
from meshpolicy.core.automaton import Automaton
from meshpolicy.core.axis import Axis, Part, TooMany, grouped, texts
from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.match import Address, IdentityMatch, NetworkMatch, ValueMatch
from meshpolicy.core.policy import Authorization, PortPolicy, TlsAuthenticated
from meshpolicy.core.regex import language
from meshpolicy.core.truth import Truth
from meshpolicy.decide.authorized import authenticated
from meshpolicy.record import record

SPIFFE = "spiffe://"
NICE_ADDRESSES = tuple(map(ip_address, ("203.0.113.7", "2001:db8::7")))
BESIDE_LOOPBACK = tuple(map(ip_address, ("126.255.255.254", "128.0.0.1")))
MOST_CLIENTS = 100_000
UNMESHED = ""
"""The identity of a client that has none."""


@lru_cache(1)
def all_identities() -> Automaton:
    """Return an automaton for the names in certificates: DNS names in lower case (R70), and SPIFFE ids."""
    return language(r"[a-z0-9_-][a-z0-9._-]*|spiffe://[a-z0-9._-]+(?:/[A-Za-z0-9._-]+)+")


@record
class ClientTerm:
    """Clients whose identity is in one part, and whose address is in another."""

    identities: Part[IdentityPattern] = field(default_factory=Part)
    networks: Part[NetworkMatch] = field(default_factory=Part)

    def holds(self, client: Client) -> bool:
        """Whether a client with a known address is included."""
        address = client.address
        return self.identities.holds(lambda one: meets_identity(one, client.identity)) and (
            address is None or self.networks.holds(lambda one: one.accepts(address))
        )


ClientSet = tuple[ClientTerm, ...]
"""The clients of any of the terms."""
ANYONE: ClientSet = (ClientTerm(),)


@dataclass(slots=True)
class Clientele:
    """The patterns by which some policies distinguish clients, in the order of the policies."""

    identities: dict[IdentityPattern, None] = field(default_factory=dict)
    networks: dict[NetworkMatch, None] = field(default_factory=dict)

    def add_policy(self, policy: PortPolicy) -> None:
        """Add the patterns of all grants of a port, and the networks whose packets bypass its proxy."""
        for grants in grant_lists(policy):
            for grant in grants:
                self.add_grant(grant)
        self.networks |= dict.fromkeys(bypass.network for bypass in policy.bypasses)

    def add_set(self, clients: ClientSet) -> None:
        """Add the patterns of a set of clients."""
        for term in clients:
            self.identities |= dict.fromkeys((*term.identities.all_of, *term.identities.none_of))
            self.networks |= dict.fromkeys((*term.networks.all_of, *term.networks.none_of))

    def add_grant(self, grant: Authorization) -> None:
        """Add the patterns of one grant."""
        self.networks |= dict.fromkeys(grant.networks)
        if isinstance(grant.authentication, TlsAuthenticated):
            self.identities |= dict.fromkeys(grant.authentication.identities)


def grant_lists(policy: PortPolicy) -> Iterator[tuple[Authorization, ...]]:
    """Yield each list of grants of a port, that of the Server first."""
    yield policy.authorizations
    for route in routes_of(policy):
        yield route.authorizations


@dataclass(frozen=True)
class Clients:
    """The classes of clients."""

    identities: Axis[IdentityPattern, str]
    """The classes of identities; the first one is unmeshed clients, which have no identity."""
    addresses: Axis[NetworkMatch, Address]

    @classmethod
    def of(cls, patterns: Clientele, names: Sequence[str] = ()) -> "Clients":
        """Return the classes that the patterns distinguish; `names` are identities to choose witnesses from.

        Raises TooMany, TooLarge, and the errors of `language` for a regular expression.
        """
        found = cls(_identity_axis(tuple(patterns.identities), tuple(names)), _address_axis(tuple(patterns.networks)))
        if found.count > MOST_CLIENTS:
            raise TooMany(f"{found.count} classes of clients")
        return found

    @cached_property
    def width(self) -> int:
        """Return the number of classes of addresses, which is the number of bits for each class of identities."""
        return len(self.addresses.witnesses)

    @cached_property
    def count(self) -> int:
        """Return the number of classes of clients."""
        return len(self.identities.witnesses) * self.width

    @cached_property
    def everyone(self) -> int:
        """Return all clients."""
        return (1 << self.count) - 1

    @cached_property
    def unmeshed(self) -> int:
        """Return the clients without identity."""
        return (1 << self.width) - 1

    @cached_property
    def meshed(self) -> int:
        """Return the clients with an identity."""
        return self.everyone & ~self.unmeshed

    def client(self, place: int, arrival: Arrival) -> Client:
        """Return the client of one bit, as the server's proxy sees it."""
        identity, address = divmod(place, self.width)
        return Client(self.addresses.witnesses[address], arrival, self.identities.witnesses[identity])

    def box(self, identities: int, addresses: int) -> int:
        """Return the clients with one of some classes of identities and one of some classes of addresses, as bits."""
        found = 0
        while identities:
            low = identities & -identities
            found |= addresses << (low.bit_length() - 1) * self.width
            identities ^= low
        return found

    def admitted(self, grants: Iterable[Authorization], *, known: bool = True) -> int:
        """Return the clients that some grant admits; without `known`, no client's identity is known (R63)."""
        found = 0
        for grant in grants:
            found |= self._admitted(grant, known=known)
        return found

    def _admitted(self, grant: Authorization, *, known: bool) -> int:
        key = (grant.networks, grant.authentication, known)
        if key not in self._cache:
            addresses = sum(
                1 << at for at, one in enumerate(self.addresses.witnesses) if Client(one).within(grant.networks)
            )
            self._cache[key] = self.box(self._identified(grant, known=known), addresses)
        return self._cache[key]

    @cached_property
    def _cache(self) -> dict[tuple[object, object, bool], int]:
        return {}

    def _identified(self, grant: Authorization, *, known: bool) -> int:
        """Return the classes of identities that a grant admits, as bits, whatever their addresses."""
        stranger = Client(None, Arrival.PLAIN)
        return sum(
            1 << at
            for at, identity in enumerate(self.identities.witnesses)
            if authenticated(grant, Client(None, Arrival.MESHED_HTTP, identity) if known and identity else stranger)
        )

    def described(self, bits: int, either: int = 0) -> ClientSet:
        """Return a short description of exactly these clients; it may include clients of `either`, too."""
        return min(self._terms(bits), self._terms(bits | either), key=_size)

    def _terms(self, bits: int) -> ClientSet:
        by_addresses: dict[int, int] = {}
        for at in range(len(self.identities.witnesses)):
            addresses = bits >> at * self.width & self.addresses.full
            if addresses:
                by_addresses[addresses] = by_addresses.get(addresses, 0) | 1 << at
        return tuple(
            ClientTerm(who, where)
            for addresses, identities in by_addresses.items()
            for where in self.addresses.parts(addresses)
            for who in self.identities.parts(identities)
        )

    def within(self, clients: ClientSet) -> int:
        """Return the clients of a set, as bits; its patterns must be among those that the classes were made for."""
        found = 0
        for term in clients:
            found |= self.box(self.identities.of(term.identities), self.addresses.of(term.networks))
        return found


def _size(clients: ClientSet) -> int:
    """Return the number of patterns that a description of a set needs."""
    return sum(1 + term.identities.size + term.networks.size for term in clients)


@lru_cache(4096)
def _identity_axis(patterns: tuple[IdentityPattern, ...], names: tuple[str, ...]) -> Axis[IdentityPattern, str]:
    found = dict.fromkeys((*patterns, IdentityMatch("*")))
    languages = [piece for pattern in found for piece in _identity_languages(pattern)]
    exact = [one.pattern for one in found if isinstance(one, IdentityMatch) and one.exact]
    below = [f"other{one.pattern[1:]}" for one in found if isinstance(one, IdentityMatch) and one.pattern[:2] == "*."]
    nice = [*names, *below, f"{SPIFFE}other/workload"]
    return grouped(
        (UNMESHED, *texts(all_identities(), languages, nice, exact)),
        (*found, ANY_IDENTITY),
        meets_identity,
    )


def meets_identity(pattern: IdentityPattern, identity: str) -> bool:
    """Whether a verified identity meets a pattern; an empty identity meets none (R82, R86)."""
    if isinstance(pattern, ValueMatch):
        return bool(identity) and pattern.accepts_line(identity) is Truth.YES
    return bool(identity) and pattern.accepts(identity)


ANY_IDENTITY = ValueMatch("l5d-client-id", ".*", regex=True)
"""A pattern that every meshed client meets, including those with SPIFFE ids."""


def _identity_languages(pattern: IdentityPattern) -> Iterator[Automaton]:
    if isinstance(pattern, ValueMatch):
        yield language(pattern.value) if pattern.regex else Automaton.literal(pattern.value)
    elif not pattern.exact:
        yield Automaton.prefix(SPIFFE)
        if pattern.pattern != "*":
            yield Automaton.suffix(pattern.pattern[1:])


@lru_cache(4096)
def _address_axis(networks: tuple[NetworkMatch, ...]) -> Axis[NetworkMatch, Address]:
    """Return the classes of addresses, each with a plausible host address as its witness."""
    cuts: dict[Address, None] = dict.fromkeys((*NICE_ADDRESSES, *BESIDE_LOOPBACK))
    for match in networks:
        for network in (match.cidr, *match.exceptions):
            cuts |= dict.fromkeys(_around(network.network_address, network.broadcast_address))
    return grouped([address for address in cuts if not address.is_loopback], networks, NetworkMatch.accepts)


def _around(first: Address, last: Address) -> Iterator[Address]:
    """Yield the addresses on both sides of a network's ends, and one inside it that may belong to a host."""
    kind: type[IPv4Address] | type[IPv6Address] = type(first)
    low, high, top = int(first), int(last), 2**first.max_prefixlen - 1
    yield from (kind(number) for number in (low + 1, low, high, low - 1, high + 1) if 0 <= number <= top)
