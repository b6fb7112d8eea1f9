"""What somebody needs: a call that the manifests declare, or that was observed. Pure values."""

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
    """Prometheus reads the proxy's own metrics, of the admin port."""
    WEBHOOK = "webhook"
    DNS = "DNS"
    OBSERVED = "observed"
    """A call that was seen."""


class Party(StrEnum):
    """Callers that are no workloads, or whose workload the manifests do not have."""

    KUBELET = "the kubelet"
    API_SERVER = "the API server"
    INGRESS = "the ingress controller"
    PROMETHEUS = "Prometheus"
    OUTSIDE = "an unmeshed client"


@record
class Asking:
    """What is asked for, as far as it is known."""

    traffics: tuple[Traffic, ...] = (Traffic.HTTP,)
    """What the caller may speak: several where nothing says which of them."""
    method: str = "GET"
    path: str = "/"
    host: str = ""
    """Empty: the Service's name."""
    whole: bool = True
    """Whether it is the whole request; else the caller may ask for more on the port."""

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
    """Where it is written: in a manifest, or in a log."""
    what: str = ""
    """The variable, argument, field or line that says it."""
    through: ServiceTarget | None = None
    """None: the pod's address is called."""
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
        """Return what is asked for, in words."""
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
        """Return what makes it the same need as another, wherever it is written."""
        caller = self.caller.ref if isinstance(self.caller, Workload) else self.caller
        through = None if self.through is None else (self.through.service.ref, self.through.port.number)
        return (caller, self.server.ref, self.port, through, self.asking)


@record
class Unseen:
    """Something that may be a need, and that cannot be read from the input."""

    place: Place
    who: str
    """Whose it is: `Deployment shop/cart`."""
    what: str
    """The variable, argument or field."""
    why: str
    """Why it cannot be read."""
