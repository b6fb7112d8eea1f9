"""Which pods stand behind which name now, told to every sidecar by files that it watches.

Kubernetes takes three steps for this (endpoint slices, the destination service, the proxy); here it is a file's move.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from localmesh.envoy.endpoints import (
    Destination,
    Endpoint,
    LocalEndpoint,
    endpoints,
    endpoints_file,
    service_hosts,
)
from localmesh.files import make_folder, write
from localmesh.pods.pod import Pod, tcp_ports
from meshpolicy.kinds.container import ContainerPort
from meshpolicy.kinds.service import Service


@dataclass(frozen=True, slots=True)
class ServiceBackend:
    """The pods behind one port of a Service."""

    service: Service
    number: int
    target: int | str
    """A container port's number or name."""

    def destination(self, caller: Pod) -> Destination:
        """Return it as `caller` knows it."""
        name, namespace = self.service.ref.name, self.service.ref.namespace
        hosts = service_hosts(name, namespace, caller.namespace)
        return Destination(f"{name}.{namespace}.{self.number}", hosts, self.number)

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

    def destination(self, _caller: Pod) -> Destination:
        """Return it as anybody knows it."""
        hosts = (str(self.pod.address), str(self.pod.local))
        return Destination(f"{self.pod.name}.{self.target.number}", hosts, self.target.number)

    def port(self, pod: Pod) -> ContainerPort | None:
        """Return the port if `pod` is the one that is meant."""
        return self.target if pod.name == self.pod.name else None


Backend = ServiceBackend | PodBackend


def backends(services: Iterable[Service], pods: Iterable[Pod]) -> tuple[Backend, ...]:
    """Return all that an app can call: every TCP port of every Service, and every pod's ports by its address."""
    of_services = (
        ServiceBackend(service, port.number, port.target)
        for service in services
        for port in service.ports
        if port.protocol == "TCP"
    )
    return (*of_services, *(PodBackend(pod, port) for pod in pods for port in tcp_ports(pod)))


class Hint(StrEnum):
    """What a caller's sidecar is told about a port, as Linkerd's destination service would."""

    NONE = ""
    OPAQUE = "opaque"
    """Even HTTP goes to it as a stream of bytes (R65)."""
    PLAIN = "plain"
    """It does not pass its own pod's sidecar (R10), so nobody would answer TLS."""


@dataclass(slots=True)
class Publisher:
    """Writes the endpoints of every destination for every sidecar, and only what has changed."""

    backends: tuple[Backend, ...]
    hints: Mapping[tuple[str, int], Hint] = field(default_factory=dict)
    """What is particular about some ports, by pod and number."""
    written: dict[Path, str] = field(default_factory=dict)

    def publish(self, consumers: Iterable[Pod], ready: Iterable[Pod], running: Iterable[Pod]) -> None:
        """Tell every consumer: Services lead to ready pods, addresses to whatever runs there."""
        ready, running = tuple(ready), tuple(running)
        for consumer in consumers:
            make_folder(consumer.endpoints)
            for backend in self.backends:
                pods = ready if isinstance(backend, ServiceBackend) else running
                found = [self._endpoint(consumer, pod, port) for pod in pods if (port := backend.port(pod))]
                destination = backend.destination(consumer)
                self._write(endpoints_file(consumer, destination), json.dumps(endpoints(destination, found)))

    def forget(self, consumer: Pod) -> None:
        """Write all anew when this pod comes back: its folder is gone."""
        self.written = {path: text for path, text in self.written.items() if path.parent != consumer.endpoints}

    def _endpoint(self, consumer: Pod, pod: Pod, port: ContainerPort) -> Endpoint | LocalEndpoint:
        if pod.name == consumer.name:
            return LocalEndpoint(pod.socket(port))
        hint = self.hints.get((pod.name, port.number), Hint.NONE)
        identity = "" if hint is Hint.PLAIN else pod.identity
        return Endpoint(pod.local, port.number, identity, hint is Hint.OPAQUE)

    def _write(self, path: Path, text: str) -> None:
        if self.written.get(path) != text:
            write(path, text)
            self.written[path] = text
