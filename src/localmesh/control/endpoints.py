"""What an app means by a name, and which pods stand behind it now.

Kubernetes takes three steps for this (endpoint slices, the destination service, the proxy); here it is one table.
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
        """Return it as a pod of a namespace knows it."""
        name, own = self.service.ref.name, self.service.ref.namespace
        return Destination(f"{name}.{own}.{self.number}", service_hosts(name, own, namespace), self.number)

    def port(self, pod: Pod) -> ContainerPort | None:
        """Return the port of `pod` that stands behind it, or None if none does."""
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
        """Return it as anybody knows it."""
        hosts = (str(self.pod.address), str(self.pod.local))
        return Destination(f"{self.pod.name}.{self.target.number}", hosts, self.target.number)

    def port(self, pod: Pod) -> ContainerPort | None:
        """Return the port if `pod` is the one that is meant."""
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
    """What a caller's sidecar is told about a port, as Linkerd's destination service would."""

    NONE = ""
    OPAQUE = "opaque"
    """Even HTTP goes to it as a stream of bytes (R65)."""
    PLAIN = "plain"
    """The port bypasses its pod's sidecar (R10), so nothing there answers TLS."""


Hints = Mapping[tuple[Ref, int], Hint]
"""What is particular about some ports, by workload and number."""


class Directory:
    """Every name that can be called, and the pods that there are now.

    Services lead to ready pods, addresses to whatever runs there.
    """

    def __init__(self, services: Iterable[Service], hints: Hints | None = None) -> None:
        self._services = {backend.destination("").name: backend for backend in service_backends(services)}
        self._hints = hints or {}
        self._ready: tuple[Pod, ...] = ()
        self._pods: dict[str, PodBackend] = {}
        self._names: dict[str, dict[str, ServiceBackend]] = {}
        self._behind: dict[str, tuple[tuple[Pod, ContainerPort], ...]] = {}

    def update(self, ready: Iterable[Pod], running: Iterable[Pod]) -> None:
        """Take in which pods there are now."""
        self._ready = tuple(ready)
        backends = [PodBackend(pod, port) for pod in running for port in tcp_ports(pod)]
        self._pods = {name: backend for backend in backends for name in backend.destination("").authorities}
        self._behind.clear()

    def knows(self, caller: Pod, cluster: str) -> bool:
        """Whether the cluster of that name leads to anything in the mesh."""
        return self._backend(caller, cluster) is not None

    def endpoints(self, caller: Pod, cluster: str) -> tuple[Endpoint | LocalEndpoint, ...]:
        """Return who is behind the cluster of that name, as `caller` reaches them."""
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
