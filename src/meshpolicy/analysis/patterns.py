"""The patterns by which policies distinguish requests, and the classes of texts that they make. Pure.

The pattern itself decides whether a text meets it, as in the rules. Automata only find texts to test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from meshpolicy.core.automaton import Automaton, concat
from meshpolicy.core.axis import Axis, grouped, lines, texts
from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, IdentityMatch, PathKind, PathMatch, ValueMatch
from meshpolicy.core.policy import GrpcRoute, GrpcRule, HttpRoute, HttpRule, PortPolicy, Redirect
from meshpolicy.core.ref import Ref
from meshpolicy.core.regex import language
from meshpolicy.core.truth import Truth
from meshpolicy.decide.redirect import leads_elsewhere, location
from meshpolicy.decide.request import CLIENT_ID, CONNECT, Request
from meshpolicy.decide.routing import Routed, route_grpc
from meshpolicy.record import record, replace

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "OTHER")
NICE_PATHS = ("/", "/other")
ANY_QUERY = ValueMatch("", ".*", regex=True)
"""A pattern for any request with a query, whatever it contains; no real parameter has an empty name."""
CACHED = 4096


@lru_cache(1)
def all_paths() -> Automaton:
    """Return an automaton for the paths that a proxy reads: in origin form, without query (RFC 9112, 3.2.1; R136)."""
    return language(r"/[!-~\x80-\U0010ffff]*") - language(r"[^?#<>`]*[?#<>`][^\n]*")


@lru_cache(1)
def all_hosts() -> Automaton:
    """Return an automaton for names of hosts, and the empty name."""
    return language(r"[A-Za-z0-9._-]*")


@lru_cache(1)
def all_authorities() -> Automaton:
    """Return an automaton for hosts with and without a port."""
    return language(r"[A-Za-z0-9._-]*(?::[0-9]*)?")


@lru_cache(1)
def all_header_values() -> Automaton:
    """Return an automaton for header values in ASCII, without outer spaces and control characters (RFC 9110, 5.5)."""
    return language(r"(?:[!-~](?:[\t -~]*[!-~])?)?")


@record
class Unmoved:
    """The requests that a redirect would send to the same place, for which the proxy ignores it (R54)."""

    redirect: Redirect
    prefix: int | None = None
    """The number of bytes of the path that the rule's match matched as a prefix; None if it is no prefix match."""

    def meets_path(self, path: str) -> bool:
        """Whether the redirect does not change a path."""
        return self._leaves(
            replace(self.redirect, scheme=None, hostname=None, port=None), Request(path=path, authority="a")
        )

    def meets_host(self, authority: str) -> bool:
        """Whether the redirect changes neither scheme nor authority."""
        return self._leaves(replace(self.redirect, path=None, prefix=None), Request(authority=authority))

    def _leaves(self, redirect: Redirect, request: Request) -> bool:
        target = location(redirect, request, Routed(GrpcRoute(Ref("", "", "", ""), ()), (), self.prefix))
        return target is not None and not leads_elsewhere(target, request)


PathPattern = PathMatch | GrpcMatch | Unmoved
HostPattern = HostMatch | Unmoved
IdentityPattern = IdentityMatch | ValueMatch


@dataclass(slots=True)
class Patterns:
    """The patterns of some policies, in the order of the policies, so that answers are the same in every run."""

    hosts: dict[HostPattern, None] = field(default_factory=dict)
    methods: dict[str, None] = field(default_factory=dict)
    paths: dict[PathPattern, None] = field(default_factory=dict)
    headers: dict[str, dict[ValueMatch, None]] = field(default_factory=dict)
    query: dict[str, dict[ValueMatch, None]] = field(default_factory=dict)
    identities: dict[IdentityPattern, None] = field(default_factory=dict)
    """Patterns of the header in which the proxy writes the client's identity (R86), and of rate limits of zero."""
    matches: dict[HttpMatch | GrpcMatch, None] = field(default_factory=dict)

    def add_policy(self, policy: PortPolicy) -> None:
        """Add the patterns of all routes of a port."""
        for route in routes_of(policy):
            self.hosts |= dict.fromkeys(route.hostnames)
        for match in matches_of(policy):
            self.add_match(match)
        if policy.grpc_routes:
            self.add_match(GrpcMatch())
            self.methods["POST"] = None  # every gRPC call meets these
        for rule in (rule for http in policy.http_routes for rule in http.rules):
            for redirect in (part for part in rule.filters if isinstance(part, Redirect)):
                self._add_redirect(redirect, rule)

    def _add_redirect(self, redirect: Redirect, rule: HttpRule) -> None:
        lengths = {_prefix_size(match) for match in rule.matches or (HttpMatch(),)}
        for length in sorted(lengths, key=str):
            self.paths[Unmoved(redirect, length)] = None
            self.hosts[Unmoved(redirect, length)] = None
        if redirect.path is not None:
            # Replacing the whole path drops any query.
            self.query.setdefault(ANY_QUERY.name, {})[ANY_QUERY] = None

    def add_match(self, match: HttpMatch | GrpcMatch) -> None:
        """Add the patterns of one match of a rule."""
        self.matches[match] = None
        if isinstance(match, GrpcMatch):
            self.paths[GrpcMatch(match.service, match.method)] = None
        else:
            self.paths |= {} if match.path is None else {match.path: None}
            self.methods |= {} if match.method is None else {match.method: None}
            for query in match.query:
                self.query.setdefault(query.name, {})[query] = None
        for header in match.headers:
            if header.name == CLIENT_ID:
                self.identities[header] = None
            else:
                self.headers.setdefault(header.name, {})[header] = None


def routes_of(policy: PortPolicy) -> tuple[HttpRoute | GrpcRoute, ...]:
    """Return all routes of a port; they are all of one kind."""
    return (*policy.http_routes, *policy.grpc_routes)


def matches_of(policy: PortPolicy) -> Iterator[HttpMatch | GrpcMatch]:
    """Yield every match of every route of a port."""
    for route in policy.http_routes:
        for rule in route.rules:
            yield from rule.matches
    for grpc in policy.grpc_routes:
        for calls in grpc.rules:
            yield from calls.matches


def _prefix_size(match: HttpMatch) -> int | None:
    if match.path is None:
        return 1
    return match.path.length(match.path.value) if match.path.kind is PathKind.PREFIX else None


@lru_cache(CACHED)
def method_axis(named: tuple[str, ...]) -> Axis[str, str]:
    """Return the classes of methods: each named one, and all others. CONNECT is in none, as it requests no path."""
    other = next(method for method in METHODS if method not in named)
    return grouped((*(method for method in named if method != CONNECT), other), named, str.__eq__)


@lru_cache(CACHED)
def path_axis(patterns: tuple[PathPattern, ...]) -> Axis[PathPattern, str]:
    """Return the classes of paths; all paths of a class rank a regular expression and a prefix in one order (R91)."""
    found = dict.fromkeys(patterns)
    if any(isinstance(one, PathMatch) and one.kind is PathKind.REGEX for one in patterns):
        # A regular expression ranks by the length of the path: above a prefix, except on the path equal to the prefix.
        plain = [one.value for one in patterns if isinstance(one, PathMatch) and one.kind is PathKind.PREFIX]
        found |= {PathMatch(PathKind.EXACT, value.rstrip("/") or "/"): None for value in ("/", *plain)}
    languages = [piece for pattern in found for piece in _path_languages(pattern)]
    nice = [*(one.value for one in found if isinstance(one, PathMatch)), *NICE_PATHS]
    exact = [one.value for one in found if isinstance(one, PathMatch) and one.kind is PathKind.EXACT]
    return grouped(
        texts(all_paths(), languages, nice, [value for value in exact if all_paths().accepts(value)]),
        tuple(found),
        meets_path,
    )


def meets_path(pattern: PathPattern, path: str) -> bool:
    """Whether a path meets a pattern; for a gRPC match, whether it has that service and method (R90, R94)."""
    match pattern:
        case PathMatch():
            return pattern.accepts(path) is Truth.YES
        case Unmoved():
            return pattern.meets_path(path)
        case GrpcMatch():
            route = GrpcRoute(Ref("", "", "", ""), (GrpcRule((pattern,)),))
            return route_grpc([route], Request("POST", path)) is not None


def _path_languages(pattern: PathPattern) -> Iterator[Automaton]:
    match pattern:
        case PathMatch(PathKind.EXACT):
            pass  # a text, not a set of them
        case PathMatch(PathKind.REGEX, value):
            yield language(value)
        case PathMatch(_, value):
            stripped = value.rstrip("/")
            yield Automaton.literal(stripped) | Automaton.prefix(f"{stripped}/")
        case Unmoved(redirect):
            for part in filter(None, (redirect.path, redirect.prefix, f"{redirect.prefix or ''}/", "/", "//")):
                yield Automaton.literal(part)
                yield Automaton.prefix(part)
        case GrpcMatch(service, method):
            yield language(r"/[^/]+/.*")
            yield language(r"/[^/]*/[^/]+(?:/.*)?")
            yield language(r"/[^/]*/[^/]*(?:/.*)?")
            if service is not None:
                yield Automaton.prefix(f"/{service}/")
            if method is not None:
                yield concat(language(r"/[^/]*"), Automaton.literal(f"/{method}") | Automaton.prefix(f"/{method}/"))


@lru_cache(CACHED)
def host_axis(patterns: tuple[HostPattern, ...]) -> Axis[HostPattern, str]:
    """Return the classes of authorities."""
    redirected = any(isinstance(pattern, Unmoved) for pattern in patterns)
    languages = [piece for pattern in patterns for piece in _host_languages(pattern, ports=redirected)]
    plain = [one.pattern.removeprefix("*.") for one in patterns if isinstance(one, HostMatch)]
    nice = [*plain, *(f"a.{name}" for name in plain), "other.example"]
    return grouped(
        texts(all_authorities() if redirected else all_hosts(), languages, nice),
        patterns,
        meets_host,
    )


def meets_host(pattern: HostPattern, authority: str) -> bool:
    """Whether a request with this authority meets a hostname; a request without authority meets none (R92)."""
    if isinstance(pattern, Unmoved):
        return pattern.meets_host(authority)
    host = Request(authority=authority).host
    return bool(host) and pattern.rank(host) is not None


def _host_languages(pattern: HostPattern, *, ports: bool) -> Iterator[Automaton]:
    """Yield sets of authorities, compared with and without case: the proxy's version decides which applies (R92)."""
    port = language(r"(?::[0-9]*)?") if ports else Automaton.literal("")
    if isinstance(pattern, Unmoved):
        redirect = pattern.redirect
        yield language(r".*:")
        yield language(r".*:.*")
        for number in dict.fromkeys((redirect.port or 80, 80, 443)):
            yield Automaton.suffix(f":{number}")
        if redirect.hostname:
            yield concat(_any_case(redirect.hostname), port)
        return
    name = pattern.pattern.removeprefix("*")
    for words in (_any_case(name), Automaton.literal(name)):
        for tail in (words, concat(words, Automaton.literal("."))):
            if pattern.pattern.startswith("*."):
                yield concat(concat(all_hosts(), tail), port)
            yield concat(tail, port)


def _any_case(name: str) -> Automaton:
    found = Automaton.literal("")
    for letter in name:
        found = concat(found, Automaton.literal(letter.lower()) | Automaton.literal(letter.upper()))
    return found


def meets_lines(pattern: ValueMatch, sent: tuple[str, ...]) -> bool:
    """Whether some line of a header meets a pattern (R93)."""
    return any(pattern.accepts_line(line) is Truth.YES for line in sent)


def meets_values(pattern: ValueMatch, sent: tuple[str, ...]) -> bool:
    """Whether some value of a query parameter meets a pattern (R93)."""
    return any(pattern.accepts(value) is Truth.YES for value in sent)


@lru_cache(CACHED)
def value_axis(patterns: tuple[ValueMatch, ...], *, header: bool) -> Axis[ValueMatch, tuple[str, ...]]:
    """Return the classes of the values sent under one name, which may be sent several times.

    Values of headers are ASCII, except those that a pattern names exactly: no regular expression spans others (R93).
    """
    languages = [language(one.value) for one in patterns if one.regex]
    universe = all_header_values() if header else Automaton.everything()
    found = texts(universe, languages, exact=[one.value for one in patterns if not one.regex])
    meets = meets_lines if header else meets_values

    def alone(pattern: ValueMatch) -> Callable[[str], bool]:
        return lambda value: meets(pattern, (value,))

    return grouped(lines(found, [alone(pattern) for pattern in patterns]), patterns, meets)
