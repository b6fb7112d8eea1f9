"""From documents to Servers, authorizations, authentications and rate limits. Pure.

What Linkerd's webhook refuses (section 14 of the rules) is noted with severity REJECTED and read as absent.
"""

import re
from enum import StrEnum
from typing import TypeVar

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Network, NetworkMatch
from meshpolicy.core.networks import parse_network
from meshpolicy.core.policy import DefaultPolicy, Protocol, Ref
from meshpolicy.core.selector import Expression, Operator, Selector
from meshpolicy.kinds.objects import (
    AuthorizationPolicy,
    MeshTLSAuthentication,
    NetworkAuthentication,
    RateLimitPolicy,
    Server,
    ServerAuthorization,
    Target,
)

TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
Word = TypeVar("Word", bound=StrEnum)


def created(document: Fields) -> str:
    """Return the creationTimestamp; RFC 3339 in UTC sorts as text."""
    metadata = document.child("metadata")
    text = metadata.text("creationTimestamp")
    if text and not TIME.fullmatch(text):
        metadata.note("creationTimestamp", f"is `{text}`, where a time such as 2026-01-31T00:00:00Z is expected")
        return ""
    return text


def target(fields: Fields, namespace: str) -> Target:
    """Read a reference; `namespace` is where the name is looked up if the reference does not say.

    An empty namespace is no namespace left out: nothing is found there (R29).
    """
    port = fields.integer("port") if fields.has("port") else None
    return Target(
        fields.text("group"),
        fields.text("kind"),
        fields.text("namespace", namespace),
        fields.text("name"),
        port,
        fields.text("sectionName"),
    )


def selector(fields: Fields) -> Selector:
    """Read a label selector."""
    expressions: list[Expression] = []
    for entry in fields.children("matchExpressions"):
        operator = _word(entry, "operator", Operator, None)
        if operator is not None:
            values = entry.texts("values") if entry.has("values") else None
            expressions.append(Expression(entry.text("key"), operator, values))
    return Selector(tuple(fields.strings("matchLabels").items()), tuple(expressions))


def server(document: Fields, ref: Ref) -> Server | None:
    """Read a Server; without `accessPolicy` it grants nothing, in every API version (R18, R19)."""
    spec = document.child("spec")
    port = spec.port("port")
    if not port:
        spec.note("port", "is missing", ProblemKind.REJECTED)
    pods, external = spec.has("podSelector"), spec.has("externalWorkloadSelector")
    if pods == external:
        spec.note(
            "podSelector", "exactly one of podSelector and externalWorkloadSelector is needed", ProblemKind.REJECTED
        )
    protocol = _word(spec, "proxyProtocol", Protocol, Protocol.UNKNOWN)
    access = _word(spec, "accessPolicy", DefaultPolicy, DefaultPolicy.DENY)
    if not port or pods == external or protocol is None or access is None:
        return None
    return Server(
        ref,
        created(document),
        port,
        protocol,
        access,
        selector(spec.child("podSelector")) if pods else None,
        selector(spec.child("externalWorkloadSelector")) if external else None,
        tuple(document.child("metadata").strings("labels").items()),
    )


def authorization_policy(document: Fields, ref: Ref) -> AuthorizationPolicy | None:
    """Read an AuthorizationPolicy; which references it may hold is checked where it is joined (R29)."""
    spec = document.child("spec")
    if not spec.has("requiredAuthenticationRefs"):
        spec.note(
            "requiredAuthenticationRefs", "is missing; an empty list admits everyone", ProblemKind.REJECTED, "R30"
        )
        return None
    if not spec.has("targetRef"):
        spec.note("targetRef", "is missing", ProblemKind.REJECTED, "R27")
        return None
    references = tuple(target(entry, ref.namespace) for entry in spec.children("requiredAuthenticationRefs"))
    return AuthorizationPolicy(ref, target(spec.child("targetRef"), ref.namespace), references)


def mesh_tls_authentication(document: Fields, ref: Ref) -> MeshTLSAuthentication | None:
    """Read a MeshTLSAuthentication: identities or references, one of the two (R34)."""
    spec = document.child("spec")
    identities = spec.texts("identities")
    references = spec.children("identityRefs")
    if bool(identities) == bool(references):
        spec.note("identities", "exactly one of identities and identityRefs is needed, not empty", ProblemKind.REJECTED)
        return None
    return MeshTLSAuthentication(ref, identities, tuple(target(entry, ref.namespace) for entry in references))


def network_authentication(document: Fields, ref: Ref) -> NetworkAuthentication | None:
    """Read a NetworkAuthentication (R36)."""
    spec = document.child("spec")
    found = networks(spec)
    if found is None:
        return None
    if not found:
        spec.note("networks", "is missing or empty", ProblemKind.REJECTED, "R36")
        return None
    return NetworkAuthentication(ref, found)


def networks(spec: Fields) -> tuple[NetworkMatch, ...] | None:
    """Read a list of networks with exceptions; None if one of them is wrong."""
    found: list[NetworkMatch] = []
    wrong = False
    for entry in spec.children("networks"):
        cidr = _network(entry, "cidr", entry.text("cidr"))
        holes = [_network(entry, f"except[{n}]", text) for n, text in enumerate(entry.texts("except"))]
        if cidr is None or None in holes:
            wrong = True
            continue
        exceptions = tuple(hole for hole in holes if hole is not None)
        wrong |= _misplaced(entry, cidr, exceptions)
        found.append(NetworkMatch(cidr, exceptions))
    return None if wrong else tuple(found)


def _misplaced(entry: Fields, cidr: Network, exceptions: tuple[Network, ...]) -> bool:
    """Note exceptions that leave nothing, or take away what was not there."""
    for number, hole in enumerate(exceptions):
        if hole.version != cidr.version or not hole.overlaps(cidr):
            entry.note(f"except[{number}]", f"{hole} is outside of {cidr}", ProblemKind.REJECTED, "R36")
            return True
        if hole.prefixlen <= cidr.prefixlen:
            entry.note(f"except[{number}]", f"{hole} leaves nothing of {cidr}", ProblemKind.REJECTED, "R36")
            return True
    return False


def _network(entry: Fields, key: str, text: str) -> Network | None:
    found = parse_network(text)
    if found is None:
        entry.note(key, f"is `{text}`, where an address or network is expected", ProblemKind.REJECTED, "R36")
    return found


def server_authorization(document: Fields, ref: Ref) -> ServerAuthorization | None:
    """Read a ServerAuthorization (R39-R42)."""
    spec, client = document.child("spec"), document.child("spec").child("client")
    chosen, tls = spec.child("server"), client.child("meshTLS")
    found = networks(client)
    if found is None:
        return None
    accounts = tuple(
        Target("", "ServiceAccount", entry.text("namespace", ref.namespace), entry.text("name"))
        for entry in tls.children("serviceAccounts")
    )
    return ServerAuthorization(
        ref,
        chosen.text("name"),
        selector(chosen.child("selector")) if chosen.has("selector") else None,
        found,
        client.flag("unauthenticated"),
        tls.flag("unauthenticatedTLS"),
        tls.texts("identities"),
        accounts,
    )


def rate_limit(document: Fields, ref: Ref) -> RateLimitPolicy | None:
    """Read an HTTPLocalRateLimitPolicy (R99-R102)."""
    spec = document.child("spec")
    overrides = tuple(
        (entry.integer("requestsPerSecond"), tuple(target(c, ref.namespace) for c in entry.children("clientRefs")))
        for entry in spec.children("overrides")
    )
    return RateLimitPolicy(
        ref,
        created(document),
        target(spec.child("targetRef"), ref.namespace),
        _rate(spec, "total"),
        _rate(spec, "identity"),
        overrides,
    )


def _rate(spec: Fields, key: str) -> int | None:
    return spec.child(key).integer("requestsPerSecond") if spec.has(key) else None


def _word(fields: Fields, key: str, words: type[Word], default: Word | None) -> Word | None:
    if not fields.has(key):
        return default
    value = fields.text(key)
    try:
        return words(value)
    except ValueError:
        fields.note(key, f"is `{value}`; accepted are {', '.join(words)}", ProblemKind.REJECTED)
        return None
