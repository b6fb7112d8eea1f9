"""The ports of a workload that can be called, and the ways in which calls arrive there. Pure."""

from collections.abc import Iterator

from meshpolicy.core.client import Arrival, Traffic
from meshpolicy.core.ref import Ref
from meshpolicy.decide.clientpolicy import opaque_to_clients
from meshpolicy.decide.transport import Call, ServiceTarget, arrival_of, find_service_targets
from meshpolicy.index.index import index_of
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

SOMEBODY = Workload(Ref("", "Pod", "", "somebody"), meshed=True)
"""A meshed client about which nothing else is known."""
POD_ADDRESS = ""
"""The name of the way to a port without a Service."""
BY_ADDRESS = "the pod's address"
"""The words for the pod's address where Services lead to another outcome."""


def declared_ports(workload: Workload) -> tuple[int, ...]:
    """Return the TCP ports that a workload declares, without those of its proxy."""
    return tuple(
        dict.fromkeys(
            port.number
            for container in workload.containers
            if container.name != "linkerd-proxy"
            for port in container.ports
            if port.protocol == "TCP"
        )
    )


def callable_ports(cluster: Cluster, workload: Workload, *, admin: bool = False) -> tuple[int, ...]:
    """Return the ports that somebody may mean: declared, led to by a Service, or named by a Server (R15).

    The proxy's own 4191, and 4143 where a gateway listens, are among them once a Server claims them; with `admin`,
    4191 is always there, as it always listens.
    """
    found = dict.fromkeys(declared_ports(workload))
    for service in index_of(cluster).services(workload):
        for entry in service.ports:
            found |= dict.fromkeys(port_numbers(workload, entry.target)) if entry.protocol == "TCP" else {}
    for server in index_of(cluster).servers(workload.ref.namespace).selecting(workload):
        found |= dict.fromkeys(port_numbers(workload, server.port))
    own = admin_port(workload) if admin else None
    return tuple(found if own is None else {**found, own: None})


def admin_port(workload: Workload) -> int | None:
    """Return the admin port of a workload's proxy: 4191, unless another is configured (R103); None without one."""
    external = workload.ref.kind == "ExternalWorkload"
    return workload.sidecar.ports.admin if workload.meshed and not external else None


def service_ways(cluster: Cluster, workload: Workload, port: int) -> dict[str, ServiceTarget | None]:
    """Return the Service ports that lead to a port, by name; `POD_ADDRESS`, without a Service, has None."""
    found: dict[str, ServiceTarget | None] = {POD_ADDRESS: None}
    for target in find_service_targets(cluster, workload, port):
        ref = target.service.ref
        found[f"{ref.namespaced_name}:{target.port.number}"] = target
    return found


def arrivals(
    cluster: Cluster, workload: Workload, port: int, *, hinted: bool
) -> Iterator[tuple[Traffic, str, Arrival]]:
    """Yield how a meshed client's traffic arrives at a port, by what it sends and the way that it takes (R62, R65).

    `hinted` says whether meshed clients are told that the port is opaque. Of the traffic it counts only whether it is
    HTTP.
    """
    for name, target in service_ways(cluster, workload, port).items():
        opaque = opaque_to_clients(cluster, target, SOMEBODY.ref.namespace)
        found: dict[bool, Arrival] = {}
        for traffic in Traffic:
            if traffic.is_http not in found:
                call = Call(workload, port, SOMEBODY, service_target=target, traffic=traffic)
                found[traffic.is_http] = arrival_of(cluster, call, opaque_service=opaque, hinted=hinted)
            yield traffic, name, found[traffic.is_http]
