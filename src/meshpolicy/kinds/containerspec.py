"""What the API server refuses in the containers of a pod, beyond their schema. Pure.

Source: Kubernetes `pkg/apis/core/validation/validation.go`: `validateContainerCommon` and what it calls.
"""

import re
from collections.abc import Collection, Iterable

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.names import (
    PORT_RULE,
    check_name,
    check_subdomain,
    check_target,
    check_unique,
    is_port_name,
    is_qualified_name,
)
from meshpolicy.kinds.quantity import parse_quantity, quantity
from meshpolicy.record import record

ENV_NAME = re.compile(r"[ -<>-~]+")
HEADER_NAME = re.compile(r"[-A-Za-z0-9]+")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
HOOKS = ("exec", "httpGet", "sleep", "tcpSocket")
ONCE = ("livenessProbe", "startupProbe")
"""The probes that succeed at once."""
SOURCES = ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef")
VARIABLE_FIELDS = frozenset(
    (
        *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
        "spec.host",
        *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
    )
)
"""Fields of its pod that a variable may hold; `spec.host` is an old name of `spec.nodeName`."""
SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")
RESOURCES = ("cpu", "memory", "ephemeral-storage")
HUGE = "hugepages-"
RESTARTS = ("Restart", "RestartAllContainers")
QUOTA = "requests."
"""How names of quotas begin, with which those of resources would be confused."""
DIVISORS = {
    "cpu": ("1m", "1"),
    "memory": ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
}
"""By which a variable may divide a resource; of storage it is as of memory."""
EXPONENT = re.compile("[eE][-+]?[0-9]")
PROFILES = ("seccompProfile", "appArmorProfile")


@record
class Around:
    """What a container refers to in its pod."""

    volumes: Collection[str] = ()
    """Names that mounts may have."""
    claims: Collection[str] = ()
    """Names of resourceClaims."""
    grace: float = 30
    """terminationGracePeriodSeconds."""
    on_host: bool = False
    """hostNetwork."""
    devices: Collection[str] = ()
    """Names of volumes that may be block devices."""


def check_container(container: Fields, around: Around) -> None:
    """Note what is wrong with one container; manifests may leave its image to a tool that puts it in."""
    if not container.text("name"):
        container.refuse("name", "is missing or empty")
    check_name(container, "name", container.text("name"))
    _check_ports(container, around)
    for variable in container.children("env"):
        check_variable(variable)
    for source in container.children("envFrom"):
        _check_variables_from(source)
    for name in filter(container.has, PROBES):
        _check_probe(container, name)
    if container.has("lifecycle"):
        _check_hooks(container, around)
    if container.has("resources"):
        check_resources(container.child("resources"), around.claims)
    if container.has("volumeMounts") or container.has("volumeDevices"):
        _check_mounts(container, around)
    if container.has("restartPolicyRules"):
        _check_restart_rules(container)
    if container.has("securityContext"):
        check_profiles(container.child("securityContext"))
        _check_privileges(container.child("securityContext"))


def _check_ports(container: Fields, around: Around) -> None:
    ports = container.children("ports")
    for port in ports:
        name = port.text("name")
        if name and not is_port_name(name):
            port.refuse("name", f"is `{name[:60]}`: {PORT_RULE}")
        outer, inner = port.data.get("hostPort"), port.data.get("containerPort")
        if around.on_host and outer not in (None, 0, inner):
            port.refuse("hostPort", f"is {outer}, where the containerPort {inner} is expected with hostNetwork")
    check_unique(ports, "port", is_port_name)


def check_host_ports(containers: Iterable[Fields], key: str = "hostPort") -> None:
    """Note a port of the host that two containers want; `key` is the field that says which."""
    seen: set[tuple[object, ...]] = set()
    for port in (port for container in containers for port in container.children("ports")):
        number = port.data.get(key)
        mark = (port.text("protocol") or "TCP", port.text("hostIP"), number)
        if number and mark in seen:
            port.refuse(key, f"is {number}, as of another port of the host")
        seen.add(mark)


def check_variable(variable: Fields) -> None:
    """Note what is wrong with an environment variable."""
    if not ENV_NAME.fullmatch(variable.text("name")):
        variable.refuse("name", "is no name of a variable: printable ASCII without `=` is expected")
    if not variable.has("valueFrom"):
        return
    source = variable.child("valueFrom")
    if variable.data.get("value"):
        variable.refuse("valueFrom", "is given beside `value`")
    given = source.one_of(SOURCES, "source")
    if given == "fieldRef":
        check_field_path(source.child(given), VARIABLE_FIELDS)
    elif given == "resourceFieldRef":
        check_resource_reference(source.child(given))
    elif given in ("configMapKeyRef", "secretKeyRef"):
        _check_key(source.child(given))


def check_field_path(fields: Fields, known: Collection[str]) -> None:
    """Note a field of the pod that nothing can refer to."""
    path = fields.text("fieldPath")
    subscript = SUBSCRIPT.fullmatch(path)
    key = subscript[2] if subscript else ""
    if subscript and is_qualified_name(key.lower() if subscript[1] == "annotations" else key):
        pass
    elif path not in known:
        fields.refuse("fieldPath", f"is `{path[:60]}`, which is no field of a pod that may be referred to here")
    if fields.text("apiVersion") not in ("", "v1"):
        fields.refuse("apiVersion", f"is `{fields.text('apiVersion')[:60]}`, where `v1` is expected")


def check_resource_reference(fields: Fields) -> None:
    """Note a resource of a container that nothing can refer to, and a divisor that is none."""
    resource = fields.text("resource")
    way, _, name = resource.partition(".")
    if way not in ("limits", "requests") or not (name in RESOURCES or name.startswith(HUGE)):
        fields.refuse("resource", f"is `{resource[:60]}`, where `limits.cpu`, `requests.memory` … is expected")
        return
    if not _is_divisor(str(fields.data.get("divisor") or 0), DIVISORS["cpu" if name == "cpu" else "memory"]):
        fields.refuse("divisor", f"is `{fields.data.get('divisor')}`, which is no unit of {name}")


def _is_divisor(text: str, units: Iterable[str]) -> bool:
    """Whether a quantity is one of some units, or 0; Kubernetes compares it as it is written: 1024 is not 1Ki."""
    number = parse_quantity(text)
    if number is None or number in (0, 1):
        return number is not None
    alike = (unit for unit in units if unit.endswith("i") is text.endswith("i"))
    return not EXPONENT.search(text) and number in map(parse_quantity, alike)


def _check_key(fields: Fields) -> None:
    check_subdomain(fields, "name", fields.text("name"))
    key = fields.text("key")
    if not CONFIG_KEY.fullmatch(key) or key == "." or key.startswith(".."):
        fields.refuse("key", f"is `{key[:60]}`, where letters, digits, `-`, `_` and `.` are expected")


def _check_variables_from(source: Fields) -> None:
    prefix = source.text("prefix")
    if prefix and not ENV_NAME.fullmatch(prefix):
        source.refuse("prefix", "begins no name of a variable: printable ASCII without `=` is expected")
    given = source.one_of(("configMapRef", "secretRef"), "source")
    if given:
        own = source.child(given)
        check_subdomain(own, "name", own.text("name"), begins=True)


def _check_probe(container: Fields, name: str) -> None:
    """Note a probe that says not how to ask, or in two ways, and one that succeeds late (validateProbe)."""
    probe = container.child(name)
    _check_handler(probe, HANDLERS)
    if name in ONCE and probe.data.get("successThreshold") not in (None, 0, 1):
        probe.refuse("successThreshold", "has to be 1 for a liveness or startup probe")
    grace = probe.data.get("terminationGracePeriodSeconds")
    if grace is not None and name == "readinessProbe":
        probe.refuse("terminationGracePeriodSeconds", "is not for readiness probes")
    elif isinstance(grace, int) and grace <= 0:
        probe.refuse("terminationGracePeriodSeconds", f"is {grace}, where at least 1 is expected")


def _check_hooks(container: Fields, around: Around) -> None:
    lifecycle = container.child("lifecycle")
    for name in filter(lifecycle.has, ("postStart", "preStop")):
        hook = lifecycle.child(name)
        _check_handler(hook, HOOKS)
        seconds = hook.child("sleep").data.get("seconds") or 0
        if hook.has("sleep") and isinstance(seconds, int) and not 0 <= seconds <= around.grace:
            text = f"is {seconds}, where at most terminationGracePeriodSeconds ({around.grace}) is expected"
            hook.child("sleep").refuse("seconds", text)


def _check_handler(fields: Fields, kinds: Iterable[str]) -> None:
    """Note what a probe or a hook does not say about what it does."""
    fields.one_of(kinds, "handler")
    if fields.has("exec") and not fields.child("exec").data.get("command"):
        fields.child("exec").refuse("command", "is missing or empty")
    for kind in filter(fields.has, HANDLERS[1:]):
        check_target(fields.child(kind), "port")
    for header in fields.child("httpGet").children("httpHeaders"):
        if not HEADER_NAME.fullmatch(header.text("name")):
            header.refuse("name", f"is `{header.text('name')[:60]}`: a header's name holds letters, digits and `-`")


def check_resources(resources: Fields, claims: Collection[str]) -> None:
    """Note resources that are none, and requests above their limits."""
    limits, requests = resources.child("limits"), resources.child("requests")
    for fields in (limits, requests):
        for name in fields.data:
            _check_resource(fields, str(name))
    for name in map(str, requests.data):
        _check_limit(limits, requests, name)
    for claim in resources.children("claims"):
        if claim.text("name") not in claims:
            claim.refuse("name", f"is `{claim.text('name')[:60]}`, of which the pod has no resourceClaim")


def _check_limit(limits: Fields, requests: Fields, name: str) -> None:
    """Note a request above its limit, and one that has to be its limit: nodes give no more of it than they have."""
    most, least = quantity(limits.data.get(name) or 0), quantity(requests.data[name] or 0)
    whole = name.startswith(HUGE) or ("/" in name and "kubernetes.io/" not in name)
    if name not in limits.data:
        if whole:
            limits.refuse("", f"has no {name}, of which a container that requests some has a limit")
    elif most is not None and least is not None and (least > most or (whole and least != most)):
        text = "which has to be the limit" if whole else "more than the limit"
        requests.refuse(name, f"is {requests.data[name]}, {text} of {limits.data[name]}")


def _check_resource(fields: Fields, name: str) -> None:
    number = quantity(fields.data[name] or 0)
    of_domain = "/" in name and is_qualified_name(name) and not name.startswith(QUOTA)
    if name not in RESOURCES and not name.startswith(HUGE) and not of_domain:
        fields.refuse(name, "is no resource of a container: cpu, memory, ephemeral-storage, or `domain/name`")
    elif number is None or fields.data[name] == "":
        fields.refuse(name, f"is `{str(fields.data[name])[:60]}`, where a quantity such as 100m or 1Gi is expected")
    elif number < 0:
        fields.refuse(name, f"is {fields.data[name]}, where at least 0 is expected")


def _check_mounts(container: Fields, around: Around) -> None:
    seen: set[str] = set()
    privileged = container.child("securityContext").data.get("privileged") is True
    for mount in container.children("volumeMounts"):
        path = mount.text("mountPath")
        _check_volume_of(mount, around.volumes)
        if not path or path in seen:
            mount.refuse("mountPath", f"is `{path[:60]}`, as of another mount" if path else "is missing or empty")
        seen.add(path)
        if mount.data.get("mountPropagation") == "":
            mount.refuse("mountPropagation", "is empty")
        if mount.text("mountPropagation") == "Bidirectional" and not privileged:
            mount.refuse("mountPropagation", "is Bidirectional, which needs a privileged container")
        if mount.text("recursiveReadOnly") in ("Enabled", "IfPossible"):
            _check_recursive(mount)
        _check_part(mount)
    for device in container.children("volumeDevices"):
        _check_volume_of(device, around.devices)
        if not device.text("devicePath") or ".." in device.text("devicePath").split("/"):
            device.refuse("devicePath", "is no path of a device")


def _check_restart_rules(container: Fields) -> None:
    """Note rules of a container that has no restartPolicy, and those that do nothing, or at no exit code."""
    rules = container.children("restartPolicyRules")
    if rules and not container.has("restartPolicy"):
        container.refuse("restartPolicy", "is missing, and restartPolicyRules need it")
    for rule in rules:
        if rule.text("action") not in RESTARTS:
            rule.refuse("action", f"is `{rule.text('action')[:60]}`; accepted are {', '.join(RESTARTS)}")
        if not rule.has("exitCodes"):
            rule.refuse("exitCodes", "is missing")
        elif rule.child("exitCodes").text("operator") not in ("In", "NotIn"):
            rule.child("exitCodes").refuse("operator", "is neither In nor NotIn")


def _check_recursive(mount: Fields) -> None:
    """Note a mount whose parts cannot be read-only, as it is not itself, or others see what is mounted in it."""
    if not mount.flag("readOnly"):
        mount.refuse("recursiveReadOnly", "is for a mount that is `readOnly`")
    if mount.text("mountPropagation") not in ("", "None"):
        mount.refuse("recursiveReadOnly", "is for a mount without mountPropagation")


def _check_volume_of(mount: Fields, volumes: Collection[str]) -> None:
    name = mount.text("name")
    if not name or name not in volumes:
        mount.refuse("name", f"is `{name[:60]}`, and the pod has no such volume" if name else "is missing or empty")


def _check_part(mount: Fields) -> None:
    """Note a part of a volume that is none."""
    for key in ("subPath", "subPathExpr"):
        if _leads_out(mount.text(key)):
            mount.refuse(key, "leads out of the volume: a path below it is expected")
    if mount.text("subPath") and mount.text("subPathExpr"):
        mount.refuse("subPathExpr", "is given beside subPath")


def _leads_out(path: str) -> bool:
    """Whether a path does not stay in the folder that it begins in (validateLocalDescendingPath)."""
    return path.startswith("/") or ".." in path.split("/")


def check_profiles(context: Fields) -> None:
    """Note a profile of seccomp or AppArmor that has a file and needs none, or the other way round."""
    for key in filter(context.has, PROFILES):
        profile = context.child(key)
        kind, own = profile.text("type"), profile.data.get("localhostProfile")
        if not kind:
            profile.refuse("type", "is missing or empty")
        elif kind == "Localhost" and (own is None or (own == "" and key == "appArmorProfile")):
            profile.refuse("localhostProfile", "is missing, which `type: Localhost` needs")
        elif kind != "Localhost" and own is not None:
            profile.refuse("localhostProfile", "is for `type: Localhost` alone")
        elif key == "seccompProfile" and _leads_out(profile.text("localhostProfile")):
            profile.refuse("localhostProfile", "leads out of the kubelet's folder: a path below it is expected")
        elif key == "appArmorProfile" and own != profile.text("localhostProfile").strip() and kind == "Localhost":
            profile.refuse("localhostProfile", "begins or ends with a blank")


def _check_privileges(context: Fields) -> None:
    added = context.child("capabilities").data.get("add") or []
    if context.data.get("allowPrivilegeEscalation") is False and (
        context.data.get("privileged") is True or (isinstance(added, list) and "CAP_SYS_ADMIN" in added)
    ):
        context.refuse("allowPrivilegeEscalation", "is false for a container that is privileged, or adds CAP_SYS_ADMIN")
