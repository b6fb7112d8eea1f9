"""What a step changes, and what it leaves alone."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from kindmesh.errors import StepFailed
from kindmesh.steps.releases import TRAEFIK, VIZ, fingerprint, value_files
from kindmesh.steps.step import run_steps, select_steps
from kindmesh.steps.up import RULES, STEPS, steps_of

from ..standins import Refusal, Tools, site, tools


def with_viz(folder: Path, patch: pytest.MonkeyPatch, rules: str, read: dict[str, str]) -> list[str]:
    """Take the step on a cluster that has viz, and return what was called."""
    plain = site(KINDMESH_CONTEXT="some")
    mark = fingerprint(
        plain.pins["linkerd-viz"].version, [path.read_text() for path in value_files(VIZ, plain.settings)]
    )
    answers = {
        "history": [{"status": "deployed", "description": mark}],
        "configmap/pingpong-rules": {"data": {"pingpong_rules.yml": rules}},
        "get&deployment/prometheus": {"spec": {"template": {"metadata": {"annotations": read}}}},
        "": "",
    }
    called = tools(folder, patch, answers)
    run_steps(select_steps(STEPS, plain.settings, ["viz"]), plain)
    return called.calls


WEBHOOKS = {"kustomize": "kind: Bundle\n", "upgrade": "", "rollout": ""}
SILENT = Refusal('failed calling webhook "trust.cert-manager.io": connection refused')


def with_webhooks(folder: Path, patch: pytest.MonkeyPatch, *answers: str) -> Tools:
    """Take the step on a cluster where the webhooks of cert-manager and trust-manager answer so."""
    called = tools(folder, patch, {**WEBHOOKS, "--dry-run=server": answers}, {" history ": "release: not found"})
    plain = site(KINDMESH_CONTEXT="some")
    run_steps(select_steps(STEPS, plain.settings, ["cert-manager"]), plain)
    return called


def test_the_identities_wait_for_webhooks_that_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = with_webhooks(tmp_path, monkeypatch, SILENT, "bundle serverside-applied (server dry run)")
    assert called.all_given("--dry-run=server") == ["kind: Bundle\n"] * 2


def test_webhooks_that_never_answer_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kindmesh.steps.up.WEBHOOKS_ANSWER", 0.0)
    with pytest.raises(StepFailed, match="an answer of the webhooks of cert-manager and trust-manager") as caught:
        with_webhooks(tmp_path, monkeypatch, SILENT)
    assert caught.value.output == SILENT


def test_changed_rules_start_prometheus_anew_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (changed,) = [call for call in with_viz(tmp_path, monkeypatch, "groups: []", {}) if " patch " in call]
    mark = changed.partition(f'"{RULES}": "')[2].partition('"')[0]
    again = with_viz(tmp_path, monkeypatch, "groups: []", {RULES: mark})
    assert len([call for call in again if " patch " in call]) == 1  # the first run's
    edited = with_viz(tmp_path, monkeypatch, "groups: [{}]", {RULES: mark})
    assert len([call for call in edited if " patch " in call]) == 2


@pytest.mark.parametrize("issued", [True, False])
def test_the_ingress_waits_for_its_certificate(issued: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = site(KINDMESH_CONTEXT="some")
    values = [path.read_text() for path in value_files(TRAEFIK, plain.settings)]
    mark = fingerprint(plain.pins["traefik"].version, values)
    refusals = {} if issued else {"wait --for=condition=Ready": "timed out waiting"}
    answers = {" history ": [{"status": "deployed", "description": mark}], "": ""}
    called = tools(tmp_path, monkeypatch, answers, refusals)
    failure = pytest.raises(StepFailed, match="step ingress failed: expected the Certificate ingress/ingress-tls")
    with nullcontext() if issued else failure:
        run_steps(select_steps(STEPS, plain.settings, ["ingress"]), plain)
    waits = "wait --for=condition=Ready certificates.cert-manager.io/ingress-tls"
    assert [call for call in called.calls if waits in call]


def with_nodes(folder: Path, patch: pytest.MonkeyPatch, clusters: str, running: str, context: object = "") -> Tools:
    """Run the step on a machine whose kind has these clusters, and two nodes of which some run."""
    answers = {
        "get clusters": clusters,
        "kind get nodes": "node-0\nnode-1\n",
        "docker inspect": running,
        "get-contexts": context,
        "": "",
    }
    called = tools(folder, patch, answers, with_docker=True)
    plain = site()
    run_steps(select_steps(STEPS, plain.settings, ["cluster"]), plain)
    return called


@pytest.mark.parametrize(
    ("clusters", "running", "words"),
    [
        ("", "", ["kind create cluster --config"]),
        ("pingpong\n", "true\ntrue\n", []),
        ("pingpong\n", "false\ntrue\n", ["docker start node-0"]),
        ("pingpong\n", "false\nfalse\n", ["docker start node-0 node-1"]),
    ],
    ids=["no cluster", "it runs", "one node is stopped", "all are stopped"],
)
def test_stopped_nodes_are_started_and_a_missing_cluster_is_created(
    clusters: str, running: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = with_nodes(tmp_path, monkeypatch, clusters, running).calls
    changing = [call for call in calls if call.startswith(("kind create", "docker start"))]
    assert len(changing) == len(words)
    assert all(call.startswith(word) for call, word in zip(changing, words, strict=True))
    assert calls.index("kubectl --context kind-pingpong get --raw=/readyz") > max(map(calls.index, changing), default=0)


def test_a_context_that_was_lost_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Refusal("error: context kind-pingpong not found")
    calls = with_nodes(tmp_path, monkeypatch, "pingpong\n", "true\ntrue\n", lost).calls
    assert "kind export kubeconfig --name pingpong" in calls


def test_a_cluster_whose_api_server_starts_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Refusal("The connection to the server 127.0.0.1:40001 was refused")
    called = tools(tmp_path, monkeypatch, {"get clusters": "pingpong", "get --raw": (silent, "ok"), "": ""})
    plain = site()
    run_steps(select_steps(STEPS, plain.settings, ["cluster"]), plain)
    assert len([call for call in called.calls if "get --raw" in call]) == 2


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (["cluster"], ["cluster"]),
        (["policies"], ["ownership", "namespaces", "policies"]),
        (["workloads", "cluster"], ["cluster", "ownership", "namespaces", "workloads"]),
        (["image"], ["ownership", "image"]),
    ],
)
def test_a_step_alone_still_looks_whose_objects_are_in_the_way(only: list[str], names: list[str]) -> None:
    assert [step.name for step in steps_of(site().settings, only)] == names


def test_without_only_every_step_is_run() -> None:
    assert steps_of(site().settings) == select_steps(STEPS, site().settings)
