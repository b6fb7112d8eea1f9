"""What Linkerd's policy validator refuses (section 14 of the rules), for objects of a valid shape. Pure."""

import re

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields

IDENTITY = re.compile(r"(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
TRUST_DOMAIN = re.compile(r"[a-z0-9._-]+")
SEGMENT = re.compile(r"[a-zA-Z0-9._-]+")
TARGETS = (
    ("policy.linkerd.io", "server"),
    ("core", "namespace"),
    ("policy.linkerd.io", "httproute"),
    ("gateway.networking.k8s.io", "httproute"),
    ("gateway.networking.k8s.io", "grpcroute"),
)
AUTHENTICATIONS = (
    ("policy.linkerd.io", "meshtlsauthentication"),
    ("policy.linkerd.io", "networkauthentication"),
    ("core", "serviceaccount"),
)


def kind_of(reference: Fields) -> tuple[str, str]:
    """Return group and kind as they are compared: without case, no group meaning the core one (R27)."""
    return reference.text("group").lower() or "core", reference.text("kind").lower()


def authorization_policy(document: Fields) -> None:
    """Note an unsupported target, another namespace, and references that no client could all meet (R27-R29)."""
    spec, metadata = document.child("spec"), document.child("metadata")
    target = spec.child("targetRef")
    if kind_of(target) not in TARGETS:
        _refuse(target, "kind", f"{_named(target)} is no Server, Namespace, HTTPRoute or GRPCRoute", "R27")
    own = metadata.text("namespace", "default")
    if kind_of(target) == ("core", "namespace") and target.text("name") != own:
        _refuse(target, "name", f"is `{target.text('name')}`, but only the policy's own namespace, {own}", "R28")
    references = spec.children("requiredAuthenticationRefs")
    kinds = [kind_of(reference) for reference in references]
    for reference, kind in zip(references, kinds, strict=True):
        if kind not in AUTHENTICATIONS:
            _refuse(
                reference,
                "kind",
                f"{_named(reference)} is no MeshTLSAuthentication or NetworkAuthentication of policy.linkerd.io, "
                "and no ServiceAccount",
                "R32",
            )
    identities = sum(kind in (AUTHENTICATIONS[0], AUTHENTICATIONS[2]) for kind in kinds)
    if identities > 1 or kinds.count(AUTHENTICATIONS[1]) > 1:
        message = "all references must hold: one identity and one network at most; put alternatives in two policies"
        _refuse(spec, "requiredAuthenticationRefs", message, "R29")


def mesh_tls_authentication(document: Fields) -> None:
    """Note an identity that no certificate could bear, and references to other kinds (R34)."""
    spec = document.child("spec")
    for number, identity in enumerate(spec.texts("identities")):
        if not valid_identity(identity):
            _refuse(spec, f"identities[{number}]", f"`{identity}` is no identity: a DNS name, `*.suffix`, or SPIFFE id")
    for reference in spec.children("identityRefs"):
        kind = kind_of(reference)
        if kind not in (("core", "serviceaccount"), ("core", "namespace")):
            _refuse(reference, "kind", f"{_named(reference)} is no ServiceAccount and no Namespace", "R34")
        if not reference.text("name"):
            _refuse(reference, "name", "is missing", "M6")
        if kind == ("core", "namespace") and reference.has("namespace"):
            _refuse(reference, "namespace", "a Namespace lies in no namespace: leave it out", "R34")


def valid_identity(identity: str) -> bool:
    """Whether the webhook takes a string as an identity; a wildcard is the whole first label or nothing (R35)."""
    if not identity.startswith("spiffe://"):
        return IDENTITY.fullmatch(identity) is not None
    domain, *segments = identity.removeprefix("spiffe://").split("/")
    return (
        len(identity) <= 2048
        and TRUST_DOMAIN.fullmatch(domain) is not None
        and all(SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments)
    )


def server_authorization(document: Fields) -> None:
    """Note clients that are described in two ways at once (R40)."""
    client = document.child("spec").child("client")
    tls = client.child("meshTLS")
    if client.flag("unauthenticated") and client.has("meshTLS"):
        _refuse(client, "unauthenticated", "stands beside meshTLS; choose one", "R40")
    if tls.flag("unauthenticatedTLS") and (tls.texts("identities") or tls.children("serviceAccounts")):
        _refuse(tls, "unauthenticatedTLS", "stands beside identities; choose one", "R40")


def rate_limit(document: Fields) -> None:
    """Note rates of zero, rates above the total, and references to anything but a Server and accounts (R99, R102)."""
    spec = document.child("spec")
    if kind_of(spec.child("targetRef")) != ("policy.linkerd.io", "server"):
        _refuse(spec, "targetRef", f"{_named(spec.child('targetRef'))} is no Server", "R99")
    total = spec.child("total").integer("requestsPerSecond") if spec.has("total") else None
    rates = [entry for entry in (spec.child("total"), spec.child("identity")) if entry.has("requestsPerSecond")]
    for entry in (*rates, *spec.children("overrides")):
        rate = entry.integer("requestsPerSecond")
        if rate <= 0:
            _refuse(entry, "requestsPerSecond", "must be greater than 0", "R101")
        elif total is not None and rate > total:
            _refuse(entry, "requestsPerSecond", f"is {rate}, more than the total of {total}", "R101")
        for client in entry.children("clientRefs"):
            if kind_of(client) != ("core", "serviceaccount"):
                _refuse(client, "kind", f"{_named(client)} is no ServiceAccount", "R102")


def _named(reference: Fields) -> str:
    group = reference.text("group")
    return f"`{reference.text('kind')}`" + (f" of `{group}`" if group else " without a group")


def _refuse(fields: Fields, key: str, message: str, rule: str = "") -> None:
    fields.note(key, message, ProblemKind.REJECTED, rule)
