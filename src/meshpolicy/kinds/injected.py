"""Why a pod is never made with a sidecar: what the injector cannot render, or the API server refuses of it. Pure.

Source: linkerd2 `pkg/inject/inject.go` and `charts/partials/templates/_proxy.tpl`; Kubernetes' validation of pods.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping

from meshpolicy.core.errors import Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.annotations import ADDITIONAL_ENV, CONFIG
from meshpolicy.kinds.containerspec import check_variable
from meshpolicy.kinds.quantity import parse_quantity

IMAGE = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._:/@]*")
TAG = re.compile(r"[-A-Za-z0-9._@:]*")
PLAIN = {f"{CONFIG}proxy-image": IMAGE, f"{CONFIG}proxy-version": TAG}
"""Annotations that are written into YAML without quotes: what is known to be read as it is written."""
WORDS = {
    f"{CONFIG}proxy-log-http-headers": ("", "off", "insecure"),
    f"{CONFIG}image-pull-policy": ("", "Always", "IfNotPresent", "Never"),
}
TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
DEBUG_PLAIN = {f"{CONFIG}debug-image": IMAGE, f"{CONFIG}debug-image-version": TAG}
DEBUG_WORDS = {f"{CONFIG}debug-image-pull-policy": WORDS[f"{CONFIG}image-pull-policy"]}
"""What counts with a container for debugging beside the proxy."""
AMOUNTS = ("cpu", "memory", "ephemeral-storage")
VOLUMES = frozenset(("linkerd-identity-end-entity", "linkerd-identity-token"))
"""The volumes that the injector adds."""
INIT_VOLUME = "linkerd-proxy-init-xtables-lock"
"""What it adds for linkerd-init, and so not where the CNI plugin does its work."""
ENTRY = {"name": "name", "value": "value", "valuefrom": "valueFrom"}
"""The fields of a variable, which Go reads without regard to case."""
NEVER = ", so that the pod is never made"


def never_made(own: Mapping[str, str], space: Mapping[str, str]) -> str:
    """Say which annotation keeps a pod from being made with a sidecar; empty: none does.

    `own` are the pod's, with those that it has from its namespace; `space` are the namespace's.
    """
    return next(_never_made(own, space), "")


def _never_made(own: Mapping[str, str], space: Mapping[str, str]) -> Iterator[str]:
    debugged = own.get(f"{CONFIG}enable-debug-sidecar", "") in TRUE
    for name, words in (WORDS | DEBUG_WORDS if debugged else WORDS).items():
        if own.get(name, "") not in words:
            yield f"{name} is `{own[name][:60]}`; accepted are {', '.join(filter(None, words))}{NEVER}"
    for name, form in (PLAIN | DEBUG_PLAIN if debugged else PLAIN).items():
        if name in own and not form.fullmatch(own[name]):
            yield f"{name} is `{own[name][:60]}`, with which no image is found, so that the pod never runs"
    for resource in AMOUNTS:
        names = [f"{CONFIG}proxy-{resource}-{what}" for what in ("limit", "request")]
        most, least = (parse_quantity(own.get(name, "")) for name in names)
        for name, number in zip(names, (most, least), strict=True):
            if number is not None and number < 0:
                yield f"{name} is {own[name]}, where at least 0 is expected{NEVER}"
        if most is not None and least is not None and least > most:
            yield f"{names[1]} is {own[names[1]]}, more than the limit of {own[names[0]]}{NEVER}"
    for text in dict.fromkeys((own.get(ADDITIONAL_ENV), space.get(ADDITIONAL_ENV))):
        yield from _variables(text or "[]")


def _variables(text: str) -> Iterator[str]:
    """Yield what is wrong with the variables of a proxy; what is no list of them is passed over as a whole."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return
    entries = [
        {ENTRY.get(str(key).lower(), str(key)): value for key, value in entry.items()}
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict)
    ]
    if any(not isinstance(entry.get(key) or "", str) for entry in entries for key in ("name", "value")):
        return
    for entry in entries:
        problems: list[Problem] = []
        check_variable(Fields(entry, Place(""), problems))
        if problems:
            yield f"proxy-additional-env: {problems[0].place.field} {problems[0].message}{NEVER}"


def conflict_with_sidecar(spec: Fields) -> str:
    """Say what in a pod's own manifest does not go with a sidecar, however packets reach it; empty: nothing."""
    if spec.child("os").text("name") == "windows":
        return f"no sidecar is for pods of Windows{NEVER}"
    if spec.text("dnsPolicy") == "Default":
        return "its dnsPolicy is `Default`, by which a proxy does not find the control plane, so that it is never ready"
    return _taken(spec, VOLUMES)


def conflict_with_init(spec: Fields) -> str:
    """Say what in a pod's own manifest does not go with linkerd-init; empty: nothing."""
    return _taken(spec, (INIT_VOLUME,))


def _taken(spec: Fields, names: Collection[str]) -> str:
    taken = next((one.text("name") for one in spec.children("volumes") if one.text("name") in names), "")
    return f"its volume {taken} has the name of one that the injector adds{NEVER}" if taken else ""
