"""The pods that ask: what they are, and that none is left behind."""

from dataclasses import replace
from pathlib import Path

import pytest

from kindmesh.errors import StepFailed
from kindmesh.probes.clients import CLIENTS, NAMESPACE, NODE, STRANGER, ProbePods, RunningPod, manifest, on_node_of
from kindmesh.tools.kube import Kube

from ..standins import tools


def test_a_namespace_that_never_gets_its_account_is_told_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindmesh.probes.clients.ACCOUNT_WITHIN", 0.0)
    answers = {"describe namespace": "Status: Terminating", "apply": {"items": []}, "": ""}
    called = tools(tmp_path, monkeypatch, answers)
    with pytest.raises(StepFailed, match=f"the ServiceAccount default of {NAMESPACE}") as caught:
        ProbePods(Kube("some"), [STRANGER]).__enter__()
    assert caught.value.output == "Status: Terminating"
    assert f"delete namespace {NAMESPACE}" in called.calls[-1]


def test_a_process_of_a_node_is_bound_to_it_past_the_scheduler_and_two_of_them_have_two_names() -> None:
    one, two = (on_node_of(NODE, RunningPod("10.244.0.7", node)) for node in ("one", "two"))
    assert [manifest(client)["spec"]["nodeName"] for client in (one, two)] == ["one", "two"]
    assert len({client.pod for client in (NODE, one, two)}) == 3
    assert replace(one, node="") == NODE


@pytest.mark.parametrize("client", [client for client in CLIENTS if client.account], ids=lambda client: client.name)
def test_nobody_else_is_bound_to_a_node_and_only_a_process_of_the_node_is_in_its_network(client: object) -> None:
    spec = manifest(client)["spec"]  # type: ignore[arg-type]
    assert "nodeName" not in spec
    assert spec["hostNetwork"] is (client is NODE)
