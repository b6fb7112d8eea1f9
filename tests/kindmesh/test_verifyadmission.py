"""What the API server says about a pod, and what that proves; the policy itself is asked on a cluster."""

import json
import re
from pathlib import Path

import pytest

from kindmesh.finding import failed
from kindmesh.kube import Kube
from kindmesh.verifyadmission import (
    ADMITTED,
    BY_LEVEL,
    CANDIDATES,
    POLICY,
    REFUSED,
    proposed,
    read_admission,
    verify_admission,
)

from ..rendered import built, of_kind
from .tools import tools

MESHED = json.dumps({"spec": {"initContainers": [{"name": "linkerd-proxy"}], "containers": [{"name": "candidate"}]}})
BARE = json.dumps({"spec": {"containers": [{"name": "candidate"}]}})
DENIED = f"Error from server (Forbidden): ValidatingAdmissionPolicy '{POLICY}' with binding '{POLICY}' denied request"


@pytest.mark.parametrize(
    ("stored", "said", "expected"),
    [
        (MESHED, "", ADMITTED),
        (BARE, "", "admitted without a sidecar"),
        ("", DENIED, REFUSED),
        ("", 'pods "a" is forbidden: violates PodSecurity "restricted:latest": host namespaces', BY_LEVEL),
        ("", "failed calling webhook", "refused: failed calling webhook"),
    ],
)
def test_an_answer_is_read_for_its_cause(stored: str, said: str, expected: str) -> None:
    assert read_admission(stored, said) == expected


def test_a_cluster_that_lets_everything_in_fails_all_but_the_controls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"--dry-run=server": MESHED})
    names = [finding.name for finding in failed(verify_admission(Kube("some")))]
    assert names == [candidate.says for candidate in CANDIDATES if REFUSED in candidate.expected]
    assert all("--dry-run=server" in call for call in called.calls)


def test_a_refusal_for_another_cause_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, {}, {"--dry-run=server": "exceeded quota"})
    found = failed(verify_admission(Kube("some")))
    assert len(found) == len(CANDIDATES)
    assert "--only policies" in found[-1].hint


def test_every_annotation_that_the_policy_forbids_is_tried() -> None:
    (policy,) = of_kind(built("mesh/admission"), "ValidatingAdmissionPolicy")
    named = {
        word for rule in policy["spec"]["validations"] for word in re.findall(r"config[.\w/-]+", rule["expression"])
    }
    tried = {key for found in CANDIDATES for key in proposed(found)["metadata"]["annotations"]}
    assert named == tried - {"linkerd.io/inject"}


def test_the_policy_holds_in_every_namespace_of_the_project() -> None:
    (binding,) = of_kind(built("mesh/admission"), "ValidatingAdmissionPolicyBinding")
    (by_name,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    parts = ("k8s/base", "mesh/ingress", "mesh/observability")
    ours = {found["metadata"]["name"] for part in parts for found in of_kind(built(part), "Namespace")}
    assert set(by_name["values"]) == ours
