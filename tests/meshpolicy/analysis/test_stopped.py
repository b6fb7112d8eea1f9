"""Workloads without pods for now: what is said of them holds for the pods that they get, and that is told."""

from pathlib import Path
from typing import Any

import pytest

from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.sent import read_sent
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.api.check import ask
from meshpolicy.kinds.cluster import Cluster

from ..build import Manifest, account, allow, cluster, server, service
from ..command import run, written

HOME = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena"}}
HOME["metadata"] |= {"annotations": {"linkerd.io/inject": "enabled"}}  # type: ignore[operator]
TOLD = "this holds for those that it gets"


def made_by(kind: str, name: str = "ponger", job: Manifest | None = None, **spec: Any) -> Manifest:
    """Return a controller; `job` are fields of the Job that a CronJob makes."""
    own = {"name": "app", "image": "app", "ports": [{"name": "http", "containerPort": 8080}]}
    restart = {"restartPolicy": "Never"} if "Job" in kind else {}
    pods = {
        "metadata": {"labels": {"app": name}},
        "spec": {"serviceAccountName": name, "containers": [own], **restart},
    }
    inner = {"jobTemplate": {"spec": {"template": pods, **(job or {})}}, "schedule": "0 * * * *"}
    chosen = {} if "Job" in kind else {"selector": {"matchLabels": {"app": name}}}
    filled = inner if kind == "CronJob" else {"template": pods, **chosen}
    group = "batch" if "Job" in kind else "apps"
    metadata = {"name": name, "namespace": "arena"}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": {**filled, **spec}}


def checked(found: Cluster, client: str, target: str = "ponger:http/") -> tuple[str, list[str]]:
    """Return what a call gets, and the reasons."""
    answer = ask(found, client, target, read_sent("GET", "", [], "", "http")).judged.answer
    return answer.outcome, [reason.text for reason in answer.reasons]


@pytest.mark.parametrize(
    ("kind", "running", "stopped"),
    [
        ("Deployment", {}, {"replicas": 0}),
        ("StatefulSet", {"replicas": 3}, {"replicas": 0}),
        ("ReplicaSet", {"replicas": 1}, {"replicas": 0}),
        ("Job", {}, {"suspend": True}),
        ("Job", {"suspend": False}, {"parallelism": 0}),
        ("CronJob", {}, {"suspend": True}),
        ("CronJob", {"job": {"suspend": False}}, {"job": {"suspend": True}}),
    ],
)
@pytest.mark.parametrize("name", ["ponger", "pinger"])
def test_what_holds_for_a_workload_without_pods_is_told_as_such(
    kind: str, running: dict[str, Any], stopped: dict[str, Any], name: str, tmp_path: Path
) -> None:
    """R7: nothing else differs, for it may get pods at any time."""
    other = made_by("Deployment", "pinger" if name == "ponger" else "ponger")
    policies = (HOME, other, service(), server(), allow(account("pinger")))
    states = [cluster(*policies, made_by(kind, name, **spec)) for spec in (running, stopped)]
    for client, target in (("pinger", "ponger:http/"), ("unmeshed", "ponger:http/"), ("ponger", "pinger:http/")):
        (before, plain), (after, told) = (checked(state, client, target) for state in states)
        assert before == after
        concerned = name in (client, target.partition(":")[0])
        assert [one for one in told if one not in plain] == ([told[0]] if concerned else [])
        assert (TOLD in told[0]) is concerned
    for text in ("only arena/pinger may GET /x on arena/ponger:http", "nobody may GET /x on arena/ponger:http"):
        was, now = (prove(state, read_sentence(text, state.settings)) for state in states)
        assert (was.outcome, was.witness) == (now.outcome, now.witness)
        assert ([TOLD in one for one in now.reasons], was.reasons) == ([True] if name == "ponger" else [], ())
    file = written(tmp_path, "manifests.yaml", *policies, made_by(kind, name, **stopped))
    code, listed, said = run("list", file)
    assert (code, "arena/pinger" in listed, TOLD in said) == (0, True, True)
    assert TOLD in run("list", "--denied", file)[2]
    encrypted = prove(states[1], read_sentence("every call of arena is encrypted", states[1].settings))
    assert (encrypted.outcome, TOLD in encrypted.reasons[-1]) == (Outcome.PROVED, True)


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("Deployment", {}, "allow"),
        ("Deployment", {"replicas": 1}, "allow"),
        ("Deployment", {"replicas": 0}, "unknown"),
        ("Deployment", {"replicas": 2}, "unknown"),
        ("DaemonSet", {}, "unknown"),
        ("StatefulSet", {}, "allow"),
        ("Job", {}, "allow"),
        ("Job", {"parallelism": 2}, "unknown"),
    ],
)
def test_only_the_one_pod_of_a_workload_calls_itself(kind: str, spec: dict[str, Any], expected: str) -> None:
    """M1: of several pods nobody knows which one is called; a DaemonSet has one on each node."""
    found = cluster(HOME, made_by(kind, **spec), service(), server())
    assert checked(found, "ponger")[0] == expected
