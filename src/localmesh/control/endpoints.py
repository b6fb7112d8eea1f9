"""Resolves the name that an app calls to the pods behind it.

On a cluster, endpoint slices, the destination service and the proxy do this together; here it is one table.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from localmesh.envoy.clusters import authority_of
from localmesh.envoy.endpoints import Destination, Endpoint, LocalEndpoint, service_hosts
from localmesh.pods.pod import Pod, tcp_ports
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.container import ContainerPort
from meshpolicy.kinds.service import Service


@dataclass(frozen=True, slots=True)
class ServiceBackend:
    """The pods behind one port of a Service."""

    service: Service
    number: int
    target: int | str
    """A container port's number or name."""

    def destination(self, namespace: str) -> Destination:
        """Return the destination with the names that pods of `namespace` use."""
        name, own = self.service.ref.name, self.service.ref.namespace
        return Destination(f"{name}.{own}.{self.number}", service_hosts(name, own, namespace), self.number)

    def port(self, pod: Pod) -> ContainerPort | None:
        """Return the container port of `pod` that the Service port targets, or None if there is none."""
        if not self.service.selects(pod.namespace, pod.labels):
            return None
        found = next((port for port in tcp_ports(pod) if self.target in (port.number, port.name)), None)
        # A Service may target a number that no container declares.
        return found or (ContainerPort(self.target) if isinstance(self.target, int) else None)


@dataclass(frozen=True, slots=True)
class PodBackend:
    """One port of one pod, called by its address."""

    pod: Pod
    target: ContainerPort

    def destination(self, _namespace: str) -> Destination:
        """Return the destination; its name is the same in every namespace."""
        hosts = (str(self.pod.address), str(self.pod.local))
        return Destination(f"{self.pod.name}.{self.target.number}", hosts, self.target.number)

    def port(self, pod: Pod) -> ContainerPort | None:
        """Return the container port if `pod` is this backend's pod, else None."""
        return self.target if pod.name == self.pod.name else None


Backend = ServiceBackend | PodBackend


def service_backends(services: Iterable[Service]) -> tuple[ServiceBackend, ...]:
    """Return every TCP port of every Service."""
    return tuple(
        ServiceBackend(service, port.number, port.target)
        for service in services
        for port in service.ports
        if port.protocol == "TCP"
    )


class Hint(StrEnum):
    """What a client's sidecar must know about a port, as from Linkerd's destination service."""

    NONE = ""
    OPAQUE = "opaque"
    """Even HTTP is sent to the port as an opaque stream (R65)."""
    PLAIN = "plain"
    """The port bypasses its pod's sidecar (R10), so nothing there answers TLS."""


Hints = Mapping[tuple[Ref, int], Hint]
"""Hints by workload and port number; most ports have none."""


class Directory:
    """Every name that can be called, and the current pods.

    Services resolve to ready pods, addresses to the running pod with that address.
    """

    def __init__(self, services: Iterable[Service], hints: Hints | None = None) -> None:
        self._services = {backend.destination("").name: backend for backend in service_backends(services)}
        self._hints = hints or {}
        self._ready: tuple[Pod, ...] = ()
        self._pods: dict[str, PodBackend] = {}
        self._names: dict[str, dict[str, ServiceBackend]] = {}
        self._behind: dict[str, tuple[tuple[Pod, ContainerPort], ...]] = {}

    def update(self, ready: Iterable[Pod], running: Iterable[Pod]) -> None:
        """Replace the known pods by the current ones."""
        self._ready = tuple(ready)
        backends = [PodBackend(pod, port) for pod in running for port in tcp_ports(pod)]
        self._pods = {name: backend for backend in backends for name in backend.destination("").authorities}
        self._behind.clear()

    def knows(self, caller: Pod, cluster: str) -> bool:
        """Whether the name of an Envoy cluster stands for a destination in the mesh."""
        return self._backend(caller, cluster) is not None

    def endpoints(self, caller: Pod, cluster: str) -> tuple[Endpoint | LocalEndpoint, ...]:
        """Return the endpoints of the Envoy cluster `cluster`, as `caller` reaches them."""
        backend = self._backend(caller, cluster)
        return tuple(self._endpoint(caller, pod, port) for pod, port in self._members(backend)) if backend else ()

    def _backend(self, caller: Pod, cluster: str) -> Backend | None:
        authority = authority_of(cluster)
        if authority is None:  # an ingress knows a Service by its own name
            return self._services.get(cluster)
        if caller.namespace not in self._names:
            self._names[caller.namespace] = {}
            for backend in self._services.values():
                for name in backend.destination(caller.namespace).authorities:
                    self._names[caller.namespace].setdefault(name, backend)
        return self._names[caller.namespace].get(authority) or self._pods.get(authority)

    def _members(self, backend: Backend) -> Iterator[tuple[Pod, ContainerPort]]:
        if isinstance(backend, PodBackend):
            return iter([(backend.pod, backend.target)])
        name = backend.destination("").name
        if name not in self._behind:
            self._behind[name] = tuple((pod, port) for pod in self._ready if (port := backend.port(pod)))
        return iter(self._behind[name])

    def _endpoint(self, caller: Pod, pod: Pod, port: ContainerPort) -> Endpoint | LocalEndpoint:
        if pod.name == caller.name:
            return LocalEndpoint(pod.socket(port))
        hint = self._hints.get((pod.workload, port.number), Hint.NONE)
        identity = "" if hint is Hint.PLAIN else pod.identity
        return Endpoint(pod.local, port.number, identity, hint is Hint.OPAQUE)
