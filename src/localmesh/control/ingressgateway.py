"""The ingress: the Gateway of the manifests as one more meshed pod, with its routes. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from localmesh.control.endpoints import service_backends
from localmesh.envoy.endpoints import Destination
from localmesh.envoy.ingress import IngressListener, IngressRoute
from localmesh.pods.addresses import LOCALHOST
from localmesh.pods.plan import Group, group
from localmesh.pods.pod import Pod
from localmesh.settings import Settings
from localmesh.state import StateFolder
from meshpolicy.core.match import HostMatch, PathKind
from meshpolicy.core.policy import HttpRoute
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.gateway import Gateway, Listener
from meshpolicy.kinds.kind import GATEWAY_GROUP
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.workload import Workload

KIND = "Gateway"


@dataclass(frozen=True, slots=True)
class IngressGateway:
    """A Gateway, and the local port of each of its listeners' protocols."""

    gateway: Gateway
    ports: Mapping[str, int]

    def listeners(self, cluster: Cluster, pod: Pod) -> tuple[IngressListener, ...]:
        """Return the first listener of each protocol, with its routes."""
        named = {
            (backend.service.ref.namespace, backend.service.ref.name, backend.number): backend.destination(
                pod.namespace
            )
            for backend in service_backends(cluster.services)
        }
        found: dict[str, IngressListener] = {}
        for listener in self.gateway.listeners:
            if listener.protocol in self.ports and listener.protocol not in found:
                offers = tuple(self._offers(cluster.routes, listener, named))
                port, tls = self.ports[listener.protocol], listener.protocol == "HTTPS"
                found[listener.protocol] = IngressListener(listener.name, LOCALHOST, port, offers, tls)
        return tuple(found.values())

    def url(self, protocol: str) -> str:
        """Return the local URL of a protocol; empty if the Gateway has no listener for it."""
        listens = any(listener.protocol == protocol for listener in self.gateway.listeners)
        return f"{protocol.lower()}://{LOCALHOST}:{self.ports[protocol]}" if listens else ""

    def paths(self, cluster: Cluster) -> tuple[str, ...]:
        """Return the exact paths in the routes that a GET can request."""
        return tuple(
            match.path.value
            for route in cluster.routes
            if self._attached(route, None)
            for rule in route.http
            for match in rule.matches
            if match.path and match.path.kind is PathKind.EXACT and match.method in (None, "GET")
        )

    def _offers(
        self, routes: Iterable[Route], listener: Listener, named: Mapping[tuple[str, str, int], Destination]
    ) -> Iterator[IngressRoute]:
        for route in routes:
            if not self._attached(route, listener):
                continue
            hosts = route.hostnames or ((HostMatch(listener.hostname),) if listener.hostname else ())
            for number, rule in enumerate(route.http):
                wanted = route.backends[number] if number < len(route.backends) else ()
                keys = [((to.namespace, to.name, to.port), to.weight) for to in wanted]
                backends = tuple((named[key], weight) for key, weight in keys if key in named)
                yield IngressRoute(HttpRoute(route.ref, (rule,), hosts), backends)

    def _attached(self, route: Route, listener: Listener | None) -> bool:
        gateway = self.gateway.ref
        return any(
            (parent.group, parent.kind, parent.namespace, parent.name)
            == (GATEWAY_GROUP, KIND, gateway.namespace, gateway.name)
            and (listener is None or parent.section in ("", listener.name))
            and (listener is None or parent.port in (None, listener.port))
            for parent in route.parents
        )


def find_ingress(cluster: Cluster, settings: Settings) -> IngressGateway | None:
    """Return the first Gateway or None; a second one would need the same ports."""
    ports = {"HTTP": settings.port, "HTTPS": settings.https_port}
    return IngressGateway(cluster.gateways[0], ports) if cluster.gateways else None


def ingress_group(found: IngressGateway, cluster: Cluster, folder: StateFolder) -> Group:
    """Return the ingress as a workload of one pod, whose ServiceAccount is named after the Gateway's class."""
    gateway = found.gateway
    workload = Workload(gateway.ref, service_account=gateway.class_name, meshed=True)
    return group(workload, cluster.settings, folder)
