"""Findings about addresses in environment variables: the Service and the port that they name. Pure."""

import re
from collections.abc import Iterator

from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload

URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?P<name>[a-z0-9-]+)(?:\.(?P<namespace>[a-z0-9-]+)[a-z0-9.-]*)?:?(?P<port>\d*)/?.*"
)
USUAL = {"http://": 80, "https://": 443}


def named_service(cluster: Cluster, client: Workload, text: str) -> Iterator[tuple[Service, int]]:
    """Yield the Service that the value of a client's variable names, and the port; 0 if the value has no port."""
    found = URL.fullmatch(text)
    if found is None:
        return
    place = (found["namespace"] or client.ref.namespace, found["name"])
    scheme = next((usual for head, usual in USUAL.items() if text.startswith(head)), 0)
    for service in cluster.services:
        if (service.ref.namespace, service.ref.name) == place:
            yield service, int(found["port"] or scheme)


def _named(cluster: Cluster) -> Iterator[tuple[Workload, str, Service, int]]:
    """Yield each variable that names a Service: its workload, its name, the Service and the port."""
    for client in cluster.workloads:
        for variable in (variable for container in client.containers for variable in container.env):
            for service, number in named_service(cluster, client, variable.value):
                yield client, variable.name, service, number


@code(
    "MP068",
    "A variable that names a port its Service does not have",
    "",
    explanation="A Service passes on the ports that it declares, and no other. An address without a port means 80 for "
    "http and 443 for https, whatever the Service declares.",
    fix="Write a port of the Service into the address, or declare the port in the Service.",
)
def undeclared_service_port(cluster: Cluster) -> Found:
    """Find addresses with a port that their Service lacks; a headless Service has the ports of its pods."""
    for client, variable, service, number in _named(cluster):
        declared = sorted({entry.number for entry in service.ports})
        if number and declared and not service.headless and number not in declared:
            has = ", ".join(map(str, declared))
            yield client.ref, f"its {variable} names port {number} of {service.ref}, which declares {has}"


@code(
    "MP069",
    "A workload whose variable names its own Service",
    "",
    severity=Severity.NOTE,
    explanation="The calls of the workload come back to its own pods. Members of one cluster do that on purpose; where "
    "another service was meant, every call succeeds, and the other service never gets one.",
    fix="Name the Service that is meant to be called, or ignore the note where the workload calls its own pods.",
)
def calls_itself(cluster: Cluster) -> Found:
    """Find workloads with a variable whose address is their own Service, with a port."""
    for client, variable, service, number in _named(cluster):
        if number and service.selects(client.ref.namespace, client.labels):
            yield client.ref, f"its {variable} names {service.ref}, which leads back to it"
