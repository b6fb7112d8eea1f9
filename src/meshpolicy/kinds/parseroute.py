"""From documents to HTTPRoutes, GRPCRoutes and Gateways. Pure.

A route that Linkerd admits and then drops keeps the reason in `unusable` (R53).
"""

import re

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.core.match import GrpcMatch, HostMatch, HttpMatch, PathKind, PathMatch, ValueMatch
from meshpolicy.core.patterns import InvalidPattern, compiled
from meshpolicy.core.policy import Filter, GrpcRule, HeaderChange, HttpRule, Redirect, Ref
from meshpolicy.kinds.objects import Backend, Gateway, Listener, Route, Target
from meshpolicy.kinds.parsepolicy import created

USED_FILTERS = frozenset({"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect"})
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def route(document: Fields, ref: Ref) -> Route:
    """Read an HTTPRoute or a GRPCRoute of either group."""
    spec = document.child("spec")
    unusable: list[str] = []
    rules = spec.children("rules")
    http: tuple[HttpRule, ...] = ()
    grpc: tuple[GrpcRule, ...] = ()
    if ref.kind == "HTTPRoute":
        # An HTTPRoute without a list gets one rule for everything; an empty list, or a GRPCRoute, none (R88).
        http = tuple(_http_rule(rule, unusable) for rule in rules) if spec.has("rules") else (HttpRule(),)
    else:
        grpc = tuple(_grpc_rule(rule, unusable) for rule in rules)
    return Route(
        ref,
        created(document),
        tuple(_parent(parent, ref) for parent in spec.children("parentRefs")),
        tuple(HostMatch(host) for host in spec.texts("hostnames")),
        http,
        grpc,
        tuple(_backends(rule, ref) for rule in rules),
        unusable[0] if unusable else "",
    )


def _parent(fields: Fields, ref: Ref) -> Target:
    """Read a parent; a group that is left out is the route's own, and a kind that is left out a Gateway (R45)."""
    return Target(
        fields.text("group") if fields.has("group") else ref.group,
        fields.text("kind") or "Gateway",
        fields.text("namespace", ref.namespace),
        fields.text("name"),
        fields.integer("port") if fields.has("port") else None,
        fields.text("sectionName"),
    )


def _http_rule(rule: Fields, unusable: list[str]) -> HttpRule:
    matches = tuple(_http_match(match, unusable) for match in rule.children("matches"))
    return HttpRule(matches, _filters(rule, unusable))


def _http_match(fields: Fields, unusable: list[str]) -> HttpMatch:
    return HttpMatch(
        _path(fields.child("path"), unusable) if fields.has("path") else None,
        fields.text("method") or None,
        tuple(_value(header, unusable, header=True) for header in fields.children("headers")),
        tuple(_value(query, unusable) for query in fields.children("queryParams")),
    )


def _path(fields: Fields, unusable: list[str]) -> PathMatch:
    value = fields.text("value", "/")
    kind = fields.text("type", PathKind.PREFIX)
    if kind not in set(PathKind):
        fields.note("type", f"is `{kind}`; accepted are {', '.join(PathKind)}", ProblemKind.REJECTED)
        unusable.append(f"a path of type {kind}")
        return PathMatch(PathKind.EXACT, value)
    if kind == PathKind.REGEX:
        _regex(fields, "value", value, unusable)
    elif not value.startswith("/"):
        fields.note("value", f"is `{value}`, which does not begin with /", ProblemKind.REJECTED, "R53")
        unusable.append(f"the relative path {value}")
    return PathMatch(PathKind(kind), value)


def _value(fields: Fields, unusable: list[str], header: bool = False) -> ValueMatch:
    name, value = fields.text("name"), fields.text("value")
    if header and not TOKEN.fullmatch(name):
        fields.note("name", f"`{name}` is no header name", ProblemKind.REJECTED, "R53")
        unusable.append(f"the header name {name}")
    regex = fields.text("type", "Exact") == "RegularExpression"
    if regex:
        _regex(fields, "value", value, unusable)
    return ValueMatch(name.lower() if header else name, value, regex)


def _regex(fields: Fields, key: str, pattern: str, unusable: list[str]) -> None:
    """Note a pattern that Rust's regex does not take: broken, or with look-around or backreferences."""
    try:
        compiled(pattern)
    except InvalidPattern as error:
        fields.note(key, f"`{pattern}` is no regular expression: {error}", ProblemKind.REJECTED, "R53")
        unusable.append(f"the regular expression {pattern}")


def _grpc_rule(rule: Fields, unusable: list[str]) -> GrpcRule:
    matches = []
    for match in rule.children("matches"):
        method = match.child("method")
        if method.text("type", "Exact") != "Exact":
            method.note("type", "RegularExpression is not supported by Linkerd", ProblemKind.REJECTED, "R53")
            unusable.append("a method matched by regular expression")
        headers = tuple(_value(header, unusable, header=True) for header in match.children("headers"))
        matches.append(
            GrpcMatch(method.text("service") or None, method.text("method") or None, headers, match.has("method"))
        )
    return GrpcRule(tuple(matches), _filters(rule, unusable))


def _filters(rule: Fields, unusable: list[str]) -> tuple[Filter, ...]:
    found: list[Filter] = []
    for entry in rule.children("filters"):
        kind = entry.text("type")
        if kind not in USED_FILTERS:
            unusable.append(f"the filter {kind}")
        elif kind == "RequestHeaderModifier":
            found.append(_header_change(entry.child("requestHeaderModifier")))
        elif kind == "RequestRedirect":
            found.append(_redirect(entry.child("requestRedirect"), unusable))
    return tuple(found)


def _header_change(fields: Fields) -> HeaderChange:
    def pairs(key: str) -> tuple[tuple[str, str], ...]:
        return tuple((entry.text("name").lower(), entry.text("value")) for entry in fields.children(key))

    return HeaderChange(pairs("add"), pairs("set"), tuple(name.lower() for name in fields.texts("remove")))


def _redirect(fields: Fields, unusable: list[str]) -> Redirect:
    path = fields.child("path")
    full, prefix = path.text("replaceFullPath") or None, path.text("replacePrefixMatch") or None
    for key, value in (("replaceFullPath", full), ("replacePrefixMatch", prefix)):
        if value is not None and not value.startswith("/"):
            path.note(key, f"is `{value}`, which does not begin with /", ProblemKind.REJECTED, "R53")
            unusable.append(f"the relative path {value}")
    return Redirect(
        fields.integer("statusCode", 302),
        fields.text("scheme") or None,
        fields.text("hostname") or None,
        fields.integer("port") or None,
        full,
        prefix,
    )


def _backends(rule: Fields, ref: Ref) -> tuple[Backend, ...]:
    return tuple(
        Backend(
            backend.text("namespace", ref.namespace),
            backend.text("name"),
            backend.integer("port"),
            backend.integer("weight", 1),
        )
        for backend in rule.children("backendRefs")
        if backend.text("kind", "Service") == "Service"
    )


def gateway(document: Fields, ref: Ref) -> Gateway:
    """Read a Gateway."""
    spec = document.child("spec")
    listeners = tuple(
        Listener(
            listener.text("name"),
            listener.integer("port"),
            listener.text("protocol"),
            listener.text("hostname"),
            tuple(entry.text("name") for entry in listener.child("tls").children("certificateRefs")),
        )
        for listener in spec.children("listeners")
    )
    return Gateway(ref, spec.text("gatewayClassName"), listeners)
