"""What is refused of routes beyond their schema: the API's own rules and Linkerd's webhook. Pure."""

import re
from collections import Counter

from meshpolicy.core.fields import Fields

FILTERS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "ExtensionRef": "extensionRef",
    "CORS": "cors",
}
MOST_MATCHES = 128
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
DURATION = re.compile(rf"-?(?:{PART.pattern})+")
REPEATABLE = frozenset({"RequestMirror", "ExtensionRef"})
PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
NEVER_IN_A_PATH = ("//", "/./", "/../", "%2f", "%2F", "#")
SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*", re.IGNORECASE)
METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def validate(document: Fields) -> None:
    """Note what is wrong with a route of the Gateway API or of Linkerd; Linkerd's own kind has fewer rules."""
    spec = document.child("spec")
    gateway = document.text("apiVersion").startswith("gateway.")
    check_egress_parents(spec)
    rules = spec.children("rules")
    for rule in rules:
        _timeouts(rule.child("timeouts"), gateway=gateway)
        if gateway:
            _gateway_rule(rule)
        else:
            _own_parts(rule)
    if gateway:
        _parents(spec)
        if sum(len(rule.children("matches")) for rule in rules) > MOST_MATCHES:
            spec.refuse("rules", f"hold more than {MOST_MATCHES} matches together")


def check_egress_parents(spec: Fields) -> None:
    """Note an EgressNetwork that is a parent without a port."""
    for parent in spec.children("parentRefs"):
        if parent.text("kind") == "EgressNetwork" and not parent.has("port"):
            parent.refuse("port", "is missing: an EgressNetwork is a parent by its port")


def _gateway_rule(rule: Fields) -> None:
    for match in rule.children("matches"):
        _path(match.child("path"))
        _method(match)
    for backend in rule.children("backendRefs"):
        _backend(backend)
        _filters(backend, rule)
    _filters(rule, rule)
    if rule.children("backendRefs") and any(entry.has("requestRedirect") for entry in rule.children("filters")):
        rule.refuse("filters", "redirects, and has backends nevertheless")


def _parents(spec: Fields) -> None:
    """Note parents that are named twice: only several sections of one may be."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for parent in spec.children("parentRefs"):
        key = tuple(parent.text(word) for word in ("group", "kind", "namespace", "name"))
        seen.setdefault(key, []).append(parent.text("sectionName"))
    for (*_, name), sections in seen.items():
        if len(sections) > 1 and ("" in sections or len(set(sections)) < len(sections)):
            spec.refuse("parentRefs", f"names {name} {len(sections)} times, and not each time another section of it")


def _backend(backend: Fields) -> None:
    service = backend.text("group") in ("", "core") and backend.text("kind", "Service") == "Service"
    if service and not backend.has("port"):
        backend.refuse("port", "is missing: a Service is a backend by its port")


def _timeouts(timeouts: Fields, *, gateway: bool) -> None:
    """Note times that are none, and a backend's that is longer than the request's."""
    found: dict[str, float] = {}
    for key in ("request", "backendRequest"):
        if timeouts.has(key):
            time = seconds(timeouts.text(key))
            if time is None or time < 0:
                timeouts.refuse(key, f"is `{timeouts.text(key)}`, where a time such as 10s is expected")
            else:
                found[key] = time
    whole, part = found.get("request"), found.get("backendRequest")
    # The Gateway API takes a request's time of zero for none at all.
    if whole is not None and part is not None and part > whole and not (gateway and whole == 0):
        timeouts.refuse("backendRequest", "is longer than request")


def seconds(text: str) -> float | None:
    """Return a duration such as `1m30s` in seconds, or None."""
    if not DURATION.fullmatch(text):
        return None
    total = sum(float(number) * UNITS[unit] for number, unit in PART.findall(text))
    return -total if text.startswith("-") else total


def _path(path: Fields) -> None:
    value, kind = path.text("value", "/"), path.text("type", "PathPrefix")
    if kind == "RegularExpression":
        return
    wrong = next((part for part in NEVER_IN_A_PATH if part in value), None)
    if wrong is not None or value.endswith(("/.", "/..")):
        path.refuse("value", f"is `{value}`, which holds `{wrong or '/.'}`")
    elif not PATH.fullmatch(value):
        path.refuse("value", f"is `{value}`, which holds a character that no path may")


def _method(match: Fields) -> None:
    """Check a GRPCRoute's method; an HTTPRoute's is a text, of which the schema takes care."""
    if not isinstance(match.data.get("method"), dict):
        return
    method = match.child("method")
    service, name = method.text("service"), method.text("method")
    if not service and not name:
        match.refuse("method", "names neither a service nor a method")
    if service and not SERVICE.fullmatch(service):
        method.refuse("service", f"is `{service}`, which is no name of a gRPC service")
    if name and not METHOD.fullmatch(name):
        method.refuse("method", f"is `{name}`, which is no name of a gRPC method")


def _own_parts(rule: Fields) -> None:
    """Note filters of Linkerd's own kind of route without what their type says."""
    for entry in rule.children("filters"):
        key = FILTERS.get(entry.text("type"))
        if key is not None and not entry.has(key):
            entry.refuse(key, f"is missing, though the type is {entry.text('type')}")


def _filters(holder: Fields, rule: Fields) -> None:
    """Check the filters of a rule, or of one of its backends."""
    filters = holder.children("filters")
    counted = Counter(entry.text("type") for entry in filters)
    for kind, count in counted.items():
        if count > 1 and kind not in REPEATABLE:
            holder.refuse("filters", f"holds {kind} {count} times, where once is the most")
    if counted["RequestRedirect"] and counted["URLRewrite"]:
        holder.refuse("filters", "holds both a RequestRedirect and a URLRewrite")
    for entry in filters:
        own = FILTERS.get(entry.text("type"))
        for key in FILTERS.values():
            if key == own and not entry.has(key):
                entry.refuse(key, f"is missing, though the type is {entry.text('type')}")
            elif key != own and entry.has(key):
                entry.refuse(key, f"does not belong to a filter of type {entry.text('type')}")
        for key in ("requestRedirect", "urlRewrite"):
            _replacement(entry.child(key).child("path"), rule)
        _mirror(entry.child("requestMirror"))


def _mirror(mirror: Fields) -> None:
    if mirror.has("backendRef"):
        _backend(mirror.child("backendRef"))
    if mirror.has("percent") and mirror.has("fraction"):
        mirror.refuse("percent", "cannot be combined with fraction; choose one")
    fraction = mirror.child("fraction")
    if fraction.integer("numerator") > fraction.integer("denominator", 100):
        fraction.refuse("numerator", "is more than the denominator")


def _replacement(path: Fields, rule: Fields) -> None:
    if path.text("type") == "ReplacePrefixMatch" and path.has("replacePrefixMatch") and rule.has("matches"):
        matches = rule.children("matches")
        if len(matches) != 1 or matches[0].child("path").text("type", "PathPrefix") != "PathPrefix":
            path.refuse("replacePrefixMatch", "needs a rule with one match, of a PathPrefix")
    for kind, key in (("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch")):
        if path.has("type") and path.has(key) != (path.text("type") == kind):
            path.refuse(key, "is missing" if not path.has(key) else f"does not fit the type {path.text('type')}")
