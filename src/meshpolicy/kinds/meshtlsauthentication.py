"""MeshTLSAuthentication of policy.linkerd.io: clients by the identity in their certificate (R34, R35). Pure."""

import re

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.references import Target, kind_of, read_target
from meshpolicy.record import record

IDENTITY = re.compile(r"(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
TRUST_DOMAIN = re.compile(r"[a-z0-9._-]+")
SEGMENT = re.compile(r"[a-zA-Z0-9._-]+")
NAMESPACE = ("core", "namespace")
REFERRED = (("core", "serviceaccount"), NAMESPACE)


@record
class MeshTLSAuthentication:
    """Identities, in words and by reference; any of them holds (R34)."""

    ref: Ref
    identities: tuple[str, ...]
    references: tuple[Target, ...]


def read(document: Fields, ref: Ref) -> MeshTLSAuthentication | None:
    """Read a MeshTLSAuthentication: identities or references; None where Linkerd leaves it out (R34)."""
    spec = document.child("spec")
    identities = spec.texts("identities")
    references = tuple(read_target(entry, ref.namespace) for entry in spec.children("identityRefs"))
    if bool(identities) == bool(references):
        spec.refuse("identities", "exactly one of identities and identityRefs is needed, not empty")
        return None
    if not all(kind_of(reference) in REFERRED for reference in references):
        return None
    return MeshTLSAuthentication(ref, identities, references)


def validate(document: Fields) -> None:
    """Note an identity that no certificate could bear, and references to other kinds (R34)."""
    spec = document.child("spec")
    for number, identity in enumerate(spec.texts("identities")):
        if not valid_identity(identity):
            spec.refuse(
                f"identities[{number}]",
                f"`{identity}` is not a valid identity; a DNS name, `*.suffix` or a SPIFFE id is expected",
                "R35",
            )
    for entry in spec.children("identityRefs"):
        reference = read_target(entry, "")
        if kind_of(reference) not in REFERRED:
            entry.refuse("kind", f"{reference} is neither a ServiceAccount nor a Namespace", "R34")
        if not reference.name:
            entry.refuse("name", "is missing", "M6")
        if kind_of(reference) == NAMESPACE and entry.has("namespace"):
            entry.refuse("namespace", "a Namespace lies in no namespace: leave it out", "R34")


def valid_identity(identity: str) -> bool:
    """Whether the webhook takes a string as an identity; a wildcard is the whole first label or nothing (R35)."""
    if not identity.startswith("spiffe://"):
        return IDENTITY.fullmatch(identity) is not None
    domain, *segments = identity.removeprefix("spiffe://").split("/")
    return TRUST_DOMAIN.fullmatch(domain) is not None and all(
        SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments
    )


KINDS = (Kind(POLICY_GROUP, "MeshTLSAuthentication", read, validate),)
