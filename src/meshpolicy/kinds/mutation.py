"""Policies that change objects as they are created, or make others: what they make of these is not known. Pure.

Sources: kyverno/kyverno api/kyverno/v1 and api/policies.kyverno.io, open-policy-agent/gatekeeper apis/mutations,
Kubernetes staging/src/k8s.io/api/admissionregistration.
"""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.undecided import Undecided

DECISIVE = ("linkerd.io", "NetworkPolicy", "gateway.networking.k8s.io")
"""Words of what decides access: annotations and kinds of Linkerd, routes, and what blocks packets."""


def _read(document: Fields, ref: Ref) -> Undecided | None:
    """Return what is not known of objects that such a policy changes; None where it changes nothing that decides."""
    text = str(document.child("spec").data)
    word = next((word for word in DECISIVE if word in text), None)
    if word is None:
        return None
    told = f"changes objects as they are created, or makes others, and mentions {word}"
    return Undecided(ref, told, text, everywhere=not ref.namespace)


def _read_rules(document: Fields, ref: Ref) -> Undecided | None:
    """Read a policy of which only some rules change or make anything; the others refuse or check."""
    rules = document.child("spec").children("rules")
    return _read(document, ref) if any(rule.has("mutate") or rule.has("generate") for rule in rules) else None


WHOLE = (
    ("policies.kyverno.io", "MutatingPolicy"),
    ("policies.kyverno.io", "GeneratingPolicy"),
    ("mutations.gatekeeper.sh", "AssignMetadata"),
    ("mutations.gatekeeper.sh", "Assign"),
    ("mutations.gatekeeper.sh", "ModifySet"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
)
"""Kinds for the whole cluster that do nothing but change and make objects."""

KINDS = (
    Kind("kyverno.io", "ClusterPolicy", _read_rules, namespaced=False, makes_others=True),
    Kind("kyverno.io", "Policy", _read_rules, makes_others=True),
    Kind("policies.kyverno.io", "NamespacedMutatingPolicy", _read, makes_others=True),
    Kind("policies.kyverno.io", "NamespacedGeneratingPolicy", _read, makes_others=True),
    *(Kind(group, name, _read, namespaced=False, makes_others=True) for group, name in WHOLE),
)
