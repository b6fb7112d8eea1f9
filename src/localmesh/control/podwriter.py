"""Says what a pod is made of: its programs, and what its sidecar is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from localmesh.control.endpoints import Directory, Hint
from localmesh.control.ingressgateway import KIND, IngressGateway
from localmesh.envoy.bootstrap import bootstrap
from localmesh.envoy.command import command
from localmesh.envoy.inbound import InboundPort
from localmesh.envoy.ingress import ingress
from localmesh.envoy.sidecar import proxy_url, sidecar
from localmesh.envoy.wire import Resource
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


@dataclass(frozen=True)
class PodWriter:
    """Knows all that the manifests say of the pods."""

    cluster: Cluster
    groups: tuple[Group, ...]
    folder: StateFolder
    environ: Mapping[str, str]
    credentials: Credentials
    ingress: IngressGateway | None = None

    @cached_property
    def directory(self) -> Directory:
        """Every name that can be called."""
        hints = {
            (group.workload.ref, port.number): self._hint(group, port.number)
            for group in self.groups
            for container in group.containers
            for port in container.ports
        }
        return Directory(self.cluster.services, hints)

    def prepare(self, pod: Pod) -> None:
        """Make the folder of a pod, with what its sidecar is started with; give it a certificate if it is meshed."""
        make_folder(pod.app)
        if pod.meshed:
            self.issue(pod)
        write(pod.bootstrap, json.dumps(bootstrap(pod)))

    def issue(self, pod: Pod) -> None:
        """Give a meshed pod a new certificate, and the ingress one more for those outside."""
        self.credentials.issue(pod, serves_outside=pod.workload.kind == KIND)

    def resources(self, group: Group, pod: Pod, secret: str) -> Iterable[Resource]:
        """Return what the sidecar of a pod is told from the start."""
        if self.ingress and group.workload.ref.kind == KIND:
            return ingress(pod, self.ingress.listeners(self.cluster, pod))
        return sidecar(pod, list(self._inbound(group, pod)), secret)

    def _inbound(self, group: Group, pod: Pod) -> Iterator[InboundPort]:
        for port in tcp_ports(pod):
            yield InboundPort(port.number, pod.socket(port), effective(self.cluster, group.workload, port.number))

    def programs(self, group: Group, pod: Pod, secret: str) -> Programs:
        """Return what a pod runs."""
        proxy = proxy_url(pod, secret)
        return Programs(
            sidecar=programs.sidecar(pod, command(pod), self.folder, self.environ),
            apps={
                container.name: programs.app(pod, container, self.folder, self.environ, proxy)
                for container in pod.containers
            },
            probes={container.name: container.probes for container in pod.containers},
            grace=group.workload.grace,
        )

    def _hint(self, group: Group, port: int) -> Hint:
        if effective(self.cluster, group.workload, port).skipped:
            return Hint.PLAIN
        return Hint.OPAQUE if hinted_opaque(self.cluster, group.workload, port) else Hint.NONE
