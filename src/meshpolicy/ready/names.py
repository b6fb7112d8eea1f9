"""Resolves hosts as a pod sees them: a Service, pods behind one, the pod itself, or something outside. Pure.

Names are resolved like in a pod, with `ndots:5`: in the namespace, then in all namespaces, then in the cluster's
domain (kubernetes/dns, specification 1.1; `pkg/kubelet/network/dns/dns.go`).
"""

from collections.abc import Iterator
from ipaddress import ip_address

from meshpolicy.decide.transport import ServiceTarget
from meshpolicy.index.servers import target_ports
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.service import Service, ServicePort
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.manifest import Written
from meshpolicy.record import record

LOCAL = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})
MOST_NAMES = 5
"""The number of names that may refer to each other in a chain, before an address."""


@record
class Behind:
    """The pods that a name leads to."""

    workload: Workload
    port: int
    service: Service | None = None
    entry: ServicePort | None = None
    """The Service's port; None if the pods are called directly."""

    @property
    def target(self) -> ServiceTarget | None:
        """Return the Service's port through which the pods are called."""
        return None if self.service is None or self.entry is None else ServiceTarget(self.service, self.entry)


@record
class Named:
    """The meaning of a host."""

    service: Service | None = None
    pods: tuple[Workload, ...] = ()
    """The pods that are called by name or address, without a Service."""
    unknown: str = ""
    """Why the meaning is unknown; empty if it is known."""


class Names:
    """The names of a cluster's DNS."""

    def __init__(self, cluster: Cluster, written: Written) -> None:
        self._cluster = cluster
        self._domain = cluster.settings.cluster_domain
        self._services = {(one.ref.namespace, one.ref.name): one for one in cluster.services}
        self._others: dict[tuple[str, str], str] = {}
        self._addresses: dict[str, Service] = {}
        for found in written.of("Service"):
            key = (found.namespace, found.name)
            if found.spec.text("type") == "ExternalName":
                self._others[key] = found.spec.text("externalName")
            if key in self._services:
                self._addresses |= {found.spec.text("clusterIP"): self._services[key]}
        self._addresses.pop("", None)
        self._addresses.pop("None", None)

    def find(self, host: str, namespace: str) -> Named | None:
        """Return the meaning of a host in a pod of a namespace; None if it is outside the cluster, or the pod."""
        host = host.lower()
        for _ in range(MOST_NAMES):
            if host in LOCAL:
                return None
            if (address := self._address(host)) is not None:
                return address
            found = next((one for one in map(self._named, self._tries(host, namespace)) if one is not None), None)
            if not isinstance(found, str):
                return found
            host = found.lower()
        return None

    def linked(self, namespace: str) -> dict[str, str]:
        """Return the variables that the kubelet sets for the Services of a namespace (enableServiceLinks)."""
        found: dict[str, str] = {}
        for (own, name), service in self._services.items():
            if own == namespace and not service.headless and service.ports:
                word = name.upper().replace("-", "_")
                first = service.ports[0].number
                found |= {f"{word}_SERVICE_HOST": name, f"{word}_SERVICE_PORT": str(first)}
                found |= {f"{word}_PORT": f"tcp://{name}:{first}"}
        return found

    def behind(self, service: Service, number: int) -> Iterator[Behind]:
        """Yield the pods and ports behind a Service's port (0: all ports); the pods' own ports for a headless one."""
        pods = [one for one in self._cluster.workloads if service.selects(one.ref.namespace, one.labels)]
        entries = [one for one in service.ports if one.protocol == "TCP" and number in (0, one.number)]
        if service.headless and number and not entries:
            yield from (Behind(pod, number, service) for pod in pods)
        for entry in entries:
            for pod in pods:
                for port in target_ports(pod, entry.target):
                    # The pods' addresses are called, on exactly the port that the caller names.
                    headless = Behind(pod, number or entry.number, service)
                    yield headless if service.headless else Behind(pod, port, service, entry)

    def _address(self, host: str) -> Named | None:
        try:
            found = ip_address(host.strip("[]"))
        except ValueError:
            return None
        if str(found) in self._addresses:
            return Named(self._addresses[str(found)])
        pods = tuple(one for one in self._cluster.workloads if found in one.addresses)
        inside = any(network.accepts(found) for network in self._cluster.settings.pod_networks)
        if pods or not inside or found.is_loopback:
            return Named(pods=pods)
        return Named(unknown=f"{host} is an address of the cluster's networks, and nothing in the input has it")

    def _tries(self, host: str, namespace: str) -> Iterator[str]:
        if not host.endswith("."):
            yield from (f"{host}.{rest}" for rest in (f"{namespace}.svc.{self._domain}", f"svc.{self._domain}"))
            yield f"{host}.{self._domain}"
        yield host.removesuffix(".")

    def _named(self, name: str) -> Named | str | None:
        """Return the meaning of a full name: a Service or one of its pods, another name, or None if there is none."""
        parts = name.removesuffix(f".svc.{self._domain}").split(".")
        if not name.endswith(f".svc.{self._domain}") or len(parts) not in (2, 3):
            return None
        key = (parts[-1], parts[-2])
        if len(parts) == 2 and key in self._others:
            return self._others[key]
        service = self._services.get(key)
        if service is None or (len(parts) == 3 and not service.headless):
            return None
        if len(parts) == 2:
            return Named(service)
        return Named(service, tuple(self._pods_named(service, parts[0])))

    def _pods_named(self, service: Service, name: str) -> Iterator[Workload]:
        """Yield the workload whose pod has a name: one of a StatefulSet, or a Pod."""
        for one in self._cluster.workloads:
            if service.selects(one.ref.namespace, one.labels) and name in _pod_names(one):
                yield one


def _pod_names(workload: Workload) -> set[str]:
    if workload.ref.kind != "StatefulSet":
        return {workload.ref.name}
    first = workload.first_ordinal
    return {f"{workload.ref.name}-{number}" for number in range(first, first + workload.most_replicas)}
