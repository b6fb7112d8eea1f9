"""Findings about Services: the names of ports on which calls depend. Pure."""

from meshpolicy.decide.transport import hinted_opaque
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.index.servers import port_numbers
from meshpolicy.index.serviceroutes import is_service
from meshpolicy.kinds.annotations import OPAQUE_PORTS
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.portlists import holds, of_destination
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload


@code(
    "MP050",
    "A Service whose targetPort names no port of its pods",
    "R11",
    severity=Severity.ERROR,
    explanation="A targetPort in letters is looked up among the names of each pod's ports. Where none has the name, "
    "the Service has no endpoint for that port: every call of it fails, whatever the policies grant.",
    fix="Write the name as the pods declare it, or the number.",
)
def unknown_target_port(cluster: Cluster) -> Found:
    """Find TCP ports of Services that lead to no port of any selected workload."""
    for service in cluster.services:
        selected = [one for one in cluster.workloads if service.selects(one.ref.namespace, one.labels)]
        for entry in service.ports if selected else ():
            if entry.protocol == "TCP" and not any(port_numbers(pod, entry.target) for pod in selected):
                text = f"port {entry.number} leads to `{entry.target}`, which no port of {selected[0].ref} is named"
                yield service.ref, f"{text}; it has {_names(selected[0])}"


def _names(workload: Workload) -> str:
    names = [port.name for container in workload.containers for port in container.ports if port.name]
    return ", ".join(dict.fromkeys(names)) or "no named port"


@code(
    "MP064",
    "A headless Service whose port is not its pods'",
    "R123",
    explanation="The name of a headless Service stands for the pods' addresses: clients connect to the port that they "
    "ask for, and no targetPort is looked up. Its routes and its annotations do nothing.",
    fix="Give the Service the pods' own port, or a cluster IP.",
)
def untranslated_port(cluster: Cluster) -> Found:
    """Find headless Services with a port that would need a translation, a route or an annotation."""
    routed = {(t.namespace, t.name) for route in cluster.routes for t in route.parents if is_service(t)}
    for service in cluster.services:
        if not service.headless or not service.selector:
            continue
        selected = [one for one in cluster.workloads if service.selects(one.ref.namespace, one.labels)]
        for entry in service.ports:
            if any(entry.number not in port_numbers(pod, entry.target) for pod in selected):
                yield (
                    service.ref,
                    f"port {entry.number} is not translated to {entry.target}: clients call it on the pod",
                )
        if (service.ref.namespace, service.ref.name) in routed:
            yield service.ref, "is headless: the routes on it do nothing"
    for written in cluster.of(Service):
        if written.headless and (text := _without_effect(cluster, written)):
            yield written.ref, text


def _without_effect(cluster: Cluster, service: Service) -> str:
    """Return that an annotation has no effect, as clients read the pods' own; empty if these make the port opaque."""
    annotated = service.annotations.get(OPAQUE_PORTS, "")
    ports = of_destination(annotated, {port.name: port.number for port in service.ports if port.name})
    for pod in (one for one in cluster.workloads if service.selects(one.ref.namespace, one.labels)):
        for entry in service.ports:
            if holds(ports, entry.number) and not hinted_opaque(cluster, pod, entry.number):
                return f"is headless: {OPAQUE_PORTS} does nothing on it, and {pod.ref} does not annotate {entry.number}"
    return ""
