"""What the API server refuses in workloads beyond their schema: names, and what must be unique. Pure.

Source: Kubernetes `pkg/apis/core/validation/validation.go`, `pkg/apis/apps/validation/validation.go` and
`apimachinery/pkg/util/validation`.
"""

import re
from collections.abc import Iterator

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.metadata import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    LONGEST_NAME,
    LONGEST_SUBDOMAIN,
    NAME,
    check_labels,
)
from meshpolicy.kinds.reading import read_selector

PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST_PORT_NAME = 15
PORT_RULE = (
    "a port's name (IANA_SVC_NAME) holds up to 15 lower-case letters, digits and `-`, a letter among them, no `--`,"
    " and begins and ends with a letter or digit"
)
ENV_NAME = re.compile(r"[ -<>-~]+")
MOST_PORT = 65535
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
ONCE = ("livenessProbe", "startupProbe")
"""The probes that succeed at once."""


def check_pod(document: Fields) -> None:
    """Note what is wrong with a Pod."""
    _check_spec(document.child("spec"))


def check_template(document: Fields) -> None:
    """Note what is wrong with a workload that has a template."""
    spec = document.child("spec")
    check_template_of(spec)
    if document.data.get("apiVersion") == "apps/v1":
        _check_selector(spec, spec.child("template").child("metadata").strings("labels"))


def check_template_of(spec: Fields) -> None:
    """Note what is wrong with the template in a `spec`."""
    template = spec.child("template")
    check_labels(template.child("metadata"), "labels")
    _check_spec(template.child("spec"))


def check_controlled(document: Fields) -> None:
    """Note what is wrong with a workload whose controller keeps its pods running."""
    check_template(document)
    pod = document.child("spec").child("template").child("spec")
    if pod.text("restartPolicy") not in ("", "Always"):
        text = f"is `{pod.text('restartPolicy')}`; the pods of this kind have `Always`"
        pod.note("restartPolicy", text, ProblemKind.TOLERATED)


def _check_selector(spec: Fields, labels: dict[str, str]) -> None:
    selector = spec.child("selector")
    if not selector.data.get("matchLabels") and not selector.data.get("matchExpressions"):
        spec.refuse("selector", "is empty, and would select every pod")
    elif not read_selector(selector).accepts(labels):
        text = "does not select the pods of the template, whose labels are different"
        spec.note("selector", text, ProblemKind.TOLERATED)


def _check_spec(spec: Fields) -> None:
    started = spec.children("initContainers")
    containers = [*started, *spec.children("containers")]
    for container in containers:
        _check_container(container)
        _check_probes(container)
        for port in container.children("ports") if spec.data.get("hostNetwork") is True else ():
            if port.data.get("hostPort") not in (None, 0, port.data.get("containerPort")):
                port.refuse("hostPort", "is not the containerPort, as it has to be on the host's network")
    for container in started:
        for key in (*PROBES, "lifecycle") if container.text("restartPolicy") != "Always" else ():
            if container.has(key):
                container.refuse(key, "is for init containers with `restartPolicy: Always` alone")
    check_unique(containers, "name", "container")
    account = spec.text("serviceAccountName")
    if account and (not DNS_SUBDOMAIN.fullmatch(account) or len(account) > LONGEST_SUBDOMAIN):
        spec.refuse("serviceAccountName", f"is `{account[:60]}`: {NAME}, between which `.` may stand")


def _check_container(container: Fields) -> None:
    check_name(container, "name", container.text("name"))
    ports = container.children("ports")
    for port in ports:
        name = port.text("name")
        if name and not is_port_name(name):
            port.refuse("name", f"is `{name[:60]}`: {PORT_RULE}")
    check_unique(ports, "name", "port")
    for variable in container.children("env"):
        if not ENV_NAME.fullmatch(variable.text("name")):
            variable.refuse("name", "is no name of a variable: printable ASCII without `=` is expected")
    for handler in _handlers(container):
        check_target(handler, "port")


def _handlers(container: Fields) -> Iterator[Fields]:
    probes = [container.child(name) for name in PROBES if container.has(name)]
    yield from (probe.child(kind) for probe in probes for kind in HANDLERS[1:] if probe.has(kind))


def _check_probes(container: Fields) -> None:
    """Note a probe that says not how to ask, or in two ways, and one that succeeds late (validateProbe)."""
    for name in filter(container.has, PROBES):
        probe = container.child(name)
        given = [kind for kind in HANDLERS if probe.has(kind)]
        if not given:
            container.refuse(name, f"says not how to ask: one of {', '.join(HANDLERS)} is expected")
        for kind in given[1:]:
            probe.refuse(kind, f"is given beside {given[0]}: a probe has one of {', '.join(HANDLERS)}")
        if name in ONCE and probe.data.get("successThreshold") not in (None, 0, 1):
            probe.refuse("successThreshold", "has to be 1 for a liveness or startup probe")


def check_target(fields: Fields, key: str) -> None:
    """Note a port that is neither a number from 1 to 65535 nor a port's name."""
    value = fields.data.get(key)
    if isinstance(value, str) and not is_port_name(value):
        fields.refuse(key, f"is `{value[:60]}`: {PORT_RULE}")
    elif isinstance(value, int) and not 1 <= value <= MOST_PORT:
        fields.refuse(key, f"is {value}, where a port from 1 to {MOST_PORT} is expected")


def check_name(fields: Fields, key: str, name: str) -> None:
    """Note a name that is no label of DNS."""
    if fields.has(key) and (not DNS_LABEL.fullmatch(name) or len(name) > LONGEST_NAME):
        fields.refuse(key, f"is `{name[:60]}`: {NAME}, and has at most {LONGEST_NAME} of them")


def check_unique(entries: list[Fields] | tuple[Fields, ...], key: str, what: str) -> None:
    """Note an entry that has the name of one before it."""
    seen: set[str] = set()
    for entry in entries:
        name = entry.text(key)
        if name and name in seen:
            entry.refuse(key, f"is `{name}`, as another {what} is named already")
        seen.add(name)


def is_port_name(text: str) -> bool:
    """Whether a port may have this name (RFC 6335, section 5.1)."""
    return len(text) <= LONGEST_PORT_NAME and PORT_NAME.fullmatch(text) is not None
