"""What is said about pods."""

import json
from pathlib import Path
from typing import Any

import pytest

from kindmesh.errors import CommandFailed
from kindmesh.operations.status import PodStatus, pod_status, read_status, show_status
from kindmesh.tools.kube import Kube

from ..standins import items, tools

SIDECAR = [{"name": "linkerd-init"}, {"name": "linkerd-proxy"}]


def pod(**changed: Any) -> dict[str, Any]:
    """Return a meshed and ready pod, with some parts changed."""
    spec = {"serviceAccountName": "pinger", "containers": [{"name": "pinger"}], "initContainers": SIDECAR}
    status = {
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"restartCount": 1}],
        "initContainerStatuses": [{"restartCount": 2}],
    }
    metadata = {"name": "pinger-1", "namespace": "pingpong"}
    return {"metadata": metadata, "spec": spec | changed.pop("spec", {}), "status": status | changed.pop("status", {})}


GOOD = PodStatus("pingpong", "pinger-1", "pinger", meshed=True, ready=True, restarts=3)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (pod(), GOOD),
        (
            pod(spec={"initContainers": [], "containers": [{"name": "pinger"}, {"name": "linkerd-proxy"}]}),
            GOOD,
        ),
        (pod(spec={"initContainers": []}), PodStatus("pingpong", "pinger-1", "pinger", False, True, 3)),
        (pod(status={"conditions": []}), PodStatus("pingpong", "pinger-1", "pinger", True, False, 3)),
        (
            pod(status={"conditions": [{"type": "Ready", "status": "False"}], "initContainerStatuses": []}),
            PodStatus("pingpong", "pinger-1", "pinger", True, False, 1),
        ),
    ],
    ids=["native sidecar", "ordinary sidecar", "no sidecar", "pending", "not ready"],
)
def test_a_pod_is_described(found: dict[str, Any], said: PodStatus) -> None:
    assert pod_status(found) == said


def test_every_namespace_is_asked_and_an_absent_one_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"-n pingpong&pods": items(pod())}
    called = tools(tmp_path, monkeypatch, answers | {"get": items()})
    assert read_status(Kube("some")) == [GOOD]
    assert all("--context some" in call for call in called.calls)
    assert {call.split("-n ")[1].split()[0] for call in called.calls} >= {"pingpong", "ingress", "tracing", "linkerd"}


def test_a_cluster_that_does_not_answer_is_not_shown_as_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, failing={"get": "The connection to the server was refused"})
    with pytest.raises(CommandFailed):
        read_status(Kube("some"))


def test_the_table_is_plain_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_status([GOOD], "text")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["pod", "account", "sidecar", "ready", "restarts"],
        ["pingpong/pinger-1", "pinger", "yes", "yes", "3"],
    ]


def test_a_program_reads_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_status([GOOD], "json")
    assert json.loads(capsys.readouterr().out)[0]["meshed"] is True
