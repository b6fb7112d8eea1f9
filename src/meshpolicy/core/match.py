"""How Linkerd compares one thing with one pattern. Pure values and functions: no files, no sockets.

Patterns are checked where they are parsed. Nothing here raises: what is not decided is unknown.
Sources: linkerd2 `policy-controller/core/src/identity_match.rs`, linkerd2-proxy `linkerd/http/route/src`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import parse_qsl

from meshpolicy.core.regex import UnsupportedPattern, spans
from meshpolicy.core.truth import Truth, every, some, truth
from meshpolicy.record import record

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Headers = Mapping[str, str]
"""Header names in lower case; a header that was sent on several lines holds all of them."""
NEXT_LINE = "\n"
"""What separates the lines of one header: no value can hold it."""


@record
class IdentityMatch:
    """One client identity, every one below a suffix (`*.ns…`), or any in DNS form (`*`) (R35, R83, R84)."""

    pattern: str

    @property
    def exact(self) -> bool:
        """Whether the pattern names one identity."""
        return self.pattern != "*" and not self.pattern.startswith("*.")

    def accepts(self, identity: str) -> bool:
        """Whether a client that presented `identity` is meant; SPIFFE ids match only exactly (R84)."""
        if self.exact:
            return identity == self.pattern
        if identity.startswith("spiffe://"):
            return False
        return self.pattern == "*" or identity.endswith(self.pattern[1:])


@record
class NetworkMatch:
    """The addresses of a network, less its exceptions (R36)."""

    cidr: Network
    exceptions: tuple[Network, ...] = ()

    def accepts(self, address: Address) -> bool:
        """Whether `address` is meant; an address of the other family never is."""
        return _inside(address, self.cidr) and not any(_inside(address, hole) for hole in self.exceptions)

    @property
    def everywhere(self) -> bool:
        """Whether every address of its family is meant."""
        return self.cidr.prefixlen == 0 and not self.exceptions


def _inside(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


class PathKind(StrEnum):
    """The three ways to match a path, by their names in an HTTPRoute."""

    EXACT = "Exact"
    PREFIX = "PathPrefix"
    REGEX = "RegularExpression"


@record
class PathMatch:
    """A path pattern, compared with the raw path: no decoding, no normalization, case counts (R90)."""

    kind: PathKind
    value: str

    def accepts(self, path: str) -> Truth:
        """Whether `path` is meant; unknown where a regular expression is not decided here."""
        if self.kind is PathKind.REGEX:
            return _spans(self.value, path)
        return truth(self.length(path) is not None)

    def length(self, path: str) -> int | None:
        """Return the bytes of `path` that are matched, or may be, which rank routes (R91); None: it is not meant."""
        match self.kind:
            case PathKind.EXACT:
                return _size(path) if path == self.value else None
            case PathKind.REGEX:
                return _size(path) if _spans(self.value, path).possible else None
            case PathKind.PREFIX:
                return self._prefix_length(path)

    def _prefix_length(self, path: str) -> int | None:
        if self.value == "/":
            return 1
        prefix, path = self.value.rstrip("/"), path.rstrip("/")
        if path == prefix or path.startswith(prefix + "/"):
            return _size(prefix)
        return None


def _spans(pattern: str, value: str) -> Truth:
    """Whether the match of a regular expression covers all of a value (R90, R93)."""
    try:
        return truth(spans(pattern, value))
    except UnsupportedPattern:
        return Truth.UNKNOWN


def _size(path: str) -> int:
    """Return the bytes of a path; only these rank it, and letters beyond ASCII have several."""
    return len(path.encode())


@record
class ValueMatch:
    """A header or query parameter with a value, exact or by regular expression (R93)."""

    name: str
    value: str
    regex: bool = False

    def accepts(self, value: str) -> Truth:
        """Whether one value of that name is meant; unknown where a regular expression is not decided here."""
        return _spans(self.value, value) if self.regex else truth(value == self.value)

    def accepts_line(self, value: str) -> Truth:
        """Whether one line of that header is meant: no regular expression is shown what is not visible ASCII."""
        return truth(False) if self.regex and not _is_visible_ascii(value) else self.accepts(value)


def _is_visible_ascii(value: str) -> bool:
    """Whether a header value can be read as text (http 1.4, `HeaderValue::to_str`): of controls, only the tab."""
    return all(" " <= character <= "~" or character == "\t" for character in value)


def accept_headers(patterns: Iterable[ValueMatch], headers: Headers) -> Truth:
    """Whether every pattern is met by some line of its header (R93)."""
    return every(
        some(pattern.accepts_line(line) for line in headers[pattern.name].split(NEXT_LINE))
        if pattern.name in headers
        else Truth.NO
        for pattern in patterns
    )


@record
class HostMatch:
    """A hostname, or a suffix `*.x`, before which anything may stand, even nothing (R92, M5)."""

    pattern: str
    with_case: bool = False
    """Whether case counts, as it does to older proxies."""

    def rank(self, host: str) -> tuple[int, int] | None:
        """Return how specific the match is (greater wins), or None; `host` comes without its port."""
        pattern = self.pattern
        if not self.with_case:
            host, pattern = host.lower(), pattern.lower()
        if not pattern.endswith("."):
            host = host.removesuffix(".")
        if not pattern.startswith("*."):
            return (2, len(pattern)) if host == pattern else None
        return (1, len(pattern) - 1) if host.endswith(pattern[1:]) else None


@record
class HttpMatch:
    """One match of an HTTPRoute's rule: all that it names must hold (R89)."""

    path: PathMatch | None = None
    method: str | None = None
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """The regular expressions of the match."""
        path = (self.path.value,) if self.path is not None and self.path.kind is PathKind.REGEX else ()
        return (*path, *(part.value for part in (*self.headers, *self.query) if part.regex))

    def accepts_query(self, query: str) -> Truth:
        """Whether every query pattern is met by some pair of that name (form-decoded)."""
        pairs = parse_qsl(query, keep_blank_values=True) if self.query else []
        return every(some(q.accepts(value) for name, value in pairs if name == q.name) for q in self.query)


@record
class GrpcMatch:
    """One match of a GRPCRoute's rule; a part that is None accepts anything (R94)."""

    service: str | None = None
    method: str | None = None
    headers: tuple[ValueMatch, ...] = ()
    rpc: bool = True
    """Whether the match has a `method` at all; one without makes the proxy refuse the whole Server (R56)."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The regular expressions of the match."""
        return tuple(part.value for part in self.headers if part.regex)
