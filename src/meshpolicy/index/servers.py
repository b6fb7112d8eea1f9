"""Which Server governs a port of a workload (R13-R16), and which others claim it in vain. Pure."""

from collections.abc import Iterator

from meshpolicy.core.selector import SelectorIndex
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.cluster import NamespacePolicies
from meshpolicy.kinds.container import PROXY
from meshpolicy.kinds.server import Server
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace


class ServerIndex:
    """The Servers of one namespace, found by the labels that they select."""

    def __init__(self, policies: NamespacePolicies) -> None:
        self._pods = SelectorIndex((server.pods, server) for server in policies.servers if server.pods is not None)
        self._external = SelectorIndex(
            (server.external, server) for server in policies.servers if server.external is not None
        )

    def matching(self, workload: Workload) -> Iterator[tuple[Server, Truth]]:
        """Yield the Servers that select a workload, or may, in the order in which they claim ports (R16, R117)."""
        index = self._external if workload.ref.kind == "ExternalWorkload" else self._pods
        return index.matching(workload.labels)

    def selecting(self, workload: Workload) -> Iterator[Server]:
        """Yield the Servers that select a workload, or may."""
        return (server for server, _ in self.matching(workload))

    def claims(self, workload: Workload, port: int) -> Iterator[tuple[Server, Truth]]:
        """Yield the Servers that claim a port, or may; the first for certain governs it, if no other does."""
        for server, met in self.matching(workload):
            if port in port_numbers(workload, server.port):
                yield server, met

    def claiming(self, workload: Workload, port: int) -> Iterator[Server]:
        """Yield the Servers that claim a port for certain; the first one governs it."""
        return (server for server, met in self.claims(workload, port) if met is Truth.YES)


def port_numbers(workload: Workload, port: int | str) -> tuple[int, ...]:
    """Return the numbers that a port means on a workload: itself, or the TCP ports of that name (R11, R15).

    A pod may have several of one name, each container its own, and the sidecar that it gets is one more; of an
    ExternalWorkload's the last one counts. The API takes an empty name of both: no pod's port has it, for Kubernetes
    stores it as none; an ExternalWorkload's can.
    """
    if isinstance(port, int):
        return (port,)
    declared = tuple(
        entry.number
        for container in workload.containers
        for entry in container.ports
        if entry.name == port and (port or entry.empty) and entry.protocol == "TCP"
    )
    if workload.ref.kind == "ExternalWorkload":
        return declared[-1:]
    own = workload.sidecar.ports.named(port)
    if own is None or own in declared or not workload.meshed or (declared and _holds_proxy(workload)):
        return declared
    return (*declared, own) if workload.sidecar.native else (own, *declared)


def _holds_proxy(workload: Workload) -> bool:
    """Whether the proxy is in the manifest with its ports: the injector adds no other."""
    return any(container.name == PROXY and container.ports for container in workload.containers)


def target_ports(workload: Workload, target: int | str) -> tuple[int, ...]:
    """Return the port to which a Service's targetPort leads; of several of one name it is the first.

    Init containers that go on running come last, others have no say (Kubernetes, k8s.io/endpointslice FindPort;
    of ExternalWorkloads, controller/api/destination/external-workload findWorkloadPort).
    """
    external = workload.ref.kind == "ExternalWorkload"
    if isinstance(target, int) and not external:
        return (target,)
    running = [one for one in workload.containers if not one.init or one.sidecar]
    containers = sorted(running, key=lambda container: container.init)
    if external:
        declared = (port for container in containers for port in container.ports if port.protocol == "TCP")
        return tuple(port.number for port in declared if target in (port.name, port.number))[:1]
    return port_numbers(replace(workload, containers=tuple(containers)), target)[:1]
