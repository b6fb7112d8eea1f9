"""Ways into a pod of which no log of its proxy tells: packets that pass the proxy by, and its own ports. Pure."""

from collections.abc import Iterator, Sequence

from meshpolicy.analysis.ports import callable_ports
from meshpolicy.index.index import index_of
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.portlists import HIGHEST
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

TCP = "TCP"


@record
class PortSpan:
    """Ports on the wire, of one transport protocol."""

    protocol: str
    first: int
    last: int = 0
    """The last port of a range; 0 for a single port."""

    @property
    def manifest(self) -> dict[str, object]:
        """Return it as a NetworkPolicy holds it."""
        more = {"endPort": self.last} if self.last > self.first else {}
        return {"protocol": self.protocol, "port": self.first, **more}

    def __str__(self) -> str:
        text = f"{self.first}-{self.last}" if self.last > self.first else str(self.first)
        return text if self.protocol == TCP else f"{self.protocol} {text}"


def unlogged(cluster: Cluster, servers: Sequence[Workload]) -> Iterator[PortSpan]:
    """Yield the ports of which no log tells, each once: those that bypass the proxy, and those of other protocols."""
    found = [port for one in servers for port in (*_skipped(cluster, one), *_of_other_protocols(cluster, one))]
    yield from dict.fromkeys(found)


def _skipped(cluster: Cluster, workload: Workload) -> Iterator[PortSpan]:
    """Yield the ports that the proxy leaves alone: those that somebody listed for the pod, and those that it has."""
    own = workload.sidecar
    if annotations.SKIP_INBOUND in workload.annotations:
        for part in own.skipped:
            first, last = max(part[0], 1), min(part[-1], HIGHEST)
            yield from (PortSpan(TCP, first, last if last > first else 0),) if first <= last else ()
        return
    yield from (PortSpan(TCP, port) for port in callable_ports(cluster, workload) if own.skips(port))


def _of_other_protocols(cluster: Cluster, workload: Workload) -> Iterator[PortSpan]:
    """Yield the ports of UDP and SCTP that containers declare and Services lead to: no proxy sees them."""
    declared = [port for container in workload.containers for port in container.ports if port.protocol != TCP]
    yield from (PortSpan(port.protocol, port.number) for port in declared)
    for service in index_of(cluster).services(workload):
        for entry in service.ports:
            if entry.protocol != TCP and isinstance(entry.target, int):
                yield PortSpan(entry.protocol, entry.target)
