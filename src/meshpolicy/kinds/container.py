"""Containers of a pod's template, with their ports, variables and probes. Pure."""

import re
from enum import StrEnum

from meshpolicy.core.fields import Fields
from meshpolicy.core.uri import SCHEME, parse_uri
from meshpolicy.record import record


class ProbeKind(StrEnum):
    """The probes of a container."""

    LIVENESS = "livenessProbe"
    READINESS = "readinessProbe"
    STARTUP = "startupProbe"


PROXY = "linkerd-proxy"
"""The name of the proxy's container."""
OTHER_HANDLERS = ("tcpSocket", "grpc", "exec")


@record
class Probe:
    """An httpGet probe; times in seconds, with Kubernetes' defaults. Other handlers are not kept (R58)."""

    kind: ProbeKind
    path: str
    """What the kubelet asks for, without its query."""
    port: int
    scheme: str = "HTTP"
    period: float = 10
    timeout: float = 1
    initial_delay: float = 0
    failure_threshold: int = 3
    success_threshold: int = 1
    headers: tuple[tuple[str, str], ...] = ()
    opened: str | None = None
    """The path that Linkerd's controller opens for it; None where it cannot read path or port (R58)."""


@record
class ContainerPort:
    """A declared port; `name` is empty if it has none."""

    number: int
    name: str = ""
    protocol: str = "TCP"
    empty: bool = False
    """Whether it bears the empty name, as of all ports only those of ExternalWorkloads can: a Pod's has none then."""


@record
class Variable:
    """An environment variable: a literal value, or the pod's own field (`metadata.name`)."""

    name: str
    value: str = ""
    field: str = ""


@record
class Container:
    """One container of a pod's template, as far as a policy or the local mesh reads it."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    probes: tuple[Probe, ...] = ()
    other_probes: tuple[tuple[ProbeKind, str], ...] = ()
    """Probes that are no httpGet, with their handler: `tcpSocket`, `grpc` or `exec`."""
    init: bool = False
    sidecar: bool = False
    """Whether it is an init container that goes on running: `restartPolicy: Always`."""
    user: int | None = None
    """runAsUser, its own or the pod's; None: the image's."""
    group: int | None = None
    """runAsGroup, its own or the pod's; None: the image's."""


def read_container(fields: Fields, pod: Fields, init: bool = False) -> Container:
    """Read a container; it has the user and group of its pod, unless it says others."""
    ports = tuple(filter(None, map(_container_port, fields.children("ports"))))
    given = [kind for kind in ProbeKind if fields.has(kind)]
    probes = tuple(probe for kind in given for probe in _probe(fields.child(kind), kind, ports))
    return Container(
        fields.text("name"),
        fields.text("image"),
        fields.texts("command"),
        fields.texts("args"),
        tuple(_variable(variable) for variable in fields.children("env")),
        ports,
        probes,
        tuple((kind, name) for kind in given for name in OTHER_HANDLERS if fields.child(kind).has(name)),
        init,
        init and fields.text("restartPolicy") == "Always",
        _read_id("runAsUser", fields, pod),
        _read_id("runAsGroup", fields, pod),
    )


def _read_id(key: str, *owners: Fields) -> int | None:
    """Return a user or group from the first security context that says one."""
    contexts = (owner.child("securityContext") for owner in owners if owner.has("securityContext"))
    return next((context.integer(key) for context in contexts if context.has(key)), None)


def _container_port(fields: Fields) -> ContainerPort | None:
    number = fields.port("containerPort")
    if not isinstance(number, int):
        fields.note("containerPort", f"is the text `{number}`, where a number is expected (without quotes)")
        return None
    if not fields.has("containerPort"):
        fields.note("containerPort", "is missing")
    return ContainerPort(number, fields.text("name"), fields.text("protocol", "TCP")) if number else None


def _variable(fields: Fields) -> Variable:
    field = fields.child("valueFrom").child("fieldRef").text("fieldPath")
    return Variable(fields.required("name"), fields.text("value"), field)


def _probe(fields: Fields, kind: ProbeKind, ports: tuple[ContainerPort, ...]) -> tuple[Probe, ...]:
    """Read an httpGet probe; its named port is looked up in its own container, without regard to case (R58)."""
    if not fields.has("httpGet"):
        return ()
    get = fields.child("httpGet")
    port = get.port("port")
    known = True
    if isinstance(port, str):
        named = {p.name.lower(): p.number for p in ports if p.protocol == "TCP" and p.name}
        known = port.lower() in named
        port = named.get(port.lower(), int(port) if port.isdecimal() else 0)
    written = get.text("path") or "/"
    if not port:
        return ()
    uri = parse_uri(written)
    return (
        Probe(
            kind,
            _asked(written),
            port,
            get.text("scheme", "HTTP"),
            fields.integer("periodSeconds") or 10,
            fields.integer("timeoutSeconds") or 1,
            fields.integer("initialDelaySeconds"),
            fields.integer("failureThreshold") or 3,
            fields.integer("successThreshold") or 1,
            tuple((header.text("name"), header.text("value")) for header in get.children("httpHeaders")),
            uri.path if known and uri is not None else None,
        ),
    )


def _asked(path: str) -> str:
    """Return what the kubelet asks for on the pod: the path of an absolute URI, or the text with a slash before it."""
    found = SCHEME.match(path)
    asked = re.split("[?#]", "/" + path[found.end() :].partition("/")[2] if found else path, maxsplit=1)[0]
    return asked if asked.startswith("/") else f"/{asked}"
