"""The command line: help for every command, one message for every wrong word."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kindmesh import doctor
from kindmesh.cli import Commands, main
from kindmesh.doctor import Finding, State

from .standins import items, tools


def test_the_commands_are_listed_in_the_order_in_which_a_person_meets_them() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    running = [shown.index(f"\n  {name} ") for name in Commands.order]
    assert running == sorted(running)
    assert set(main.commands) == set(Commands.order)


@pytest.mark.parametrize("name", Commands.order)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["up", "--only", "everything"], "unknown step"),
        (["verify", "--only", "everything"], "groups are mesh"),
        (["chaos", "everything"], "expected one of pod (kill a ponger"),
        (["ask", "nobody", "ponger"], "newcomer: a new pod with pinger's account"),
        (["restart", "jaeger"], "a load can be put on"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, arguments, env={"KINDMESH_CONTEXT": "no-such-context"})
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("there", "told"), [(["pinger", "ponger"], "there are pinger, ponger"), ([], "there are none")]
)
def test_logs_of_somebody_unknown_are_answered_with_who_is_there(
    there: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(
        tmp_path, monkeypatch, {"get -n pingpong deployments": items(*({"metadata": {"name": name}} for name in there))}
    )
    result = CliRunner().invoke(main, ["logs", "pigner"])
    assert result.exit_code == 2
    assert f"pigner: there is no such Deployment in pingpong; {told}" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["status"], ["logs", "ponger"], ["ask", "node", "ponger"], ["metrics"]], ids=lambda given: given[0]
)
def test_a_cluster_that_does_not_answer_is_told_and_is_no_success(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, failing={"kubectl": "dial tcp 127.0.0.1:6443: connect: connection refused"})
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "connection refused" in result.stderr
    assert "hint: there is no cluster: create one with `just up kind`" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["stat"], "viz stat deploy -t 60s -n pingpong"),
        (["stat", "-t", "10", "--output", "json"], "viz stat deploy -t 10s -o json -n pingpong"),
        (["edges"], "viz edges deploy -o wide -n pingpong"),
        (["tap", "ponger"], "viz tap deploy/ponger -n pingpong"),
    ],
)
def test_traffic_is_shown_by_linkerd_viz(arguments: list[str], asked: str, tmp_path: Path) -> None:
    (tmp_path / "linkerd").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "linkerd").chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "kindmesh", *arguments],
        env={"PATH": str(tmp_path), "KINDMESH_CONTEXT": "mine"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"--context mine {asked}\n"), done.stderr


@pytest.mark.parametrize("arguments", [["stat"], ["edges"], ["tap", "ponger"]])
def test_without_linkerd_one_line_says_so(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "linkerd is not installed" in result.stderr


def test_nothing_is_proved_where_no_cluster_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, failing={"kubectl": "connection refused"})
    result = CliRunner().invoke(main, ["verify"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "`just up kind`" in result.stderr
    assert [call for call in called.calls if call.startswith("kubectl")] == [
        "kubectl --context kind-pingpong get --raw=/readyz"
    ]


@pytest.mark.parametrize(
    ("running", "hint"),
    [
        ("true false", "hint: stopped nodes: node-1; start them with `just up kind` or `docker start`"),
        ("true true", "hint: kind has the cluster, but its API server does not answer: look at `docker logs"),
    ],
)
@pytest.mark.parametrize("arguments", [["status"], ["verify"], ["ask", "pinger", "ponger"]], ids=lambda given: given[0])
def test_a_cluster_that_is_stopped_or_starts_is_told_from_one_that_is_not_there(
    arguments: list[str], running: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"get clusters": "pingpong\n", "get nodes": "node-0\nnode-1\n", "docker inspect": running}
    tools(tmp_path, monkeypatch, answers, {"kubectl": "connection refused"}, with_docker=True)
    assert hint in CliRunner().invoke(main, arguments).stderr


def test_a_cluster_of_ones_own_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, failing={"kubectl": "connection refused"})
    result = CliRunner().invoke(main, ["status"], env={"KINDMESH_CONTEXT": "mine"})
    assert "hint: the cluster of the context mine does not answer" in result.stderr
    assert not [call for call in called.calls if call.startswith("kind")]


@pytest.mark.parametrize("only", [(), ("--only", "cluster")])
def test_a_machine_that_carries_the_cluster_is_not_examined_for_ports_that_the_cluster_has_taken(
    only: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: pytest.fail("the machine is examined"))
    monkeypatch.setattr("kindmesh.steps.up.API_ANSWERS", 0.0)
    answers = {"get clusters": "pingpong\n", "get nodes": "node-0\n", "docker inspect": "true\n", "get-contexts": ""}
    silent = {"get --raw": "connection refused"}
    tools(tmp_path, monkeypatch, {**answers, "docker": ""}, silent, with_docker=True)
    result = CliRunner().invoke(main, ["up", *only])
    assert result.exit_code == 1
    assert "step cluster failed: expected an answer of the API server" in result.stderr
    assert "`docker logs pingpong-control-plane`" in result.stderr


def test_a_step_of_a_cluster_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, {"docker": "", "get clusters": ""}, with_docker=True)
    result = CliRunner().invoke(main, ["up", "--only", "policies"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "error: --only: there is no cluster yet",
        "hint: create it with `just up kind`",
    ]


@pytest.mark.parametrize("arguments", [["logs", "ponger"], ["metrics"], ["status"]])
def test_without_kubectl_one_line_says_so(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "kubectl is not installed" in result.stderr
    assert "Traceback" not in result.output


def test_up_tells_what_is_worth_a_warning_before_it_stops_for_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        Finding("nft_queue", State.WARNING, "not loaded", "sudo modprobe nft_queue"),
        Finding("Docker", State.BAD, "no engine answers", "start Docker"),
        Finding("curl", State.GOOD, "8.7.1"),
    )
    monkeypatch.setattr(doctor, "examine", lambda: found)
    result = CliRunner().invoke(main, ["up"], env={"KINDMESH_CONTEXT": "no-such-context"})
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "! nft_queue: not loaded",
        "  hint: sudo modprobe nft_queue",
        "✗ Docker: no engine answers",
        "  hint: start Docker",
        "error: this machine cannot run the cluster yet: fix the errors above",
    ]
