"""What the API server says about a pod, and what that proves; the policy itself is asked on a cluster."""

import json
import re
from pathlib import Path

import pytest

from kindmesh.tools.kube import Kube
from kindmesh.verify.admission import (
    ADMITTED,
    AWAIT,
    BY_LEVEL,
    CANDIDATES,
    DEBUGGERS,
    MESHED,
    RESTRICTED,
    SETTINGS,
    SIDECAR,
    attach,
    proposed,
    read_admission,
    verify_admission,
)
from meshverify.finding import failed

from ...rendered import built, of_kind
from ..standins import items, tools

INJECTED = json.dumps({"spec": {"initContainers": [{"name": "linkerd-proxy"}], "containers": [{"name": "candidate"}]}})
BARE = json.dumps({"spec": {"containers": [{"name": "candidate"}]}})
DENIED = f"Error from server (Forbidden): ValidatingAdmissionPolicy '{MESHED}' with binding '{MESHED}' denied request"


@pytest.mark.parametrize(
    ("stored", "said", "expected"),
    [
        (INJECTED, "", ADMITTED),
        (BARE, "", "admitted without a sidecar"),
        ("", DENIED, f"refused by {MESHED}"),
        ("", 'pods "a" is forbidden: violates PodSecurity "restricted:latest": host namespaces', BY_LEVEL),
        ("", "failed calling webhook", "refused: failed calling webhook"),
    ],
)
def test_an_answer_is_read_for_its_cause(stored: str, said: str, expected: str) -> None:
    assert read_admission(stored, said) == expected


POD = {"metadata": {"name": "pinger-1"}, "spec": json.loads(INJECTED)["spec"]}
PODS = {"get&pods": items(POD)}


def test_a_cluster_that_lets_everything_in_fails_all_but_the_controls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {**PODS, "--dry-run=server": INJECTED, "replace --raw": INJECTED})
    names = [finding.name for finding in failed(verify_admission(Kube("some")))]
    pods = [tried.description for tried in CANDIDATES if tried.expected != ADMITTED]
    assert names == [*pods, *(tried.description for tried in DEBUGGERS if tried.expected != ADMITTED)]
    changing = [call for call in called.calls if " get " not in call]
    assert all("--dry-run=server" in call or "?dryRun=All" in call for call in changing)


def test_a_refusal_for_another_cause_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = {"--dry-run=server": "exceeded quota", "replace --raw": "not found"}
    tools(tmp_path, monkeypatch, PODS, refusals)
    found = failed(verify_admission(Kube("some")))
    assert len(found) == len(CANDIDATES) + len(DEBUGGERS)
    assert "--only policies" in found[-1].hint


def test_a_debugger_is_added_to_a_running_pod_and_takes_a_name_of_linkerds_that_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {**PODS, "replace --raw": INJECTED})
    (disguised,) = [one for one in DEBUGGERS if one.disguised]
    pod = POD | {"spec": {"containers": [{"name": "linkerd-proxy"}, {"name": "linkerd-network-validator"}]}}
    attach(Kube("some"), pod, disguised)
    assert called.calls[-1].endswith("/api/v1/namespaces/pingpong/pods/pinger-1/ephemeralcontainers?dryRun=All -f -")
    (added,) = json.loads(called.given("replace"))["spec"]["ephemeralContainers"]
    assert (added["name"], added["securityContext"]["privileged"]) == ("linkerd-init", True)


def test_without_a_running_pod_debuggers_are_not_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, {"get&pods": items(), "--dry-run=server": INJECTED})
    assert "a pod to debug" in [finding.name for finding in failed(verify_admission(Kube("some")))]


def test_either_policy_may_refuse_capabilities_that_the_injector_copies_into_the_sidecar() -> None:
    adding = [one for one in CANDIDATES if "add" in one.container.get("securityContext", {}).get("capabilities", {})]
    assert adding
    for one in adding:
        assert {f"refused by {MESHED}", f"refused by {RESTRICTED}"} <= set(one.proofs)
    others = [one for one in CANDIDATES if one.container and one not in adding]
    assert [one for one in others if f"refused by {MESHED}" in one.proofs] == []


def test_both_policies_judge_debuggers_too() -> None:
    for policy in of_kind(built("mesh/admission"), "ValidatingAdmissionPolicy"):
        (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
        assert set(rule["resources"]) == {"pods", "pods/ephemeralcontainers"}


def test_every_annotation_that_is_tried_is_one_that_the_policy_does_not_know_as_harmless() -> None:
    (policy,) = [
        one
        for one in of_kind(built("mesh/admission"), "ValidatingAdmissionPolicy")
        if one["metadata"]["name"] == MESHED
    ]
    known = next(one["expression"] for one in policy["spec"]["variables"] if one["name"] == "harmless")
    tried = {key.partition("/")[2] for found in CANDIDATES for key in proposed(found)["metadata"]["annotations"]}
    everybody, entrance = known.split("variables.entrance")
    assert {word for word in tried if f"'{word}'" in everybody} == {"default-inbound-policy"}
    assert {word for word in tried if word in entrance} == {"skip-inbound-ports", "skip-outbound-ports"}


def test_the_sidecar_that_is_copied_is_what_the_policy_asks_for_and_each_refused_copy_changes_one_field() -> None:
    (policy,) = [
        one
        for one in of_kind(built("mesh/admission"), "ValidatingAdmissionPolicy")
        if one["metadata"]["name"] == MESHED
    ]
    text = json.dumps(policy["spec"])
    assert [word for word in (AWAIT[0], *SETTINGS, *SETTINGS.values()) if f"'{word}'" not in text] == []
    (allowed,) = re.findall(r"word\.matches\('([^']+)'\)", text)
    assert [bool(re.search(allowed, word)) for word in (*AWAIT[1:], "--", "/var/run/x")] == [True, True, False, False]
    copies = [one for one in CANDIDATES if len(one.spec.get("initContainers", [])) == 2]
    assert [one.expected for one in copies] == [ADMITTED, *[f"refused by {MESHED}"] * 5]
    for one in copies:
        copied = one.spec["initContainers"][1]
        assert len([key for key in copied if copied[key] != SIDECAR.get(key)]) == 1, one.description


def test_the_policies_hold_in_every_namespace_of_the_project() -> None:
    parts = ("k8s/base", "mesh/ingress", "mesh/observability")
    ours = {found["metadata"]["name"] for part in parts for found in of_kind(built(part), "Namespace")}
    bindings = of_kind(built("mesh/admission"), "ValidatingAdmissionPolicyBinding")
    assert len(bindings) == 2
    for binding in bindings:
        (by_name,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert set(by_name["values"]) == ours
