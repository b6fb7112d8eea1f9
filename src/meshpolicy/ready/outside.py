"""The needs of callers other than workloads: the kubelet, the API server, ingress controllers. Pure."""

from collections.abc import Iterator

from meshpolicy.analysis.ports import callable_ports
from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import Place
from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Network, PathKind
from meshpolicy.core.policy import HttpRule
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import GATEWAY_GROUP
from meshpolicy.kinds.route import Route
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.declared import Declared
from meshpolicy.ready.manifest import Manifest, Written
from meshpolicy.ready.names import Behind
from meshpolicy.ready.need import Asking, Need, NeedKind, Party, Unseen
from meshpolicy.ready.parties import Parties

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HEALTH = "/grpc.health.v1.Health/Check"
"""The path that the kubelet calls for a gRPC probe."""

Found = Need | Unseen


class Outside:
    """Reads the needs of callers other than workloads."""

    def __init__(
        self,
        cluster: Cluster,
        written: Written,
        declared: Declared,
        parties: Parties,
        nodes: tuple[Network, ...] = (),
    ) -> None:
        self._nodes = nodes
        self._cluster = cluster
        self._written = written
        self._declared = declared
        self._parties = parties
        self._services = {(one.ref.namespace, one.ref.name): one for one in cluster.services}

    def needs(self) -> Iterator[Found]:
        """Yield all of these needs, and what cannot be read."""
        for workload in self._cluster.workloads:
            for manifest in self._written.find(workload.ref.kind, workload.ref.namespace, workload.ref.name):
                yield from self._kubelets(workload, manifest)
        yield from self._ingresses()
        yield from self._routes()
        yield from self._webhooks()

    def _kubelets(self, workload: Workload, manifest: Manifest) -> Iterator[Need]:
        """Yield the kubelet's calls. TCP probes are left out, as a proxy accepts every connection."""
        for container in (*manifest.pod.children("initContainers"), *manifest.pod.children("containers")):
            for word in PROBES:
                probe = container.child(word)
                yield from self._asked_by_kubelet(workload, manifest, probe, NeedKind.PROBE, word)
            for word in ("postStart", "preStop"):
                hook = container.child("lifecycle").child(word)
                yield from self._asked_by_kubelet(workload, manifest, hook, NeedKind.HOOK, word)
        admin = workload.sidecar.ports.admin
        if workload.meshed and admin in callable_ports(self._cluster, workload):
            place = manifest.place(manifest.fields)
            for path in ("/live", "/ready"):
                asking = Asking((Traffic.HTTP,), "GET", path)
                yield Need(
                    NeedKind.PROBE,
                    Party.KUBELET,
                    workload,
                    admin,
                    place,
                    "the proxy's probe",
                    None,
                    asking,
                    networks=self._nodes,
                )

    def _asked_by_kubelet(
        self, workload: Workload, manifest: Manifest, handler: Fields, kind: NeedKind, word: str
    ) -> Iterator[Need]:
        if handler.has("httpGet"):
            get = handler.child("httpGet")
            if get.text("host"):
                return
            traffic = Traffic.TLS if get.text("scheme").upper() == "HTTPS" else Traffic.HTTP
            path = get.text("path") or "/"
            asking = Asking((traffic,), "GET", path if path.startswith("/") else f"/{path}")
            ports, place = port_numbers(workload, get.port("port")), manifest.place(get, "port")
        elif handler.has("grpc"):
            grpc = handler.child("grpc")
            asking = Asking((Traffic.GRPC,), "POST", HEALTH)
            ports, place = (grpc.integer("port"),), manifest.place(grpc, "port")
        else:
            return
        for port in ports[:1]:
            if port:
                yield Need(kind, Party.KUBELET, workload, port, place, word, None, asking, networks=self._nodes)

    def _ingresses(self) -> Iterator[Found]:
        for manifest in self._written.of("Ingress"):
            rewritten = any("rewrite" in key for key in manifest.metadata.child("annotations").data)
            paths = [path for rule in manifest.spec.children("rules") for path in rule.child("http").children("paths")]
            for path in paths:
                exact = path.text("pathType") == "Exact" and not rewritten
                yield from self._to_backend(manifest, path.child("backend"), path.text("path") if exact else "")
            if manifest.spec.has("defaultBackend"):
                yield from self._to_backend(manifest, manifest.spec.child("defaultBackend"), "")

    def _to_backend(self, manifest: Manifest, backend: Fields, path: str) -> Iterator[Found]:
        reference = backend.child("service")
        service = self._services.get((manifest.namespace, reference.text("name")))
        port = reference.child("port")
        number = port.integer("number")
        if service is not None and port.has("name"):
            number = next((one.number for one in service.ports if one.name == port.text("name")), 0)
        if service is not None and number:
            for behind in self._declared.names.behind(service, number):
                place = manifest.place(reference, "name")
                yield from self._by_ingress(behind, self._declared.asking(behind, "", path), place, "backend")

    def _routes(self) -> Iterator[Need]:
        """Yield the calls that routes of Gateways forward."""
        for route in self._cluster.routes:
            if any((one.group, one.kind) == (GATEWAY_GROUP, "Gateway") for one in route.parents):
                yield from self._of_route(route)

    def _of_route(self, route: Route) -> Iterator[Need]:
        rules = route.http or route.grpc
        for number, backends in enumerate(route.backends):
            rule = rules[number] if number < len(rules) else None
            for backend in backends:
                service = self._services.get((backend.namespace, backend.name))
                if service is None or not backend.weight:
                    continue
                for behind in self._declared.names.behind(service, backend.port):
                    for asking in _routed(rule, self._declared.asking(behind, "grpc" if route.grpc else "")):
                        yield from self._by_ingress(behind, asking, route.ref.place, "backendRefs")

    def _by_ingress(self, behind: Behind, asking: Asking, place: Place | None, what: str) -> Iterator[Need]:
        for caller in self._parties.of(Party.INGRESS):
            if place is not None:
                yield Need(
                    NeedKind.INGRESS,
                    caller,
                    behind.workload,
                    behind.port,
                    place,
                    what,
                    behind.target,
                    asking,
                    either_way=True,
                )

    def _webhooks(self) -> Iterator[Found]:
        """Yield the API server's calls: webhooks, aggregated APIs, conversions of custom resources."""
        for manifest in self._written.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
            for entry in manifest.fields.children("webhooks"):
                yield from self._by_api_server(manifest, entry.child("clientConfig").child("service"), "webhooks")
        for manifest in self._written.of("APIService"):
            yield from self._by_api_server(manifest, manifest.spec.child("service"), "service")
        for manifest in self._written.of("CustomResourceDefinition"):
            config = manifest.spec.child("conversion").child("webhook").child("clientConfig")
            yield from self._by_api_server(manifest, config.child("service"), "conversion")

    def _by_api_server(self, manifest: Manifest, fields: Fields, what: str) -> Iterator[Found]:
        service = self._services.get((fields.text("namespace"), fields.text("name")))
        if service is None:
            return
        for behind in self._declared.names.behind(service, fields.integer("port", 443)):
            place = manifest.place(fields, "name")
            asking = Asking((Traffic.TLS,), whole=False)
            yield Need(
                NeedKind.WEBHOOK, Party.API_SERVER, behind.workload, behind.port, place, what, behind.target, asking
            )


def _routed(rule: object, asking: Asking) -> Iterator[Asking]:
    """Yield the requests that a rule of a Gateway's route forwards, one by one if it names them and changes nothing."""
    if not isinstance(rule, HttpRule) or rule.filters or not rule.matches:
        yield asking
        return
    for match in rule.matches:
        exact = match.path is not None and match.path.kind is PathKind.EXACT
        yield Asking(asking.traffics, match.method or "GET", match.path.value) if exact and match.path else asking
