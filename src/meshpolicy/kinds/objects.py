"""The objects of the API as they are written: names and references, not yet joined. Pure values."""

from dataclasses import dataclass

from meshpolicy.core.match import HostMatch, NetworkMatch
from meshpolicy.core.policy import DefaultPolicy, GrpcRule, HttpRule, Protocol, Ref
from meshpolicy.core.selector import Selector

POLICY_GROUP = "policy.linkerd.io"
GATEWAY_GROUP = "gateway.networking.k8s.io"


@dataclass(frozen=True, slots=True)
class Target:
    """A reference by group, kind and name; `namespace` is filled in where it was left out."""

    group: str
    kind: str
    namespace: str
    name: str
    port: int | None = None
    section: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A Server: ports of pods (or of ExternalWorkloads), their protocol and what is granted by itself."""

    ref: Ref
    created: str
    port: int | str
    protocol: Protocol
    access: DefaultPolicy
    pods: Selector | None = None
    external: Selector | None = None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AuthorizationPolicy:
    """An AuthorizationPolicy: all of its references must hold (R29)."""

    ref: Ref
    target: Target
    references: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class MeshTLSAuthentication:
    """Identities, in words and by reference; any of them holds (R34)."""

    ref: Ref
    identities: tuple[str, ...]
    references: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class NetworkAuthentication:
    """Networks with their exceptions; any of them holds (R36)."""

    ref: Ref
    networks: tuple[NetworkMatch, ...]


@dataclass(frozen=True, slots=True)
class ServerAuthorization:
    """A ServerAuthorization, the older form: it selects Servers by name or by their labels (R39-R42)."""

    ref: Ref
    server: str
    selector: Selector | None
    networks: tuple[NetworkMatch, ...]
    unauthenticated: bool = False
    any_tls: bool = False
    identities: tuple[str, ...] = ()
    accounts: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class RateLimitPolicy:
    """An HTTPLocalRateLimitPolicy as written; overrides are (requests per second, accounts)."""

    ref: Ref
    created: str
    target: Target
    total: int | None
    identity: int | None
    overrides: tuple[tuple[int, tuple[Target, ...]], ...]


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a rule of a Gateway's route sends a request."""

    namespace: str
    name: str
    port: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTPRoute or GRPCRoute; its parents decide whether it is policy, ingress or outbound."""

    ref: Ref
    created: str
    parents: tuple[Target, ...]
    hostnames: tuple[HostMatch, ...] = ()
    http: tuple[HttpRule, ...] = ()
    grpc: tuple[GrpcRule, ...] = ()
    backends: tuple[tuple[Backend, ...], ...] = ()
    """Of each rule, in their order."""
    unusable: str = ""
    """Why Linkerd drops the route although it was admitted (R53); empty: it is used."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener of a Gateway."""

    name: str
    port: int
    protocol: str
    hostname: str = ""
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway, for the ingress."""

    ref: Ref
    class_name: str
    listeners: tuple[Listener, ...]


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Namespace."""

    ref: Ref
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
