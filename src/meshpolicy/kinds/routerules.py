"""What Linkerd's webhook refuses of routes, beyond what is refused where their matches and filters are read. Pure.

Source: linkerd2 `policy-controller/runtime/src/admission.rs`, and for annotations `k8s/index/src/outbound/index.rs`.
"""

import re
from collections.abc import Callable, Mapping

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.cel import Failed, seconds

USED_FILTERS: Mapping[str, str] = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestRedirect": "requestRedirect",
}
"""The filters of a route of policy.linkerd.io, and the field of each."""
WAIT = re.compile(r"\s*(?:\+?0+|\+?0*(\d{1,20})(ms|s|m|h|d))\s*", re.ASCII)
MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LIMIT = re.compile(r"\+?0*(\d{1,5})", re.ASCII)
STATUS = re.compile(r"\+?0*([1-5]\d\d)", re.ASCII)
HTTP_WORDS = frozenset({"5xx", "gateway-error"})
GRPC_WORDS = frozenset({"cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"})


def validate(document: Fields) -> None:
    """Note what is wrong with a route of the Gateway API or of Linkerd."""
    spec = document.child("spec")
    check_egress_parents(spec)
    if any(_is_outbound(parent) for parent in spec.children("parentRefs")):
        _check_annotations(document)
    own = document.text("apiVersion").startswith("policy.")
    for rule in spec.children("rules"):
        if own:
            _timeouts(rule.child("timeouts"))
            _own_filters(rule)
        else:
            _backends(rule)


def _is_egress(parent: Fields) -> bool:
    return (parent.text("group").lower(), parent.text("kind").lower()) == ("policy.linkerd.io", "egressnetwork")


def _is_outbound(parent: Fields) -> bool:
    """Whether a parent is a Service or an EgressNetwork, whose routes are about retries and timeouts."""
    service = (parent.text("group").lower() or "core", parent.text("kind").lower()) == ("core", "service")
    return service or _is_egress(parent)


def check_egress_parents(spec: Fields) -> None:
    """Note an EgressNetwork that is a parent without a port."""
    for parent in spec.children("parentRefs"):
        if _is_egress(parent) and not parent.has("port"):
            parent.refuse("port", "is missing: an EgressNetwork is a parent by its port")


def has_readable_annotations(document: Fields) -> bool:
    """Whether Linkerd can read what a route's annotations say of retries and timeouts."""
    alone = document.with_problems([])
    _check_annotations(alone)
    return not alone.problems


def _check_annotations(document: Fields) -> None:
    """Note annotations about retries and timeouts that Linkerd cannot read."""
    annotations, kind = document.child("metadata").child("annotations"), document.text("kind")
    words = _is_grpc_condition if kind == "GRPCRoute" else _is_http_condition
    known: Mapping[str, tuple[Callable[[str], bool], str]] = {
        "retry.linkerd.io/limit": (_is_limit, "a number up to 65535"),
        "retry.linkerd.io/timeout": (_is_wait, "a time such as 10s"),
        f"retry.linkerd.io/{'grpc' if kind == 'GRPCRoute' else 'http'}": (words, "conditions such as 5xx or internal"),
        "timeout.linkerd.io/response": (_is_wait, "a time such as 10s"),
        "timeout.linkerd.io/request": (_is_wait, "a time such as 10s"),
        "timeout.linkerd.io/idle": (_is_wait, "a time such as 10s"),
    }
    for name, (readable, expected) in known.items():
        value = annotations.text(name)
        if annotations.has(name) and not readable(value):
            annotations.refuse(name, f"is `{value}`, where {expected} is expected")


def _is_limit(text: str) -> bool:
    found = LIMIT.fullmatch(text)
    return found is not None and int(found[1]) <= 65535


def _is_wait(text: str) -> bool:
    """Whether a text is a time: whole numbers of one unit, up to what 64 bits hold in milliseconds."""
    found = WAIT.fullmatch(text)
    if found is None:
        return False
    return found[1] is None or int(found[1]) * MILLISECONDS[found[2]] < 2**64


def _is_http_condition(text: str) -> bool:
    for part in text.split(","):
        first, dash, last = part.partition("-")
        low, high = STATUS.fullmatch(first), STATUS.fullmatch(last if dash else first)
        known = low is not None and high is not None and int(low[1]) <= int(high[1])
        if not known and part.lower() not in HTTP_WORDS:
            return False
    return True


def _is_grpc_condition(text: str) -> bool:
    return all(part.lower() in GRPC_WORDS for part in text.split(","))


def _timeouts(timeouts: Fields) -> None:
    """Note times that are none, and a backend's that is longer than the request's."""
    found: dict[str, float] = {}
    for key in ("request", "backendRequest"):
        if timeouts.has(key):
            try:
                found[key] = seconds(timeouts.text(key))
            except Failed:
                found[key] = -1
            if found[key] < 0:
                timeouts.refuse(key, f"is `{timeouts.text(key)}`, where a time such as 10s is expected")
                return
    if found.get("backendRequest", 0) > found.get("request", float("inf")):
        timeouts.refuse("backendRequest", "is longer than request")


def _own_filters(rule: Fields) -> None:
    """Note filters of Linkerd's own kind of route that it does not know, or without what their type says."""
    for entry in rule.children("filters"):
        key = USED_FILTERS.get(entry.text("type"))
        if key is None:
            entry.refuse("type", f"is {entry.text('type')}; accepted are {', '.join(USED_FILTERS)}")
        elif not entry.has(key):
            entry.refuse(key, f"is missing, though the type is {entry.text('type')}")


def _backends(rule: Fields) -> None:
    for backend in rule.children("backendRefs"):
        service = backend.text("group") in ("", "core") and backend.text("kind", "Service") == "Service"
        if service and not backend.integer("port"):
            backend.refuse("port", "is missing: a Service is a backend by its port")
