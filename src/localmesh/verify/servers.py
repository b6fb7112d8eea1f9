"""The ports of the running pods that can be called, with their policies and one request of every class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import islice

from localmesh.views import PodView
from meshpolicy.analysis.calls import NOT_COMPUTED
from meshpolicy.analysis.outcomes import patterns_of
from meshpolicy.analysis.requests import Requests
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.policy import PortPolicy, Protocol
from meshpolicy.decide.request import Request
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster

MOST_REQUESTS = 200
"""Classes of requests of one port that are sent."""
STREAMS = (Protocol.OPAQUE, Protocol.TLS)


@dataclass(frozen=True, slots=True)
class VerifyServer:
    """A port of a pod."""

    pod: str
    workload: str
    port: str
    number: int
    address: IPv4Address
    """The loopback address where its sidecar listens."""
    identity: str
    """Empty without a sidecar."""
    policy: PortPolicy

    @property
    def name(self) -> str:
        """Return it as findings name it: all pods of a workload are told alike."""
        return f"{self.workload}:{self.port}"

    @property
    def authority(self) -> str:
        """Return what callers put into `Host` by default."""
        return f"{self.address}:{self.number}"

    @property
    def traffic(self) -> Traffic:
        """Return the version of HTTP in which it is asked."""
        return Traffic.HTTP2 if self.policy.protocol in (Protocol.HTTP2, Protocol.GRPC) else Traffic.HTTP

    @property
    def guarded(self) -> bool:
        """Whether a sidecar that ends TLS stands before the port."""
        return bool(self.identity) and not self.policy.skipped

    @property
    def speaks_http(self) -> bool:
        """Whether requests are what the port takes; of a stream nobody can tell whether the app got it."""
        return self.policy.protocol not in STREAMS


def servers(cluster: Cluster, pods: Sequence[PodView]) -> Iterator[VerifyServer]:
    """Yield every port of the pods that run, but those of the ingress, which serves outsiders."""
    for pod in pods:
        workload = cluster.workload(pod.namespace, pod.workload)
        if workload is None:
            continue
        for port, number in pod.ports.items():
            policy = effective(cluster, workload, number).taken_to_hold()
            yield VerifyServer(pod.name, pod.workload, port, number, IPv4Address(pod.address), pod.identity, policy)


@dataclass(frozen=True, slots=True)
class Classes:
    """One request of each class that the policy of a port tells apart, and what was left out."""

    requests: tuple[Request, ...]
    left_out: str = ""


def classes(server: VerifyServer) -> Classes:
    """Return one request of each class; a class whose header has several lines is left out, as Envoy joins them."""
    try:
        found = Requests.of(patterns_of([server.policy])[0])
    except NOT_COMPUTED as error:
        return Classes((Request("GET", "/", {}, server.authority),), f"classes of requests are not computed: {error}")
    sent = [_addressed(found.request(cell), server) for cell in islice(found.cells(), MOST_REQUESTS)]
    plain = tuple(one for one in sent if not any(NEXT_LINE in value for value in one.headers.values()))
    more = found.count - len(plain)
    return Classes(plain, f"{more} of {found.count} classes of requests" if more else "")


def _addressed(request: Request, server: VerifyServer) -> Request:
    return Request(request.method, request.path, request.headers, request.authority or server.authority)
