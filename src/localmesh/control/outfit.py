"""Fills the folder of a pod before it starts: configuration, certificate, endpoints; and says what it runs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Self

from localmesh.control.endpoints import Backend, Hint
from localmesh.control.front import KIND, Front
from localmesh.envoy import Json
from localmesh.envoy.command import command
from localmesh.envoy.inbound import InboundPort
from localmesh.envoy.ingress import ingress
from localmesh.envoy.sidecar import proxy_url, sidecar
from localmesh.files import make_folder, write
from localmesh.identity.credentials import Credentials
from localmesh.pods import programs
from localmesh.pods.plan import Group
from localmesh.pods.pod import Pod, tcp_ports
from localmesh.pods.runner import Programs
from localmesh.state import StateFolder
from meshpolicy.decide.transport import hinted_opaque
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster


@dataclass(slots=True)
class Outfitter:
    """Knows all that a pod's folder is made of."""

    cluster: Cluster
    folder: StateFolder
    environ: Mapping[str, str]
    credentials: Credentials
    backends: tuple[Backend, ...]
    front: Front | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    """What each app shows its sidecar, by pod name."""

    def equip(self, group: Group, pod: Pod) -> Programs:
        """Write a pod's files, and return its programs."""
        make_folder(pod.app)
        if pod.meshed:
            self.issue(pod)
        write(pod.bootstrap, json.dumps(self.configuration(group, pod)))
        return self.programs(group, pod)

    def issue(self, pod: Pod) -> None:
        """Give a meshed pod a new certificate, and the ingress one more for those outside."""
        self.credentials.issue(pod, serves_outside=pod.workload.kind == KIND)

    def configuration(self, group: Group, pod: Pod) -> Json:
        """Return what the sidecar of a pod is told."""
        if self.front and group.workload.ref.kind == KIND:
            return ingress(pod, self.front.doors(self.cluster, self.backends, pod))
        ports = [
            InboundPort(port.number, pod.socket(port), effective(self.cluster, group.workload, port.number))
            for port in tcp_ports(pod)
        ]
        return sidecar(pod, ports, [backend.destination(pod) for backend in self.backends], self.secret(pod))

    def programs(self, group: Group, pod: Pod) -> Programs:
        """Return what a pod runs."""
        proxy = self.proxy(pod)
        return Programs(
            sidecar=programs.sidecar(pod, command(pod), self.folder, self.environ),
            apps={
                container.name: programs.app(pod, container, self.folder, self.environ, proxy)
                for container in pod.containers
            },
            probes={container.name: container.probes for container in pod.containers},
            grace=group.workload.grace,
        )

    def hints(self, groups: Iterable[Group]) -> dict[tuple[str, int], Hint]:
        """Return what callers are told about the ports of all pods."""
        return {
            (pod.name, port.number): self._hint(group, port.number)
            for group in groups
            for pod in group.places
            for port in tcp_ports(pod)
        }

    def _hint(self, group: Group, port: int) -> Hint:
        if effective(self.cluster, group.workload, port).skipped:
            return Hint.PLAIN
        return Hint.OPAQUE if hinted_opaque(self.cluster, group.workload, port) else Hint.NONE

    def differs(self, group: Group, other: Self, there: Group) -> bool:
        """Whether the pods of a workload would be made otherwise by another outfitter."""
        return any(
            (self.configuration(group, pod), self.programs(group, pod))
            != (other.configuration(there, twin), other.programs(there, twin))
            for pod, twin in zip(group.places, there.places, strict=True)
        )

    def proxy(self, pod: Pod) -> str:
        """Return the way out of a pod, with the secret in it."""
        return proxy_url(pod, self.secret(pod))

    def secret(self, pod: Pod) -> str:
        """Return what the pod's app shows its sidecar; the same as long as this mesh runs."""
        return self.secrets.setdefault(pod.name, token_urlsafe(24))
