"""GRPCRoute of the Gateway API. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import GrpcMatch
from meshpolicy.core.policy import GrpcRule
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import GATEWAY_GROUP, Kind
from meshpolicy.kinds.route import Route, read_filters, read_route, read_value
from meshpolicy.kinds.routerules import validate


def read(document: Fields, ref: Ref) -> Route:
    """Read a GRPCRoute."""
    return read_route(document, ref, grpc=_rules)


def _rules(spec: Fields, unusable: list[str]) -> tuple[GrpcRule, ...]:
    """Read the rules; without a list there is none, other than with an HTTPRoute (R88)."""
    return tuple(
        GrpcRule(tuple(_match(match, unusable) for match in rule.children("matches")), read_filters(rule, unusable))
        for rule in spec.children("rules")
    )


def _match(fields: Fields, unusable: list[str]) -> GrpcMatch:
    method = fields.child("method")
    if method.text("type", "Exact") != "Exact":
        method.refuse("type", "RegularExpression is not supported by Linkerd", "R53")
        unusable.append("a method matched by regular expression")
    headers = tuple(read_value(header, unusable, header=True) for header in fields.children("headers"))
    return GrpcMatch(method.text("service") or None, method.text("method") or None, headers, fields.has("method"))


KINDS = (Kind(GATEWAY_GROUP, "GRPCRoute", read, validate),)
