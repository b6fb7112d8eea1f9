"""Traffic as plain values that are sent as JSON to the command line and the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EdgeView:
    """An edge between client and server with its rates, named as in `linkerd viz stat` and `edges`."""

    source: str
    source_namespace: str
    client_id: str
    """The verified identity; empty without mutual TLS."""
    destination: str
    destination_namespace: str
    server_id: str
    port: str
    tls: str
    """`TLSv1.3`; empty for plain text."""
    rps: float
    """Requests per second that were not refused."""
    success: float | None
    """The share of these that did not fail, 0 to 1; None without one."""
    unauthorized: float
    """Requests per second that the policies refused."""
    latency_p50: float | None
    """Milliseconds, as the server's sidecar saw them."""
    latency_p95: float | None
    latency_p99: float | None

    @property
    def secured(self) -> bool:
        """Whether the edge uses mutual TLS."""
        return bool(self.client_id and self.server_id and self.tls)


@dataclass(frozen=True, slots=True)
class StatView:
    """All edges and their rates within a window."""

    window: int
    """Length of the window in seconds."""
    edges: tuple[EdgeView, ...]


@dataclass(frozen=True, slots=True)
class TapView:
    """One request as a sidecar saw it."""

    time: float
    """When it ended, in seconds since 1970."""
    pod: str
    proxy: str
    """`in` where the pod was called, `out` where it called."""
    source: str
    destination: str
    client_id: str
    tls: bool
    method: str
    authority: str
    path: str
    status: int
    """0 where no answer was sent."""
    latency: float
    """Milliseconds."""
    verdict: str
    route: str
    authorization: str
    flags: str
    trace: str
    """The id of its trace; empty where the request names none."""
    port: int
    """The port of the pod that was called; 0 if the pod made the call."""
    peer: str
    """The address that the connection came from."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Requests that `tap` leaves out, because they came faster than they were read."""

    dropped: int


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A request that was refused, and what refused it."""

    number: int
    """Sequence number, so that a client gets each refusal once."""
    time: float
    source: str
    client_id: str
    destination: str
    port: str
    request: str
    verdict: str
    status: int
    rule: str
    """The object that refused it, as `Kind namespace/name`; empty if unknown."""
    place: str
    """Position of that object, as `file:line`."""
    reasons: tuple[str, ...]
    """The steps of the decision, or why it is unknown."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A recent change of the mesh."""

    number: int
    time: float
    kind: str
    """`apply`, `scale`, `restart`, `rotate`, `verify`, `pod`."""
    text: str
