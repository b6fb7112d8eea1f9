"""From documents to namespaces, workloads and Services. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from types import MappingProxyType

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Address
from meshpolicy.core.policy import Ref
from meshpolicy.core.uri import SCHEME, parse_uri
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.workload import (
    Container,
    ContainerPort,
    Probe,
    ProbeKind,
    Service,
    ServicePort,
    Variable,
    Workload,
)


def pod(document: Fields, ref: Ref) -> Workload:
    """Read a Pod."""
    return _workload(ref, document.child("metadata"), document.child("spec"), 1, document.child("status"))


def templated(document: Fields, ref: Ref) -> Workload:
    """Read a Deployment, ReplicaSet, StatefulSet, DaemonSet or Job."""
    spec = document.child("spec")
    if not spec.has("template"):
        spec.note("template", "is missing")
    template = spec.child("template")
    found = _workload(ref, template.child("metadata"), template.child("spec"), spec.integer("replicas", 1))
    own = document.child("metadata")
    written = {key: own.strings(key) for key in ("labels", "annotations")}
    return replace(found, metadata=written, first_ordinal=spec.child("ordinals").integer("start"))


def cron_job(document: Fields, ref: Ref) -> Workload:
    """Read a CronJob."""
    return templated(document.child("spec").child("jobTemplate"), ref)


def external(document: Fields, ref: Ref) -> Workload:
    """Read an ExternalWorkload: it brings its own proxy and identity, and has no probes (R58)."""
    metadata, spec = document.child("metadata"), document.child("spec")
    ports = tuple(
        ContainerPort(port.integer("port"), port.text("name"), port.text("protocol", "TCP").upper())
        for port in spec.children("ports")
    )
    old = spec.has("meshTls") and not spec.has("meshTLS")
    return Workload(
        ref,
        MappingProxyType(metadata.strings("labels")),
        MappingProxyType(metadata.strings("annotations")),
        containers=(Container(ref.name, ports=ports),),
        addresses=tuple(_addresses(spec.children("workloadIPs"), "ip")),
        meshed=True,
        identity=spec.child("meshTls" if old else "meshTLS").text("identity"),
        unread="it has `meshTls`, as in v1alpha1, and Linkerd reads `meshTLS`, as in v1beta1" if old else "",
    )


def _workload(ref: Ref, metadata: Fields, spec: Fields, replicas: int, status: Fields | None = None) -> Workload:
    user = _user(spec, None)
    containers = (
        *(_container(container, user, init=True) for container in spec.children("initContainers")),
        *(_container(container, user) for container in spec.children("containers")),
    )
    if not spec.data.get("containers"):
        spec.note("containers", "is missing or empty")
    labels = metadata.strings("labels")
    addresses: list[Address] = []
    if status is not None:
        listed = status.children("podIPs")
        addresses = _addresses(listed, "ip") if listed else _addresses((status,), "podIP")
    return Workload(
        ref,
        MappingProxyType(labels),
        MappingProxyType(metadata.strings("annotations")),
        spec.text("serviceAccountName") or spec.text("serviceAccount") or "default",
        containers,
        replicas,
        addresses=tuple(addresses),
        host_network=spec.flag("hostNetwork"),
        grace=spec.integer("terminationGracePeriodSeconds", 30),
        automount=spec.flag("automountServiceAccountToken", True),
    )


def _container(fields: Fields, user: int | None, init: bool = False) -> Container:
    ports = tuple(filter(None, map(_container_port, fields.children("ports"))))
    probes = tuple(probe for kind in ProbeKind for probe in _probe(fields.child(kind), kind, ports))
    return Container(
        fields.text("name"),
        fields.text("image"),
        fields.texts("command"),
        fields.texts("args"),
        tuple(_variable(variable) for variable in fields.children("env")),
        ports,
        probes,
        _other_probes(fields),
        init,
        _user(fields, user),
    )


def _user(fields: Fields, inherited: int | None) -> int | None:
    """Return the user of a pod or container, if it says one."""
    context = fields.child("securityContext")
    return context.integer("runAsUser") if context.has("runAsUser") else inherited


def _container_port(fields: Fields) -> ContainerPort | None:
    number = fields.port("containerPort")
    if not isinstance(number, int):
        fields.note("containerPort", f"is the text `{number}`, where a number is expected (without quotes)")
        return None
    if not fields.has("containerPort"):
        fields.note("containerPort", "is missing")
    return ContainerPort(number, fields.text("name"), fields.text("protocol", "TCP")) if number else None


def _other_probes(fields: Fields) -> tuple[tuple[ProbeKind, str], ...]:
    handlers = ("tcpSocket", "grpc", "exec")
    return tuple((kind, name) for kind in ProbeKind for name in handlers if fields.child(kind).has(name))


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
            fields.integer("periodSeconds", 10),
            fields.integer("timeoutSeconds", 1),
            fields.integer("initialDelaySeconds"),
            fields.integer("failureThreshold", 3),
            fields.integer("successThreshold", 1),
            tuple((header.text("name"), header.text("value")) for header in get.children("httpHeaders")),
            uri.path if known and uri is not None else None,
        ),
    )


def _asked(path: str) -> str:
    """Return what the kubelet asks for on the pod: the path of an absolute URI, or the text with a slash before it."""
    found = SCHEME.match(path)
    asked = re.split("[?#]", "/" + path[found.end() :].partition("/")[2] if found else path, maxsplit=1)[0]
    return asked if asked.startswith("/") else f"/{asked}"


def service(document: Fields, ref: Ref) -> Service:
    """Read a Service."""
    spec = document.child("spec")
    ports: list[ServicePort] = []
    for port in spec.children("ports"):
        number = port.port("port")
        if not isinstance(number, int) or not number:
            port.note("port", "is missing or no number")
            continue
        ports.append(
            ServicePort(
                number,
                port.port("targetPort") or number,
                port.text("name"),
                port.text("protocol", "TCP"),
                port.text("appProtocol"),
            )
        )
    return Service(
        ref,
        MappingProxyType(spec.strings("selector")),
        tuple(ports),
        MappingProxyType(document.child("metadata").strings("annotations")),
        spec.text("clusterIP") == "None",
    )


def _addresses(entries: Iterable[Fields], key: str) -> list[Address]:
    found: list[Address] = []
    for entry in entries:
        text = entry.text(key)
        try:
            found += [ip_address(text)] if text else []
        except ValueError:
            entry.note(key, f"is `{text}`, where an IP address is expected")
    return found


KINDS = (
    Kind("", "Pod", pod),
    Kind("", "Service", service),
    Kind("", "ReplicationController", templated),
    Kind("apps", "Deployment", templated),
    Kind("apps", "ReplicaSet", templated),
    Kind("apps", "StatefulSet", templated),
    Kind("apps", "DaemonSet", templated),
    Kind("batch", "Job", templated),
    Kind("batch", "CronJob", cron_job),
    Kind("workload.linkerd.io", "ExternalWorkload", external),
)
