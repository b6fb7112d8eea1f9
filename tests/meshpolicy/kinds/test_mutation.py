"""What changes or makes objects behind the manifests leaves open who gets in, where it is about what decides. R130."""

from dataclasses import replace

import pytest

from meshpolicy.kinds.undecided import Undecided
from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, Manifest, ask, cluster, documents, server

ANNOTATES: Manifest = {"annotations": {"config.linkerd.io/default-inbound-policy": "deny"}}
LABELS: Manifest = {"labels": {"team": "a"}}


def kyverno(kind: str = "ClusterPolicy", namespace: str = "", **rule: object) -> Manifest:
    """Return a policy of Kyverno with one rule."""
    metadata = {"name": "policy"} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "kyverno.io/v1", "kind": kind, "metadata": metadata, "spec": {"rules": [rule]}}


def other(version: str, kind: str, spec: Manifest) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "policy"}, "spec": spec}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (kyverno(mutate={"patchStrategicMerge": {"metadata": ANNOTATES}}), "unknown"),
        (kyverno(generate={"kind": "NetworkPolicy", "name": "deny"}), "unknown"),
        (kyverno("Policy", "arena", mutate={"patchStrategicMerge": {"metadata": ANNOTATES}}), "unknown"),
        (kyverno("Policy", "other", mutate={"patchStrategicMerge": {"metadata": ANNOTATES}}), "allow"),
        (kyverno(mutate={"patchStrategicMerge": {"metadata": LABELS}}), "allow"),
        (kyverno(validate={"pattern": {"metadata": ANNOTATES}}), "allow"),
        (other("policies.kyverno.io/v1", "MutatingPolicy", {"mutations": [ANNOTATES]}), "unknown"),
        (other("policies.kyverno.io/v1", "ValidatingPolicy", {"validations": [ANNOTATES]}), "allow"),
        (other("mutations.gatekeeper.sh/v1", "AssignMetadata", {"location": 'annotations."linkerd.io/a"'}), "unknown"),
        (other("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", {"mutations": [ANNOTATES]}), "unknown"),
    ],
)
def test_a_policy_that_changes_what_decides_leaves_the_answer_open(policy: Manifest, expected: str) -> None:
    world = cluster(*ARENA, server(accessPolicy="all-unauthenticated"), policy)
    assert ask(world, "stranger").verdict.value == expected


def test_templates_of_kyverno_are_its_own_and_no_variables_of_ours() -> None:
    """What a rule that only checks has in them hides nothing; one that changes is in force all the same."""
    context = [{"name": "{{ request.namespace }}"}]
    checks, changes = kyverno(validate=ANNOTATES, context=context), kyverno(mutate=ANNOTATES, context=context)
    for policy, expected in ((checks, ()), (changes, ("policy",))):
        read = parse_documents([replace(one, unset=("{{ request.namespace }}",)) for one in documents(policy)])
        assert (tuple(one.ref.name for one in read.cluster.of(Undecided)), read.problems) == (expected, ())
