"""What HTTPRoutes and GRPCRoutes share: their type, parents, backends, filters and header patterns. Pure.

A route that Linkerd admits and then drops keeps the reason in `unusable` (R53).
"""

import re
from collections.abc import Callable
from itertools import chain

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import HostMatch, ValueMatch
from meshpolicy.core.policy import Filter, GrpcRule, HeaderChange, HttpRule, Redirect
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.core.regex import InvalidPattern, UnsupportedPattern, validate, why_validity_is_unknown
from meshpolicy.kinds.proxyversion import compares_case
from meshpolicy.kinds.reading import read_created, was_changed
from meshpolicy.kinds.references import Target, read_target
from meshpolicy.kinds.routerules import has_readable_annotations
from meshpolicy.record import record, replace

USED_FILTERS = frozenset({"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect"})
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@record
class Backend:
    """Where a rule of a Gateway's route sends a request."""

    namespace: str
    name: str
    port: int
    weight: int = 1


@record
class Route:
    """An HTTPRoute or GRPCRoute; its parents decide whether it is policy, ingress or outbound."""

    ref: Ref
    created: str
    parents: tuple[Target, ...]
    hostnames: tuple[HostMatch, ...] = ()
    """As they are written; `hosts` returns them as a proxy compares them."""
    http: tuple[HttpRule, ...] = ()
    grpc: tuple[GrpcRule, ...] = ()
    backends: tuple[tuple[Backend, ...], ...] = ()
    """The backends of each rule, in the order of the rules."""
    diverts: bool = False
    """Whether a backend is no Service, changes requests by filters of its own, or none of several has a weight."""
    unusable: str = ""
    """Why Linkerd drops the route although it was admitted (R53); empty: it is used."""
    guides_clients: bool = True
    """Whether Linkerd hands it to clients' proxies, if a Service is its parent: it can read its annotations (M4)."""
    changed: bool = False
    """Whether it once said something else, which holds on if Linkerd drops it as it is (R38)."""

    def hosts(self, version: str) -> tuple[HostMatch, ...]:
        """Return the hostnames as a proxy of a version compares them (R92)."""
        if not compares_case(version):
            return self.hostnames
        return tuple(replace(host, with_case=True) for host in self.hostnames)

    @property
    def unclear(self) -> Reason | None:
        """Why nobody can tell what Linkerd makes of the route: it has a regular expression that is not decided here."""
        http = (match.patterns for rule in self.http for match in rule.matches)
        grpc = (match.patterns for rule in self.grpc for match in rule.matches)
        for pattern in chain.from_iterable(chain(http, grpc)):
            if why := why_validity_is_unknown(pattern):
                text = f"what Linkerd makes of the regular expression `{pattern}` of {self.ref} is not known: {why}"
                return Reason(text, "R53", self.ref)
        return None


def read_route(
    document: Fields,
    ref: Ref,
    http: Callable[[Fields, list[str]], tuple[HttpRule, ...]] | None = None,
    grpc: Callable[[Fields, list[str]], tuple[GrpcRule, ...]] | None = None,
) -> Route:
    """Read a route; `http` or `grpc` reads the rules of its spec, and adds why Linkerd would drop the route."""
    spec = document.child("spec")
    unusable: list[str] = []
    return Route(
        ref,
        read_created(document),
        tuple(read_parent(parent, ref) for parent in spec.children("parentRefs")),
        tuple(HostMatch(host) for host in spec.texts("hostnames")),
        http(spec, unusable) if http is not None else (),
        grpc(spec, unusable) if grpc is not None else (),
        tuple(_backends(rule, ref) for rule in spec.children("rules")),
        any(_diverts(rule.children("backendRefs")) for rule in spec.children("rules")),
        unusable[0] if unusable else "",
        has_readable_annotations(document),
        was_changed(document),
    )


def read_parent(fields: Fields, ref: Ref) -> Target:
    """Read a parent; a group that is left out is the route's own, and a kind that is left out a Gateway (R45)."""
    target = read_target(fields, ref.namespace)
    return replace(target, group=target.group if fields.has("group") else ref.group, kind=target.kind or "Gateway")


def read_value(fields: Fields, unusable: list[str], header: bool = False) -> ValueMatch:
    """Read what a header or query parameter must be."""
    name, value = fields.text("name"), fields.text("value")
    regex = fields.text("type", "Exact") == "RegularExpression"
    if header:
        _check_header_name(fields, "name", name, unusable)
    if regex:
        check_regex(fields, "value", value, unusable)
    elif header:
        _check_header_value(fields, value, unusable)
    return ValueMatch(name.lower() if header else name, value, regex)


def check_regex(fields: Fields, key: str, pattern: str, unusable: list[str]) -> None:
    """Note a pattern that Rust's `regex` refuses, as Linkerd's webhook does (R53)."""
    try:
        validate(pattern)
    except UnsupportedPattern:
        return  # it may be taken: whoever asks for the route is told that nobody knows
    except InvalidPattern as error:
        fields.refuse(key, f"`{pattern}` is not a valid regular expression: {error}", "R53")
        unusable.append(f"the regular expression {pattern}")


def check_absolute(fields: Fields, key: str, path: str, unusable: list[str]) -> None:
    """Note a path that does not begin with a slash."""
    if not path.startswith("/"):
        fields.refuse(key, f"is `{path}`, which does not begin with /", "R53")
        unusable.append(f"the relative path {path}")


def read_filters(rule: Fields, unusable: list[str]) -> tuple[Filter, ...]:
    """Read the filters of a rule that act on a request; one that Linkerd does not know drops the route (R53)."""
    found: list[Filter] = []
    for entry in rule.children("filters"):
        kind = entry.text("type")
        if kind not in USED_FILTERS:
            unusable.append(f"the filter {kind}")
        elif kind == "RequestHeaderModifier":
            found.append(_header_change(entry.child("requestHeaderModifier"), unusable))
        elif kind == "ResponseHeaderModifier":
            _header_change(entry.child("responseHeaderModifier"), unusable)
        elif kind == "RequestRedirect":
            found.append(_redirect(entry.child("requestRedirect"), unusable))
    return tuple(found)


def _header_change(fields: Fields, unusable: list[str]) -> HeaderChange:
    def pairs(key: str) -> tuple[tuple[str, str], ...]:
        found = []
        for entry in fields.children(key):
            _check_header_name(entry, "name", entry.text("name"), unusable)
            _check_header_value(entry, entry.text("value"), unusable)
            found.append((entry.text("name").lower(), entry.text("value")))
        return tuple(found)

    removed = fields.texts("remove")
    for number, name in enumerate(removed):
        _check_header_name(fields, f"remove[{number}]", name, unusable)
    return HeaderChange(pairs("add"), pairs("set"), tuple(name.lower() for name in removed))


def _check_header_name(fields: Fields, key: str, name: str, unusable: list[str]) -> None:
    if not TOKEN.fullmatch(name):
        fields.refuse(key, f"`{name}` is not a valid header name", "R53")
        unusable.append(f"the header name {name}")


def _check_header_value(fields: Fields, value: str, unusable: list[str]) -> None:
    """Note a value with a control character; a tab and letters of any script may stand in it."""
    if CONTROL.search(value):
        fields.refuse("value", "holds a control character, which no header may", "R53")
        unusable.append("a header value with a control character")


def _redirect(fields: Fields, unusable: list[str]) -> Redirect:
    path = fields.child("path")
    full, prefix = _replacement(path, "replaceFullPath"), _replacement(path, "replacePrefixMatch")
    if full is not None:
        check_absolute(path, "replaceFullPath", full, unusable)
    elif prefix is not None:
        check_absolute(path, "replacePrefixMatch", prefix, unusable)
    elif fields.has("path"):
        word = path.text("type", "ReplaceFullPath")
        path.refuse(word[:1].lower() + word[1:], "is missing, though the redirect has a path", "R53")
        unusable.append("a redirect to a path that it does not say")
    return Redirect(
        fields.integer("statusCode", 302),
        fields.text("scheme") or None,
        fields.text("hostname") or None,
        fields.integer("port") or None,
        full,
        prefix,
    )


def _replacement(path: Fields, key: str) -> str | None:
    return path.text(key) if path.has(key) else None


def _diverts(backends: tuple[Fields, ...]) -> bool:
    """Whether backends do more than to name Services (k8s/index/src/outbound/index/http.rs convert_backend).

    Of several without a weight the proxy can choose none (linkerd/distribute, random_available).
    """
    services = all(
        backend.text("kind", "Service").lower() == "service"
        and backend.text("group", "core").lower() in ("", "core")
        and not backend.children("filters")
        for backend in backends
    )
    return not services or (len(backends) > 1 and not any(backend.integer("weight", 1) for backend in backends))


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
