"""AuthorizationPolicy of policy.linkerd.io: who may call a Server, a route or a namespace (R27-R33). Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.references import Target, kind_of, read_target
from meshpolicy.record import record

TARGETS = (
    ("policy.linkerd.io", "server"),
    ("core", "namespace"),
    ("policy.linkerd.io", "httproute"),
    ("gateway.networking.k8s.io", "httproute"),
    ("gateway.networking.k8s.io", "grpcroute"),
)
IDENTITIES = (("policy.linkerd.io", "meshtlsauthentication"), ("core", "serviceaccount"))
NETWORKS = ("policy.linkerd.io", "networkauthentication")


@record
class AuthorizationPolicy:
    """An AuthorizationPolicy: all of its references must hold (R29)."""

    ref: Ref
    target: Target
    references: tuple[Target, ...]


def read(document: Fields, ref: Ref) -> AuthorizationPolicy | None:
    """Read an AuthorizationPolicy; None where Linkerd leaves it out. What it may name together is `validate`'s."""
    spec = document.child("spec")
    if not spec.has("requiredAuthenticationRefs"):
        spec.refuse("requiredAuthenticationRefs", "is missing; an empty list admits everyone", "R30")
        return None
    if not spec.has("targetRef"):
        spec.refuse("targetRef", "is missing", "R27")
        return None
    target = read_target(spec.child("targetRef"), ref.namespace)
    references = tuple(read_target(entry, ref.namespace) for entry in spec.children("requiredAuthenticationRefs"))
    known = kind_of(target) in TARGETS and all(kind_of(one) in (*IDENTITIES, NETWORKS) for one in references)
    return AuthorizationPolicy(ref, target, references) if known else None


def validate(document: Fields) -> None:
    """Note an unsupported target, another namespace, and references that no client could all meet (R27-R29)."""
    spec = document.child("spec")
    own = document.child("metadata").text("namespace", "default")
    fields = spec.child("targetRef")
    target = read_target(fields, own)
    if kind_of(target) not in TARGETS:
        fields.refuse("kind", f"{target} is not a Server, Namespace, HTTPRoute or GRPCRoute", "R27")
    if kind_of(target) == ("core", "namespace") and target.name != own:
        fields.refuse("name", f"is `{target.name}`, but only the policy's own namespace, {own}, can be targeted", "R28")
    entries = spec.children("requiredAuthenticationRefs")
    references = [read_target(entry, own) for entry in entries]
    for entry, reference in zip(entries, references, strict=True):
        if kind_of(reference) not in (*IDENTITIES, NETWORKS):
            what = "neither a MeshTLSAuthentication or NetworkAuthentication of policy.linkerd.io nor a ServiceAccount"
            entry.refuse("kind", f"{reference} is {what}", "R32")
    kinds = [kind_of(reference) for reference in references]
    if sum(kind in IDENTITIES for kind in kinds) > 1 or kinds.count(NETWORKS) > 1:
        message = "all references must hold: one identity and one network at most; put alternatives in two policies"
        spec.refuse("requiredAuthenticationRefs", message, "R29")


KINDS = (Kind(POLICY_GROUP, "AuthorizationPolicy", read, validate),)
