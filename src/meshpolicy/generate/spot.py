"""Finds the workload and port that an observed call reached, from its source and the manifests. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address

from meshpolicy.analysis.ports import callable_ports
from meshpolicy.analysis.suggest import own_labels
from meshpolicy.core.ref import Ref
from meshpolicy.core.uri import host_of, port_of
from meshpolicy.index.servers import port_numbers, target_ports
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload
from meshpolicy.traffic.call import ObservedCall

MADE = re.compile(r"(?:-[a-z0-9]+){1,2}")
"""The suffix that a controller appends to its name for a pod: an ordinal, or hashes."""
BY_CONTROLLER = frozenset(
    {
        "pod-template-hash", "controller-revision-hash", "pod-template-generation",
        "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
        "controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/job-completion-index",
    }
)  # fmt: skip
"""Labels that controllers add to distinguish their pods; their values change over time."""
HTTP_PORT = 80


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A port of workloads with equal labels, which policies treat as one; there is one object for each port."""

    namespace: str
    workloads: tuple[Workload, ...]
    port: int

    @property
    def name(self) -> str:
        """Return `namespace/workload:port`, by the first of the workloads."""
        return f"{self.namespace}/{self.workloads[0].ref.name}:{self.port}"

    @property
    def port_name(self) -> str:
        """Return the port's name if it means only this port on each of the workloads; otherwise its number."""
        names = {port.name for one in self.workloads for c in one.containers for port in c.ports}
        known = [n for n in sorted(names) if n and all(port_numbers(w, n) == (self.port,) for w in self.workloads)]
        return known[0] if known else str(self.port)


class Unplaced(ValueError):
    """It is unknown what a call reached; the message says why."""


@dataclass(frozen=True, eq=False)
class Spots:
    """The ports of a cluster, and the lookup of the port that a call reached."""

    cluster: Cluster
    _found: dict[tuple[Ref, int], Spot] = field(default_factory=dict)

    @cached_property
    def _groups(self) -> dict[Ref, tuple[Workload, ...]]:
        alike: dict[tuple[str, bool, frozenset[tuple[str, str]]], list[Workload]] = {}
        for one in self.cluster.workloads:
            alike.setdefault((one.ref.namespace, one.meshed, frozenset(labels_of(one).items())), []).append(one)
        return {one.ref: tuple(some) for some in alike.values() for one in some}

    def spot(self, workload: Workload, port: int) -> Spot:
        """Return the value for a port of a workload."""
        group = self._groups[workload.ref]
        key = (group[0].ref, port)
        if key not in self._found:
            self._found[key] = Spot(workload.ref.namespace, group, port)
        return self._found[key]

    def all_of(self, namespace: str) -> Iterator[Spot]:
        """Yield every port of a namespace's meshed workloads that may be called."""
        for one in self.cluster.workloads:
            if one.meshed and one.ref.namespace == namespace and self._groups[one.ref][0] is one:
                ports = dict.fromkeys(p for w in self._groups[one.ref] for p in callable_ports(self.cluster, w))
                yield from (self.spot(one, port) for port in ports)

    def reached(self, call: ObservedCall) -> Spot:
        """Return the port that a call reached. Raises Unplaced if it is unknown."""
        workload = self._workload(call)
        return self.spot(workload, self._port(workload, call))

    def _workload(self, call: ObservedCall) -> Workload:
        server = call.server
        found = [one for one in self.cluster.workloads if server.namespace in ("", one.ref.namespace)]
        if server.workload:
            found = [one for one in found if one.ref.name == server.workload]
        elif server.pod:
            found = _of_pod(found, server.pod)
        else:
            found = self._behind(call)
        spots = {self._groups[one.ref][0].ref: one for one in found}
        if len(spots) > 1:
            called = self._behind(call)
            spots = {ref: one for ref, one in spots.items() if one in called}
        if len(spots) == 1:
            return next(iter(spots.values()))
        said = server.workload or server.pod
        if said:
            raise Unplaced(f"{'several workloads' if found else 'no workload'} of these manifests may be `{said}`")
        why = "the source names no pod" + (f", and `{call.host}` is no Service of these manifests" if call.host else "")
        raise Unplaced(f"{why}; `kubectl logs --prefix` writes each line's pod")

    def _behind(self, call: ObservedCall) -> list[Workload]:
        """Return the workloads behind the Service that a call names."""
        services = self._services(call.host or "", call.server.namespace)
        return [
            workload
            for service in services
            for workload in self.cluster.workloads
            if service.selects(workload.ref.namespace, workload.labels)
        ]

    def _services(self, host: str, namespace: str) -> list[Service]:
        name, _, rest = host_of(host).removesuffix(".").partition(".")
        space, _, domain = rest.partition(".")
        if domain not in ("", "svc", f"svc.{self.cluster.settings.cluster_domain}"):
            return []
        space = space or namespace
        return [one for one in self.cluster.services if one.ref.name == name and space in ("", one.ref.namespace)]

    def _port(self, workload: Workload, call: ObservedCall) -> int:
        if call.server.port:
            return call.server.port
        host = call.host or ""
        if is_address(host) and (told := port_of(host)):
            return told
        number = port_of(host) or HTTP_PORT
        led = {
            port
            for service in self._services(host, workload.ref.namespace)
            if service.selects(workload.ref.namespace, workload.labels)
            for entry in service.ports
            if entry.number == number and entry.protocol == "TCP"
            for port in target_ports(workload, entry.target)
        }
        if len(led) == 1:
            return led.pop()
        ports = callable_ports(self.cluster, workload)
        if len(ports) == 1:
            return ports[0]
        raise Unplaced(f"the source does not tell which port of {workload.ref}, and `{host}` does not lead to one")


def labels_of(workload: Workload) -> dict[str, str]:
    """Return the labels by which a policy can select a workload's pods: those in the manifests."""
    return {key: value for key, value in own_labels(workload).items() if key not in BY_CONTROLLER}


def is_address(host: str) -> bool:
    """Whether a call's host is an address instead of a name."""
    try:
        ip_address(host_of(host).strip("[]"))
    except ValueError:
        return False
    return True


def _of_pod(workloads: Iterable[Workload], pod: str) -> list[Workload]:
    """Return the workloads that the pod may belong to: those with the longest matching name."""
    fitting = [
        one
        for one in workloads
        if pod == one.ref.name
        or (pod.startswith(one.ref.name) and one.ref.kind != "Pod" and MADE.fullmatch(pod[len(one.ref.name) :]))
    ]
    longest = max((len(one.ref.name) for one in fitting), default=0)
    return [one for one in fitting if len(one.ref.name) == longest]
