"""What is refused of routes beyond their schema: the API's own rules and Linkerd's webhook. Pure."""

import re
from collections import Counter

from meshpolicy.errors import Severity
from meshpolicy.fields import Fields

FILTERS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "ExtensionRef": "extensionRef",
    "CORS": "cors",
}
REPEATABLE = frozenset({"RequestMirror", "ExtensionRef"})
PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
NEVER_IN_A_PATH = ("//", "/./", "/../", "%2f", "%2F", "#")
SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*", re.IGNORECASE)
METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def route(document: Fields) -> None:
    """Note what is wrong with a route of the Gateway API or of Linkerd."""
    spec = document.child("spec")
    gateway = document.text("apiVersion").startswith("gateway.")
    for parent in spec.children("parentRefs"):
        if parent.text("kind") == "EgressNetwork" and not parent.has("port"):
            _refuse(parent, "port", "is missing: an EgressNetwork is a parent by its port")
    for rule in spec.children("rules"):
        _filters(rule)
        for match in rule.children("matches"):
            if gateway:
                _path(match.child("path"))
                _method(match)
        for backend in rule.children("backendRefs"):
            service = not backend.text("group") and backend.text("kind", "Service") == "Service"
            if service and gateway and not backend.has("port"):
                _refuse(backend, "port", "is missing: a Service is a backend by its port")


def _path(path: Fields) -> None:
    value, kind = path.text("value", "/"), path.text("type", "PathPrefix")
    if kind == "RegularExpression":
        return
    wrong = next((part for part in NEVER_IN_A_PATH if part in value), None)
    if wrong is not None or value.endswith(("/.", "/..")):
        _refuse(path, "value", f"is `{value}`, which holds `{wrong or '/.'}`")
    elif not PATH.fullmatch(value):
        _refuse(path, "value", f"is `{value}`, which holds a character that no path may")


def _method(match: Fields) -> None:
    """Check a GRPCRoute's method; an HTTPRoute's is a text, of which the schema takes care."""
    if not isinstance(match.data.get("method"), dict):
        return
    method = match.child("method")
    service, name = method.text("service"), method.text("method")
    if not service and not name:
        _refuse(match, "method", "names neither a service nor a method")
    if service and not SERVICE.fullmatch(service):
        _refuse(method, "service", f"is `{service}`, which is no name of a gRPC service")
    if name and not METHOD.fullmatch(name):
        _refuse(method, "method", f"is `{name}`, which is no name of a gRPC method")


def _filters(rule: Fields) -> None:
    filters = rule.children("filters")
    counted = Counter(entry.text("type") for entry in filters)
    for kind, count in counted.items():
        if count > 1 and kind not in REPEATABLE:
            _refuse(rule, "filters", f"holds {kind} {count} times, where once is the most")
    if counted["RequestRedirect"] and counted["URLRewrite"]:
        _refuse(rule, "filters", "holds both a RequestRedirect and a URLRewrite")
    if counted["RequestRedirect"] and rule.children("backendRefs"):
        _refuse(rule, "filters", "redirects, and has backends nevertheless")
    for entry in filters:
        own = FILTERS.get(entry.text("type"))
        for key in FILTERS.values():
            if key == own and not entry.has(key):
                _refuse(entry, key, f"is missing, though the type is {entry.text('type')}")
            elif key != own and entry.has(key):
                _refuse(entry, key, f"stands in a filter of type {entry.text('type')}")
        _replacement(entry.child("requestRedirect").child("path"))


def _replacement(path: Fields) -> None:
    for kind, key in (("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch")):
        if path.has("type") and path.has(key) != (path.text("type") == kind):
            _refuse(path, key, "is missing" if not path.has(key) else f"stands beside the type {path.text('type')}")


def _refuse(fields: Fields, key: str, message: str) -> None:
    fields.note(key, message, Severity.REJECTED)
