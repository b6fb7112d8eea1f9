"""Creates the parts of a pod: its folder, its programs and the resources of its sidecar."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_urlsafe
from urllib.parse import urlsplit

from localmesh.control.endpoints import Directory, Hint
from localmesh.control.ingressgateway import KIND, IngressGateway
from localmesh.envoy.bootstrap import bootstrap
from localmesh.envoy.clusters import REQUESTS
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
from localmesh.pods.spans import ENDPOINTS, Receiver, SpanExport, token
from localmesh.state import StateFolder
from meshpolicy.decide.transport import hinted_opaque
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.container import Container


@dataclass(frozen=True)
class PodWriter:
    """The manifests and settings from which pods are made."""

    cluster: Cluster
    groups: tuple[Group, ...]
    folder: StateFolder
    environ: Mapping[str, str]
    credentials: Credentials
    ingress: IngressGateway | None = None
    receiver: Receiver | None = None
    """The receiver of spans; None if spans are not recorded."""
    key: str = field(default_factory=lambda: token_urlsafe(24), repr=False)
    """Key from which the span tokens of sidecars are derived; no app knows it."""

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

    def prepare(self, pod: Pod, secret: str) -> None:
        """Create a pod's folder with its sidecar's bootstrap; issue a certificate if the pod is meshed."""
        make_folder(pod.app)
        if pod.meshed:
            self.issue(pod)
        write(pod.bootstrap, json.dumps(bootstrap(pod, self.export(secret))))

    def issue(self, pod: Pod) -> None:
        """Issue a meshed pod a new certificate, and an ingress a second one for clients outside the mesh."""
        self.credentials.issue(pod, serves_outside=pod.workload.kind == KIND)

    def export(self, secret: str) -> SpanExport | None:
        """Return the span export of the sidecar whose pod has this secret; None if spans are not recorded."""
        return SpanExport(self.receiver, token(secret, self.key)) if self.receiver else None

    def resources(self, group: Group, pod: Pod, secret: str) -> Iterable[Resource]:
        """Return the resources that a pod's sidecar receives at once."""
        if self.ingress and group.workload.ref.kind == KIND:
            return ingress(pod, self.ingress.listeners(self.cluster, pod), self.export(secret))
        return sidecar(pod, list(self._inbound(group, pod)), secret, export=self.export(secret))

    def _inbound(self, group: Group, pod: Pod) -> Iterator[InboundPort]:
        for port in tcp_ports(pod):
            yield InboundPort(port.number, pod.socket(port), effective(self.cluster, group.workload, port.number))

    def programs(self, group: Group, pod: Pod, secret: str) -> Programs:
        """Return all programs of a pod, with their probes."""
        proxy = proxy_url(pod, secret)
        return Programs(
            sidecar=programs.sidecar(pod, command(pod), self.folder, self.environ),
            apps={
                container.name: programs.app(
                    pod, container, self.folder, self.environ, proxy, self._app_export(pod, container, secret)
                )
                for container in pod.containers
            },
            probes={container.name: container.probes for container in pod.containers},
            grace=group.workload.grace,
        )

    def _app_export(self, pod: Pod, container: Container, secret: str) -> SpanExport | None:
        """Return the span export of an app; None without a receiver, or if it has a collector in this mesh."""
        named = [urlsplit(variable.value).netloc for variable in container.env if variable.name in ENDPOINTS]
        if any(self.directory.knows(pod, REQUESTS + authority) for authority in named if authority):
            return None
        return SpanExport(self.receiver, token(secret)) if self.receiver else None

    def _hint(self, group: Group, port: int) -> Hint:
        if effective(self.cluster, group.workload, port).skipped:
            return Hint.PLAIN
        return Hint.OPAQUE if hinted_opaque(self.cluster, group.workload, port) else Hint.NONE
