"""What the API server refuses in workloads beyond their schema: names, and what must be unique. Pure.

Source: Kubernetes `pkg/apis/core/validation/validation.go`, `pkg/apis/apps/validation/validation.go` and
`apimachinery/pkg/util/validation`.
"""

import re

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.containerspec import (
    PROBES,
    Around,
    check_container,
    check_host_ports,
    check_profiles,
)
from meshpolicy.kinds.metadata import check_annotations, check_labels, check_selector, is_stored
from meshpolicy.kinds.names import check_name, check_subdomain, check_unique
from meshpolicy.kinds.placement import check_placement
from meshpolicy.kinds.quantity import quantity
from meshpolicy.kinds.reading import read_selector
from meshpolicy.kinds.volumespec import check_volumes, volume_names

PERCENT = re.compile(r"[0-9]+%")
OTHER_LABELS = "does not select the pods of the template, whose labels are different"
SYSTEMS = ("linux", "windows")


def check_pod(document: Fields) -> None:
    """Note what is wrong with a Pod."""
    spec = document.child("spec")
    _check_spec(spec)
    # On the host's network each port is one of the host's, as soon as the pod is made: of templates nobody asks.
    if spec.data.get("hostNetwork") is True:
        check_host_ports(spec.children("containers"), "containerPort")
    if not is_stored(document):
        _check_ephemeral(spec)
    for container in (*spec.children("initContainers"), *spec.children("containers")):
        if container.text("image") != container.text("image").strip():
            container.refuse("image", "begins or ends with a blank")


def check_template(document: Fields) -> None:
    """Note what is wrong with a workload that has a template."""
    spec = document.child("spec")
    check_template_of(spec)
    _check_claims(spec)
    _check_update(document)
    if document.data.get("apiVersion") == "apps/v1":
        _check_selector(spec, spec.child("template").child("metadata").strings("labels"))
    elif document.data.get("apiVersion") == "v1" and spec.data.get("selector"):
        labels = spec.child("template").child("metadata").strings("labels")
        if not spec.strings("selector").items() <= labels.items():
            spec.note("selector", OTHER_LABELS, ProblemKind.TOLERATED)


def _check_claims(spec: Fields) -> None:
    """Note what is wrong with the claims that a StatefulSet makes for each pod."""
    for claim in spec.children("volumeClaimTemplates"):
        own = claim.child("spec")
        if not claim.child("metadata").text("name"):
            claim.refuse("metadata.name", "is missing or empty")
        check_name(claim.child("metadata"), "name", claim.child("metadata").text("name"))
        size = quantity(own.child("resources").child("requests").data.get("storage"))
        if size is None or size <= 0:
            own.refuse("resources.requests.storage", "is missing, or no quantity above 0")
        if not own.data.get("accessModes"):
            own.refuse("accessModes", "is missing or empty")


def _check_update(document: Fields) -> None:
    """Note how a controller cannot replace its pods, on which no answer rests."""
    kind, spec = document.text("kind"), document.child("spec")
    for key in filter(spec.has, ("strategy", "updateStrategy")):
        own = spec.child(key)
        rolling = own.child("rollingUpdate")
        if kind != "DaemonSet" and own.has("rollingUpdate") and own.text("type") not in ("", "RollingUpdate"):
            own.note("rollingUpdate", "is for `type: RollingUpdate` alone", ProblemKind.TOLERATED)
        for name in ("maxSurge", "maxUnavailable"):
            value = rolling.data.get(name)
            if key == "strategy" and isinstance(value, str) and not PERCENT.fullmatch(value):
                rolling.note(name, f"is `{value[:60]}`: a number or a percentage is expected", ProblemKind.TOLERATED)


def check_template_of(spec: Fields) -> None:
    """Note what is wrong with the template in a `spec`."""
    template = spec.child("template")
    check_labels(template.child("metadata"), "labels")
    check_annotations(template.child("metadata"))
    claims = (claim.child("metadata").text("name") for claim in spec.children("volumeClaimTemplates"))
    _check_spec(template.child("spec"), tuple(claims))
    _check_ephemeral(template.child("spec"))


def check_controlled(document: Fields) -> None:
    """Note what is wrong with a workload whose controller keeps its pods running."""
    check_template(document)
    pod = document.child("spec").child("template").child("spec")
    if pod.text("restartPolicy") not in ("", "Always"):
        text = f"is `{pod.text('restartPolicy')}`; the pods of this kind have `Always`"
        pod.note("restartPolicy", text, ProblemKind.TOLERATED)


def _check_selector(spec: Fields, labels: dict[str, str]) -> None:
    selector = spec.child("selector")
    check_selector(selector)
    if not selector.data.get("matchLabels") and not selector.data.get("matchExpressions"):
        spec.refuse("selector", "is empty, and would select every pod")
    elif not read_selector(selector).accepts(labels):
        spec.note("selector", OTHER_LABELS, ProblemKind.TOLERATED)


def _check_spec(spec: Fields, claims: tuple[str, ...] = ()) -> None:
    """Note what is wrong with a pod; `claims` are the volumes that a StatefulSet makes for each of its pods."""
    names, devices = volume_names(spec, claims)
    on_host = spec.data.get("hostNetwork") is True
    around = Around(
        names,
        [one.text("name") for one in spec.children("resourceClaims")],
        spec.integer("terminationGracePeriodSeconds", 30),
        on_host,
        devices,
    )
    started, running = spec.children("initContainers"), spec.children("containers")
    for container in (*started, *running):
        check_container(container, around)
    for container in started:
        check_host_ports([container])
        for key in (*PROBES, "lifecycle") if container.text("restartPolicy") != "Always" else ():
            if container.has(key):
                container.refuse(key, "is for init containers with `restartPolicy: Always` alone")
    check_host_ports(running)
    check_unique((*started, *running), "container")
    check_volumes(spec)
    check_placement(spec)
    _check_rest(spec)


def _check_ephemeral(spec: Fields) -> None:
    """Note ephemeral containers, which only a pod that runs may have."""
    if spec.data.get("ephemeralContainers"):
        spec.refuse("ephemeralContainers", "are added to a pod that runs, and not written in its manifest")


def _check_rest(spec: Fields) -> None:
    """Note what is wrong with the fields of a pod that stand alone."""
    if spec.text("serviceAccountName"):
        check_subdomain(spec, "serviceAccountName", spec.text("serviceAccountName"))
    if spec.has("securityContext"):
        check_profiles(spec.child("securityContext"))
    if spec.has("os") and spec.child("os").text("name") not in SYSTEMS:
        spec.child("os").refuse("name", f"is none of {', '.join(SYSTEMS)}")
    if spec.data.get("shareProcessNamespace") is True and spec.data.get("hostPID") is True:
        spec.refuse("shareProcessNamespace", "is not for pods with hostPID")
    for claim in spec.children("resourceClaims"):
        check_name(claim, "name", claim.text("name"))
        claim.one_of(("resourceClaimName", "resourceClaimTemplateName"), "source")
