"""HTTPRoute, of Linkerd's group and of the Gateway API's: their rules are the same to Linkerd. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import HttpMatch, PathKind, PathMatch
from meshpolicy.core.policy import HttpRule
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import GATEWAY_GROUP, POLICY_GROUP, Kind
from meshpolicy.kinds.route import Route, check_absolute, check_regex, read_filters, read_route, read_value
from meshpolicy.kinds.routerules import validate


def read(document: Fields, ref: Ref) -> Route:
    """Read an HTTPRoute of either group."""
    return read_route(document, ref, http=_rules)


def _rules(spec: Fields, unusable: list[str]) -> tuple[HttpRule, ...]:
    """Read the rules: without a list there is one for everything; an empty list has none (R88)."""
    if not spec.has("rules"):
        return (HttpRule(),)
    return tuple(
        HttpRule(tuple(_match(match, unusable) for match in rule.children("matches")), read_filters(rule, unusable))
        for rule in spec.children("rules")
    )


def _match(fields: Fields, unusable: list[str]) -> HttpMatch:
    return HttpMatch(
        _path(fields.child("path"), unusable) if fields.has("path") else None,
        fields.text("method") or None,
        tuple(read_value(header, unusable, header=True) for header in fields.children("headers")),
        tuple(read_value(query, unusable) for query in fields.children("queryParams")),
    )


def _path(fields: Fields, unusable: list[str]) -> PathMatch:
    value = fields.text("value", "/")
    kind = fields.text("type", PathKind.PREFIX)
    if kind not in set(PathKind):
        fields.refuse("type", f"is `{kind}`; accepted are {', '.join(PathKind)}")
        unusable.append(f"a path of type {kind}")
        return PathMatch(PathKind.EXACT, value)
    if kind == PathKind.REGEX:
        check_regex(fields, "value", value, unusable)
    else:
        check_absolute(fields, "value", value, unusable)
    return PathMatch(PathKind(kind), value)


KINDS = tuple(Kind(group, "HTTPRoute", read, validate) for group in (POLICY_GROUP, GATEWAY_GROUP))
