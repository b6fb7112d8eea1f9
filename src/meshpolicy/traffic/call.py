"""A call that a proxy has seen, as far as its log or metric tells. Pure values."""

from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.record import record, replace


class CallerKind(StrEnum):
    """What is known of who calls."""

    IDENTITY = "identity"
    """A certificate was shown and verified."""
    UNMESHED = "unmeshed"
    """None was shown."""
    WORKLOAD = "workload"
    """Told by name, without a certificate: the caller's own proxy writes of its pod."""
    UNKNOWN = "unknown"
    """The source does not say."""


@record
class Caller:
    """Who calls."""

    kind: CallerKind
    identity: str = ""
    """The verified name; empty without one."""
    address: str = ""
    """Where the connection came from, without its port; empty where the source does not say."""
    name: str = ""
    """What the source calls it: a pod, `kubelet`, `unmeshed`; empty where it does not."""


@record
class Called:
    """Who is called. A part that the source does not tell is empty, a port 0."""

    namespace: str = ""
    pod: str = ""
    workload: str = ""
    """The Deployment, StatefulSet or other controller of the pod."""
    container: str = ""
    """The container that wrote the line."""
    port: int = 0
    """The port of the pod."""
    address: str = ""
    """The address that the connection went to."""
    server: str = ""
    """The Server that governed the port, or the default policy, by its name."""
    route: str = ""
    """The route that the request met."""


class Side(StrEnum):
    """Whose proxy tells of a call."""

    SERVER = "server"
    CLIENT = "client"


class Transport(StrEnum):
    """What protects the connection, as the proxy that tells of it saw it."""

    MTLS = "mTLS"
    TLS = "TLS"
    """TLS without a client's certificate, or TLS that the proxy did not end."""
    PLAIN = "plain text"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What became of a call."""

    ALLOWED = "allowed"
    """Policies let it pass."""
    REFUSED = "refused"
    """A policy, or the lack of one, kept it from the application."""
    UNKNOWN = "unknown"
    """The source does not say: a 403 may come from the proxy and from the application."""


@record
class ObservedCall:
    """One request or connection, or many alike."""

    source: str
    """What tells of it: a kind of log, or the name of a series."""
    place: Place
    """The file and the line."""
    side: Side
    client: Caller
    server: Called
    transport: Transport
    outcome: Outcome
    http: bool = True
    """Whether it is an HTTP request; else a connection of another protocol."""
    method: str | None = None
    """None: not told."""
    host: str | None = None
    """The Host or :authority that was asked for, with its port; None: not told."""
    path: str | None = None
    """As it was sent, without its query; None: not told, or not all of it."""
    query: str | None = None
    status: int | None = None
    """The answer's HTTP status; None if it was not logged or no answer came."""
    count: int = 1
    """How many; at least 1."""
    first: float | None = None
    """Seconds since 1970; None: not told."""
    last: float | None = None

    @property
    def what(self) -> tuple[object, ...]:
        """Return all that is told but where, when and how often: calls that have it in common are alike."""
        return (
            self.source, self.side, self.client, self.server, self.transport, self.outcome, self.http,
            self.method, self.host, self.path, self.query, self.status,
        )  # fmt: skip

    def and_also(self, other: "ObservedCall") -> "ObservedCall":
        """Return this call and another that is like it as one."""
        first = [one for one in (self.first, other.first) if one is not None]
        last = [one for one in (self.last, other.last) if one is not None]
        count = self.count + other.count
        return replace(self, count=count, first=min(first, default=None), last=max(last, default=None))

    @property
    def request(self) -> str:
        """Return method and path in words."""
        if not self.http:
            return "a connection"
        return f"{self.method or 'some method'} {self.path or 'some path'}"


def by_status(status: int | None) -> Outcome:
    """Return what a status says: an answer of 2xx or 3xx passed the policies, others may come from the proxy itself.

    Sources: linkerd2-proxy `linkerd/app/inbound/src/http/server.rs` (400, 403, 404, 429, 500 to 504 are its own).
    """
    return Outcome.ALLOWED if status is not None and 200 <= status < 400 else Outcome.UNKNOWN
