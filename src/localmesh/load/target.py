"""The request of a load, and how it is sent: through a pod's own sidecar, or from outside through the ingress."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import urlsplit

import psutil

from localmesh.ask.sending import Way
from localmesh.ask.targets import FORM
from localmesh.control.manifests import Manifests
from localmesh.errors import BadInput
from localmesh.proof import allowed_calls
from localmesh.state import StateFolder
from localmesh.supervisor.leftovers import leftover_processes
from localmesh.views import MeshView
from meshpolicy.kinds.service import Service

OUTSIDE = "outside"
HTTP = 80
HINT = "name two workloads between which the policies allow a GET, such as `pinger ponger/ping`, or `outside /PATH`"


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """The request that a load repeats."""

    name: str
    """Client, server and request in words."""
    way: Way
    request: bytes
    service: str = ""
    """The Service that it calls; empty from outside."""


def find_load_target(source: str, target: str, mesh: MeshView, manifests: Manifests, folder: StateFolder) -> LoadTarget:
    """Return the request from `source` to `target`; if empty, the first allowed call between two workloads."""
    if not source:
        with_apps = {pod.workload for pod in mesh.pods if pod.ports}
        calls = [call for call in allowed_calls(mesh) if call.source in with_apps]
        if not calls:
            raise BadInput("no workload here may GET anything of another", hint=HINT)
        source, target = calls[0].source, calls[0].target
    if source == OUTSIDE:
        return _from_outside(target, mesh)
    return _from_pod(source, target, mesh, manifests.cluster.services, folder)


def _from_outside(path: str, mesh: MeshView) -> LoadTarget:
    entry = urlsplit(mesh.ingress.url if mesh.ingress else "")
    if not entry.hostname or not entry.port or not path.startswith("/"):
        raise BadInput(f"{OUTSIDE} {path}: a Gateway for HTTP and a path such as /rally are expected", hint=HINT)
    request = f"GET {path} HTTP/1.1\r\nHost: {entry.netloc}\r\n\r\n"
    return LoadTarget(f"{OUTSIDE} -> {path}", Way(IPv4Address(entry.hostname), entry.port), request.encode())


def _from_pod(source: str, target: str, mesh: MeshView, services: Sequence[Service], folder: StateFolder) -> LoadTarget:
    authority, path = _service(target, services)
    proxy = urlsplit(_way_out(source, mesh, folder))
    if not proxy.hostname or not proxy.port:
        raise BadInput(f"{source}: there is no pod of it with a sidecar and a program that runs", hint=HINT)
    secret = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    lines = (
        f"GET http://{authority}{path} HTTP/1.1",
        f"Host: {authority}",
        f"Proxy-Authorization: Basic {secret}",
        *("", ""),
    )
    way = Way(IPv4Address(proxy.hostname), proxy.port)
    service = authority.partition(".")[0]
    return LoadTarget(f"{source} -> {target}", way, "\r\n".join(lines).encode(), service)


def _service(target: str, services: Sequence[Service]) -> tuple[str, str]:
    """Return the authority and the path of `NAME[:PORT][/PATH]`, where NAME is a Service."""
    found = FORM.fullmatch(target)
    service = next((one for one in services if found and one.ref.name == found["name"]), None)
    if found is None or service is None:
        known = ", ".join(one.ref.name for one in services) or "none"
        raise BadInput(f"{target!r}: NAME[:PORT][/PATH] of a Service is expected; there are {known}", hint=HINT)
    wanted = found["port"] or "http"
    ports = [port.number for port in service.ports if wanted in (port.name, str(port.number))]
    if not ports and found["port"]:
        raise BadInput(f"{target}: the Service has no port {wanted}", hint=HINT)
    number = ports[0] if ports else service.ports[0].number
    host = f"{service.ref.name}.{service.ref.namespace}.svc.cluster.local"
    return host if number == HTTP else f"{host}:{number}", found["path"] or "/"


def _way_out(source: str, mesh: MeshView, folder: StateFolder) -> str:
    """Return the proxy URL in the environment of a pod's program; it holds a secret, and must not be printed."""
    pods = [pod.name for pod in mesh.pods if source in (pod.name, pod.workload)]
    for process, name in leftover_processes(folder).items():
        if name.partition("/")[0] in pods:
            try:
                proxy = process.environ().get("HTTP_PROXY", "")
            except psutil.Error:
                continue
            if proxy:
                return proxy
    return ""
