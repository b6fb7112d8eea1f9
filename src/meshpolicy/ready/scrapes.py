"""Finds what Prometheus scrapes: annotations of pods and Services, ServiceMonitors and PodMonitors. Pure."""

from collections.abc import Iterable, Iterator

from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import Place
from meshpolicy.core.fields import Fields
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.reading import read_selector
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.manifest import Manifest, Written
from meshpolicy.ready.names import Behind, Names
from meshpolicy.ready.need import Asking, Need, NeedKind, Party
from meshpolicy.ready.parties import Parties

SCRAPE = "prometheus.io"
SIDECAR = "the sidecar's own metrics"


class Scrapes:
    """Reads what Prometheus scrapes."""

    def __init__(self, cluster: Cluster, written: Written, names: Names, parties: Parties) -> None:
        self._cluster = cluster
        self._written = written
        self._names = names
        self._parties = parties
        self._services = {(one.ref.namespace, one.ref.name): one for one in cluster.services}

    def needs(self) -> Iterator[Need]:
        """Yield all scrapes."""
        for workload in self._cluster.workloads:
            for manifest in self._written.find(workload.ref.kind, workload.ref.namespace, workload.ref.name):
                yield from self._annotated(workload, manifest)
        yield from self._annotated_services()
        for monitor in self._written.of("ServiceMonitor"):
            yield from self._by_service_monitor(monitor)
        for monitor in self._written.of("PodMonitor"):
            yield from self._by_pod_monitor(monitor)
        callers = (one for one in self._parties.of(Party.PROMETHEUS) if one is not Party.PROMETHEUS)
        yield from sidecar_scrapes(self._cluster, callers)

    def _annotated(self, workload: Workload, manifest: Manifest) -> Iterator[Need]:
        metadata = manifest.pod_metadata
        notes = metadata.child("annotations")
        if _annotation(notes, "scrape") != "true":
            return
        port = _annotation(notes, "port")
        declared = [one.number for container in workload.containers for one in container.ports]
        for number in [int(port)] if port.isdecimal() else declared:
            yield from self._scrapes(workload, number, notes, manifest)

    def _annotated_services(self) -> Iterator[Need]:
        for manifest in self._written.of("Service"):
            notes = manifest.metadata.child("annotations")
            service = self._services.get((manifest.namespace, manifest.name))
            if service is None or _annotation(notes, "scrape") != "true":
                continue
            port = _annotation(notes, "port")
            for behind in self._names.behind(service, 0):
                number = int(port) if port.isdecimal() else behind.port
                yield from self._scrapes(behind.workload, number, notes, manifest)

    def _scrapes(self, workload: Workload, port: int, notes: Fields, manifest: Manifest) -> Iterator[Need]:
        traffic = Traffic.TLS if _annotation(notes, "scheme") == "https" else Traffic.HTTP
        path = _annotation(notes, "path") or "/metrics"
        place = manifest.place(notes, f"{SCRAPE}/scrape")
        yield from self._by_prometheus(workload, port, Asking((traffic,), "GET", path), place, f"{SCRAPE}/scrape")

    def _by_prometheus(self, workload: Workload, port: int, asking: Asking, place: Place, what: str) -> Iterator[Need]:
        for caller in self._parties.of(Party.PROMETHEUS):
            if not isinstance(caller, Workload) or caller.ref != workload.ref:
                yield Need(NeedKind.SCRAPE, caller, workload, port, place, what, None, asking)

    def _by_service_monitor(self, manifest: Manifest) -> Iterator[Need]:
        """Yield the scrapes of a ServiceMonitor (monitoring.coreos.com)."""
        for service in self._chosen(manifest):
            for end in manifest.spec.children("endpoints"):
                for behind in self._names.behind(service, 0):
                    if end.text("port") in ("", _port_name(service, behind)):
                        port = behind.workload, _target(behind, end)
                        yield from self._by_prometheus(*port, _scraped(end), manifest.place(end), "endpoints")

    def _by_pod_monitor(self, manifest: Manifest) -> Iterator[Need]:
        selector = read_selector(manifest.spec.child("selector"))
        for workload in self._cluster.workloads:
            if selector.accepts(workload.labels) and _meant(manifest, workload.ref.namespace):
                for end in manifest.spec.children("podMetricsEndpoints"):
                    named = end.port("port") or end.integer("portNumber")
                    for number in port_numbers(workload, named) if named else ():
                        place = manifest.place(end)
                        yield from self._by_prometheus(workload, number, _scraped(end), place, "podMetricsEndpoints")

    def _chosen(self, manifest: Manifest) -> Iterator[Service]:
        selector = read_selector(manifest.spec.child("selector"))
        for service in self._cluster.services:
            if _meant(manifest, service.ref.namespace) and selector.accepts(service.labels):
                yield service


def sidecar_scrapes(cluster: Cluster, callers: Iterable[Workload | Party]) -> Iterator[Need]:
    """Yield the scrapes of every sidecar's metrics by each caller, except its own: port 4191, unless configured.

    No manifest declares them; Linkerd's dashboards and alerts on its proxies depend on them.
    """
    asking = Asking((Traffic.HTTP,), "GET", "/metrics")
    for caller in callers:
        for one in cluster.workloads:
            own = isinstance(caller, Workload) and caller.ref == one.ref
            if own or not one.injection.sidecar.possible or one.ref.kind == "ExternalWorkload":
                continue
            place = one.ref.place or Place("the input")
            yield Need(NeedKind.SIDECAR, caller, one, one.sidecar.ports.admin, place, SIDECAR, None, asking)


def _annotation(notes: Fields, name: str) -> str:
    value = notes.data.get(f"{SCRAPE}/{name}")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _meant(manifest: Manifest, namespace: str) -> bool:
    """Whether a monitor applies to a namespace; without a namespace selector, it applies to its own."""
    chosen = manifest.spec.child("namespaceSelector")
    names = chosen.texts("matchNames")
    return chosen.flag("any") or namespace in (names or (manifest.namespace,))


def _port_name(service: Service, behind: Behind) -> str:
    if behind.entry is not None:
        return behind.entry.name
    return next((entry.name for entry in service.ports if entry.number == behind.port), "")


def _target(behind: Behind, end: Fields) -> int:
    target = end.port("targetPort")
    found = port_numbers(behind.workload, target) if target else ()
    return found[0] if found else behind.port


def _scraped(end: Fields) -> Asking:
    traffic = Traffic.TLS if end.text("scheme").lower() == "https" else Traffic.HTTP
    return Asking((traffic,), "GET", end.text("path") or "/metrics")
