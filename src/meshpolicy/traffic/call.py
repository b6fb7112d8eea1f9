"""A call that a proxy observed, as far as its log or metric shows. Pure values."""

from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.record import record, replace


class CallerKind(StrEnum):
    """What is known about the caller."""

    IDENTITY = "identity"
    """A certificate was shown and verified."""
    UNMESHED = "unmeshed"
    """No certificate was shown."""
    WORKLOAD = "workload"
    """The caller is known by name, without a certificate: its own proxy reports its pod."""
    UNKNOWN = "unknown"
    """The source does not say."""


@record
class Caller:
    """The caller of an observed call."""

    kind: CallerKind
    identity: str = ""
    """The verified name; empty if there is none."""
    address: str = ""
    """The address of the client, without its port; empty if the source does not say."""
    name: str = ""
    """The source's name for the caller: a pod, `kubelet`, `unmeshed`; empty if it has none."""


@record
class Called:
    """The server of an observed call. Parts that the source does not say are empty; an unknown port is 0."""

    namespace: str = ""
    pod: str = ""
    workload: str = ""
    """The Deployment, StatefulSet or other controller of the pod."""
    container: str = ""
    """The container that wrote the line."""
    port: int = 0
    """The port of the pod."""
    address: str = ""
    """The destination address of the connection."""
    server: str = ""
    """The Server that governed the port, or the default policy, by its name."""
    route: str = ""
    """The route that the request matched."""


class Side(StrEnum):
    """The side whose proxy reports a call."""

    SERVER = "server"
    CLIENT = "client"


class Transport(StrEnum):
    """The protection of the connection, as seen by the reporting proxy."""

    MTLS = "mTLS"
    TLS = "TLS"
    """TLS without a client certificate, or TLS that the proxy did not terminate."""
    PLAIN = "plain text"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """The outcome of a call."""

    ALLOWED = "allowed"
    """Policies allowed it."""
    REFUSED = "refused"
    """It did not reach the application, because of a policy or the lack of one."""
    UNKNOWN = "unknown"
    """The source does not say: a 403 may come from the proxy and from the application."""


@record
class ObservedCall:
    """One request or connection, or several equal ones."""

    source: str
    """The source: a kind of log, or the name of a series."""
    place: Place
    """The file and the line."""
    side: Side
    client: Caller
    server: Called
    transport: Transport
    outcome: Outcome
    http: bool = True
    """Whether it is an HTTP request; otherwise it is a connection with another protocol."""
    method: str | None = None
    """The method; None if unknown."""
    host: str | None = None
    """The Host or :authority of the request, with its port; None if unknown."""
    path: str | None = None
    """The path as sent, without its query; None if it is not fully known."""
    query: str | None = None
    status: int | None = None
    """The answer's HTTP status; None if it was not logged or no answer came."""
    count: int = 1
    """The number of equal calls; at least 1."""
    first: float | None = None
    """The time of the first call, in seconds since 1970; None if unknown."""
    last: float | None = None

    @property
    def what(self) -> tuple[object, ...]:
        """Return everything that is known except place, time and count; calls with equal values are merged."""
        return (
            self.source, self.side, self.client, self.server, self.transport, self.outcome, self.http,
            self.method, self.host, self.path, self.query, self.status,
        )  # fmt: skip

    def and_also(self, other: "ObservedCall") -> "ObservedCall":
        """Return this call merged with an equal one."""
        first = [one for one in (self.first, other.first) if one is not None]
        last = [one for one in (self.last, other.last) if one is not None]
        count = self.count + other.count
        return replace(self, count=count, first=min(first, default=None), last=max(last, default=None))

    @property
    def request(self) -> str:
        """Return the method and path in words."""
        if not self.http:
            return "a connection"
        return f"{self.method or 'some method'} {self.path or 'some path'}"


def by_status(status: int | None) -> Outcome:
    """Return the outcome for a status: 2xx and 3xx passed the policies, others may come from the proxy itself.

    Sources: linkerd2-proxy `linkerd/app/inbound/src/http/server.rs` (400, 403, 404, 429, 500 to 504 are its own).
    """
    return Outcome.ALLOWED if status is not None and 200 <= status < 400 else Outcome.UNKNOWN
