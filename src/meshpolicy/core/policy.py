"""The inbound policy of one port, as Linkerd's controller would hand it to the proxy. Pure values.

Every part remembers the object it came from, so that an answer can say why.
The shapes follow linkerd2 `policy-controller/core/src/inbound.rs`.
"""

from collections.abc import Mapping
from enum import StrEnum

from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, IdentityMatch, NetworkMatch
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.record import record, replace


class DefaultPolicy(StrEnum):
    """What a port without a Server allows; also the words of a Server's `accessPolicy` (R1, R19, R22)."""

    ALL_UNAUTHENTICATED = "all-unauthenticated"
    ALL_AUTHENTICATED = "all-authenticated"
    CLUSTER_UNAUTHENTICATED = "cluster-unauthenticated"
    CLUSTER_AUTHENTICATED = "cluster-authenticated"
    DENY = "deny"
    AUDIT = "audit"


class Protocol(StrEnum):
    """What the proxy expects on a port, by the names of `proxyProtocol` (R18)."""

    UNKNOWN = "unknown"
    HTTP1 = "HTTP/1"
    HTTP2 = "HTTP/2"
    GRPC = "gRPC"
    OPAQUE = "opaque"
    TLS = "TLS"

    @property
    def http_only(self) -> bool:
        """Whether a port of this protocol takes no bytes but HTTP, whoever sends them (R63, R64)."""
        return self in (Protocol.HTTP1, Protocol.HTTP2, Protocol.GRPC)


@record
class Unauthenticated:
    """Anyone: no TLS is asked for."""


@record
class TlsUnauthenticated:
    """Anyone whose TLS this proxy terminated, with or without an identity."""


@record
class TlsAuthenticated:
    """A client whose verified identity matches one of these."""

    identities: tuple[IdentityMatch, ...]


Authentication = Unauthenticated | TlsUnauthenticated | TlsAuthenticated


@record
class Authorization:
    """A grant: some network holds the peer's address AND the authentication holds (R81)."""

    ref: Ref
    networks: tuple[NetworkMatch, ...]
    authentication: Authentication
    via: tuple[Ref, ...] = ()
    """The authentications and accounts that `ref` names."""


@record
class HeaderChange:
    """A RequestHeaderModifier: adds, then sets, then removes (R54)."""

    add: tuple[tuple[str, str], ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()

    def changed(self, headers: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the headers that it changes, as they are then; None: there is none of the name."""
        found: dict[str, str | None] = {}
        for name, value in self.add:
            before = found.get(name, headers.get(name))
            found[name] = value if before is None else f"{before}, {value}"
        return found | dict(self.set) | dict.fromkeys(self.remove)


@record
class Redirect:
    """A RequestRedirect; a part that is None stays as it was in the request."""

    status: int = 302
    scheme: str | None = None
    hostname: str | None = None
    port: int | None = None
    path: str | None = None
    """Replaces all of the path."""
    prefix: str | None = None
    """Replaces the matched prefix."""


Filter = HeaderChange | Redirect


@record
class HttpRule:
    """One rule: any of its matches; without matches, every request, ranked as prefix `/` (R88)."""

    matches: tuple[HttpMatch, ...] = ()
    filters: tuple[Filter, ...] = ()


@record
class HttpRoute:
    """An HTTPRoute that is in force on a port, or the default or probe route that Linkerd adds (R57)."""

    ref: Ref
    rules: tuple[HttpRule, ...]
    hostnames: tuple[HostMatch, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    """Its own, then those of the Server (R51): ready to be evaluated."""


@record
class GrpcRule:
    """One rule of a GRPCRoute; without matches, every call."""

    matches: tuple[GrpcMatch, ...] = ()
    filters: tuple[Filter, ...] = ()


@record
class GrpcRoute:
    """A GRPCRoute that is in force on a port, or Linkerd's default one."""

    ref: Ref
    rules: tuple[GrpcRule, ...]
    hostnames: tuple[HostMatch, ...] = ()
    authorizations: tuple[Authorization, ...] = ()


@record
class RateLimitOverride:
    """One bucket shared by these identities (R101)."""

    rps: int
    identities: tuple[IdentityMatch, ...]


@record
class RateLimit:
    """An HTTPLocalRateLimitPolicy in force; rates in requests per second and proxy (R99-R102)."""

    ref: Ref
    total: int | None = None
    identity: int | None = None
    overrides: tuple[RateLimitOverride, ...] = ()


class PortRole(StrEnum):
    """Who listens on a port."""

    APPLICATION = "application"
    ADMIN = "admin"
    """The proxy's admin server (R103)."""
    INBOUND = "inbound"
    """The proxy, for other proxies (R68)."""


@record
class Bypass:
    """Clients whose packets reach the application without the proxy."""

    network: NetworkMatch
    reason: Reason


@record
class PortPolicy:
    """All that decides who may call one port of one workload."""

    workload: Ref
    port: int
    server: Ref
    """The Server that governs the port, or the default policy."""
    protocol: Protocol
    authorizations: tuple[Authorization, ...] = ()
    """The Server's list S (R24) with Linkerd's localhost grant last (R80)."""
    http_routes: tuple[HttpRoute, ...] = ()
    """In Linkerd's order (R55); empty where the protocol has no HTTP routes (R50)."""
    grpc_routes: tuple[GrpcRoute, ...] = ()
    rate_limit: RateLimit | None = None
    invalid: Ref | None = None
    """The object that makes the proxy refuse the whole policy (R56): everything is denied."""
    role: PortRole = PortRole.APPLICATION
    unguarded: Reason | None = None
    """Why packets to the port meet no proxy: it is skipped (R10), or the pod has none (R7); None: they meet one."""
    misled: Reason | None = None
    """Why the proxies of meshed clients look for a proxy that the pod does not have; None: they do not."""
    bypasses: tuple[Bypass, ...] = ()
    """Clients that bypass the proxy on every port (R114, R115)."""
    unknown: Reason | None = None
    """Why nobody can tell from the manifests what the proxy does."""
    alternatives: tuple["Alternative", ...] = ()
    """What may hold instead: the manifests do not decide it."""

    @property
    def skipped(self) -> bool:
        """Whether packets to the port meet no proxy, so that everything is allowed."""
        return self.unguarded is not None

    @property
    def skipped_in_any_case(self) -> bool:
        """Whether it is skipped by whatever may hold instead, too."""
        return self.skipped and all(other.policy.skipped_in_any_case for other in self.alternatives)

    def taken_to_hold(self) -> "PortPolicy":
        """Return it without its alternatives: for whoever makes it hold, as the local mesh does."""
        return replace(self, alternatives=())


@record
class Alternative:
    """Another policy that may hold on a port."""

    policy: PortPolicy
    reason: Reason
    at_first: bool = False
    """Whether it holds for the first connections only, until the proxy knows better (R104)."""
    cause: str = ""
    """What leaves it open, where that leaves several things open: a Namespace that is not in the input."""
