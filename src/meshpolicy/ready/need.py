"""A need: a call that the manifests declare, or that was observed. Pure values."""

from enum import StrEnum

from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import Place
from meshpolicy.core.match import Network
from meshpolicy.decide.transport import ServiceTarget
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


class NeedKind(StrEnum):
    """Where a need is declared."""

    VARIABLE = "environment variable"
    ARGUMENT = "argument"
    FILE = "mounted file"
    PEER = "peer"
    """Pods of one StatefulSet call each other."""
    INGRESS = "ingress"
    """An Ingress, or a route of a Gateway."""
    PROBE = "probe"
    HOOK = "lifecycle hook"
    SCRAPE = "scrape"
    SIDECAR = "scrape of a sidecar"
    """Prometheus scrapes the proxy's own metrics on the admin port."""
    WEBHOOK = "webhook"
    DNS = "DNS"
    OBSERVED = "observed"
    """A call that was observed."""


class Party(StrEnum):
    """Callers that are not workloads, or whose workload is not in the manifests."""

    KUBELET = "the kubelet"
    API_SERVER = "the API server"
    INGRESS = "the ingress controller"
    PROMETHEUS = "Prometheus"
    OUTSIDE = "an unmeshed client"


@record
class Asking:
    """The request of a need, as far as it is known."""

    traffics: tuple[Traffic, ...] = (Traffic.HTTP,)
    """The kinds of traffic that the caller may send; several if nothing says which."""
    method: str = "GET"
    path: str = "/"
    host: str = ""
    """The host; empty for the Service's name."""
    whole: bool = True
    """Whether this is all that the caller sends to the port; otherwise it may send other requests, too."""

    def __str__(self) -> str:
        if self.traffics == (Traffic.GRPC,):
            return "gRPC" if self.path == "/" else f"gRPC {self.path}"
        if not any(traffic.is_http for traffic in self.traffics):
            return f"{self.traffics[0]} connection"
        return f"{self.method} {self.path}" if self.whole else "requests"


@record
class Need:
    """A call that somebody needs."""

    kind: NeedKind
    caller: Workload | Party
    server: Workload
    port: int
    place: Place
    """The place of the need in a manifest or a log."""
    what: str = ""
    """The variable, argument, field or line that declares the need."""
    through: ServiceTarget | None = None
    """The Service port that is called; None for the pod's address."""
    asking: Asking = Asking()
    sure: bool = True
    """Whether it is certain that the text means a call."""
    networks: tuple[Network, ...] = ()
    """The networks of a caller without a workload; empty if it may be anywhere."""
    either_way: bool = False
    """Whether the caller may use the Service as well as the pods' addresses, as ingress controllers do."""

    @property
    def client(self) -> Workload | None:
        """Return the workload that calls; None for an outside party."""
        return self.caller if isinstance(self.caller, Workload) else None

    @property
    def request(self) -> str:
        """Return the request in words."""
        return "DNS names" if self.kind is NeedKind.DNS else str(self.asking)

    @property
    def caller_name(self) -> str:
        """Return `namespace/name`, or the party's name."""
        return self.caller.ref.namespaced_name if isinstance(self.caller, Workload) else str(self.caller)

    @property
    def server_name(self) -> str:
        """Return `namespace/name:port`."""
        return f"{self.server.ref.namespaced_name}:{self.port}"

    @property
    def key(self) -> tuple[object, ...]:
        """Return what two equal needs have in common, wherever they are written."""
        caller = self.caller.ref if isinstance(self.caller, Workload) else self.caller
        through = None if self.through is None else (self.through.service.ref, self.through.port.number)
        return (caller, self.server.ref, self.port, through, self.asking)


@record
class Unseen:
    """Something that may be a need, but cannot be read from the input."""

    place: Place
    who: str
    """The object that may have the need: `Deployment shop/cart`."""
    what: str
    """The variable, argument or field."""
    why: str
    """Why it cannot be read."""
