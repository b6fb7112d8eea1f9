"""Resolves a target such as `ponger:metrics/metrics` to a pod's port, a path and an authority."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localmesh.control.endpoints import ServiceBackend
from localmesh.errors import BadInput, LocalMeshError
from localmesh.pods.pod import Pod, tcp_ports
from localmesh.views import DEFAULT_PORT
from meshpolicy.core.uri import SCHEME
from meshpolicy.kinds.service import Service, ServicePort

FORM = re.compile(r"(?P<name>[^:/]+)(?::(?P<port>[^:/]+))?(?P<path>/.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """The destination of a request."""

    pod: Pod
    number: int
    """The container port."""
    authority: str
    """The authority that the client uses: the Service's name, or the pod's address, with the port."""
    path: str
    """The path in the request line, exactly as written."""

    def received(self, host: str, *, by_proxy: bool) -> tuple[str, str]:
        """Return the path and the authority that the server's proxy reads (RFC 9112, 3.2); `host` is the Host header.

        Through the pod's own proxy (`by_proxy`) the target is in absolute form, whose authority overrides the header.
        Envoy ignores spaces and tabs around a request target.
        """
        written = (f"http://{self.authority}{self.path}" if by_proxy else self.path).strip(" \t")
        scheme = SCHEME.match(written)
        if scheme is None:
            return written, host
        end = re.search("[/?#]|$", rest := written[scheme.end() :])
        authority = rest[: end.start()] if end else rest
        path = rest[len(authority) :]
        return path if path.startswith("/") else f"/{path}", authority


@dataclass(frozen=True, slots=True)
class _Port:
    number: int
    name: str


def find_target(text: str, services: Sequence[Service], running: Sequence[Pod], ready: Sequence[Pod]) -> Target:
    """Return the target that `text` names: a pod, a Service (`NAME` or `NAME.NAMESPACE`) or a workload."""
    found = FORM.fullmatch(text)
    if not found:
        raise BadInput(f"{text!r}: NAME[:PORT][/PATH] is expected")
    name, port, path = found["name"], found["port"] or "", found["path"] or "/"
    if pod := next((pod for pod in running if pod.name == name), None):
        return _at_pod(pod, port, path)
    called = [service for service in services if name == service.ref.name or _full(name) == _dotted(service)]
    if len(called) > 1:
        raise BadInput(f"{name}: more than one Service has this name; write {' or '.join(map(_dotted, called))}")
    if called:
        return _at_service(called[0], port, path, ready)
    if pods := [pod for pod in (*ready, *running) if pod.workload.name == name]:
        return _at_pod(pods[0], port, path)
    known = sorted({service.ref.name for service in services} | {pod.name for pod in running})
    raise BadInput(f"{name}: there is no such service, workload or pod; known are {', '.join(known)}")


def _full(name: str) -> str:
    """Return `name.namespace` of a Service's DNS name, whether it is short or fully qualified."""
    return name.removesuffix(".cluster.local").removesuffix(".svc")


def _dotted(service: Service) -> str:
    return f"{service.ref.name}.{service.ref.namespace}"


def _at_pod(pod: Pod, port: str, path: str) -> Target:
    number = _choose(pod.name, port, [_Port(found.number, found.name) for found in tcp_ports(pod)]).number
    return Target(pod, number, f"{pod.local}:{number}", path)


def _at_service(service: Service, port: str, path: str, ready: Iterable[Pod]) -> Target:
    tcp = [found for found in service.ports if found.protocol == "TCP"]
    number = _choose(service.ref.name, port, [_Port(found.number, found.name) for found in tcp]).number
    chosen = next(found for found in tcp if found.number == number)
    pod, target = _behind(service, chosen, ready)
    host = f"{_dotted(service)}.svc.cluster.local"
    return Target(pod, target, host if number == 80 else f"{host}:{number}", path)


def _behind(service: Service, port: ServicePort, ready: Iterable[Pod]) -> tuple[Pod, int]:
    backend = ServiceBackend(service, port.number, port.target)
    for pod in ready:
        if found := backend.port(pod):
            return pod, found.number
    raise LocalMeshError(f"{service.ref.name}: no pod behind the Service is ready")


def _choose(name: str, port: str, ports: list[_Port]) -> _Port:
    if port:
        found = [known for known in ports if port in (known.name, str(known.number))]
    else:
        found = [known for known in ports if known.name == DEFAULT_PORT] or ports
    if found:
        return found[0]
    if port.isdecimal() and not ports:
        return _Port(int(port), "")
    known = ", ".join(f"{known.name or 'unnamed'} ({known.number})" for known in ports) or "none"
    raise BadInput(f"{name}: there is no port {port or DEFAULT_PORT}; its ports are {known}")
