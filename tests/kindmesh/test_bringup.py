"""What a step changes, and what it leaves alone."""

import hashlib
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from kindmesh.bringup import RULES, STEPS
from kindmesh.errors import StepFailed
from kindmesh.pins import read_pins
from kindmesh.releases import VIZ, fingerprint, value_files
from kindmesh.steps import Site, choose, take

from .tools import ROOT, site, tools


def with_viz(folder: Path, patch: pytest.MonkeyPatch, rules: str, read: dict[str, str]) -> list[str]:
    """Take the step on a cluster that has viz, and return what was called."""
    pins, plain = read_pins(ROOT), site(KINDMESH_CONTEXT="some")
    mark = fingerprint(pins["linkerd-viz"].version, [path.read_text() for path in value_files(VIZ, plain.settings)])
    answers = {
        "history": [{"status": "deployed", "description": mark}],
        "configmap/pingpong-rules": {"data": {"pingpong_rules.yml": rules}},
        "get&deployment/prometheus": {"spec": {"template": {"metadata": {"annotations": read}}}},
        "": "",
    }
    called = tools(folder, patch, answers)
    take(choose(STEPS, plain.settings, ["viz"]), Site(plain.settings, plain.kube, dict(pins), plain.say))
    return called.calls


@pytest.mark.parametrize("pinned", ["kind: CustomResourceDefinition\n", "kind: Another\n"])
def test_definitions_are_applied_where_they_are_the_pinned_ones(
    pinned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, plain = "kind: CustomResourceDefinition\n", site(KINDMESH_CONTEXT="some")
    digest = f"sha256:{hashlib.sha256(pinned.encode()).hexdigest()}"
    pins = {"gateway-api": replace(read_pins(ROOT)["gateway-api"], digest=digest)}
    called = tools(tmp_path, monkeypatch, {"curl": given, " apply ": {"items": []}, "": ""})
    expected = nullcontext() if pinned == given else pytest.raises(StepFailed, match="a file of the pinned digest")
    with expected:
        take(choose(STEPS, plain.settings, ["gateway-api"]), Site(plain.settings, plain.kube, pins, plain.say))
    assert any(" apply " in call for call in called.calls) is (pinned == given)


def test_the_identities_wait_for_webhooks_that_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins, plain = read_pins(ROOT), site(KINDMESH_CONTEXT="some")
    answers = {"get namespaces": {"items": []}, "kustomize": "kind: Bundle\n", " apply ": {"items": []}, "": ""}
    called = tools(tmp_path, monkeypatch, answers, {"--max 1": "release: not found"})
    take(choose(STEPS, plain.settings, ["cert-manager"]), Site(plain.settings, plain.kube, dict(pins), plain.say))
    assert "--dry-run=server" in called.calls[-1]
    assert called.given("--dry-run=server") == "kind: Bundle\n"


def test_changed_rules_start_prometheus_anew_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (changed,) = [call for call in with_viz(tmp_path, monkeypatch, "groups: []", {}) if " patch " in call]
    mark = changed.partition(f'"{RULES}": "')[2].partition('"')[0]
    again = with_viz(tmp_path, monkeypatch, "groups: []", {RULES: mark})
    assert len([call for call in again if " patch " in call]) == 1  # the first run's
    edited = with_viz(tmp_path, monkeypatch, "groups: [{}]", {RULES: mark})
    assert len([call for call in edited if " patch " in call]) == 2
