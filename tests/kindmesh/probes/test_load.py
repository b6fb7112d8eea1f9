"""What a load found, in words; and what a trace took part in."""

from pathlib import Path

import pytest

from kindmesh.errors import BadInput, CommandFailed
from kindmesh.probes.clients import NEWCOMER, manifest
from kindmesh.probes.load import LIFETIME, Loading, read_load, under_load
from kindmesh.tools.kube import Kube
from kindmesh.verify.trace import EXPECTED, participants
from meshverify.load import Load

from ...onpath import only, stand_in


@pytest.mark.parametrize(
    ("load", "text"),
    [
        (Load(1500, {}, 0.005, 0.0171), "0 of 1500 requests lost; p50 5 ms, p99 17 ms"),
        (Load(10, {"502": 2, "ConnectionResetError": 1}, 0.001, 3.0), "3 of 10 requests lost (2 x 502, "),
        (Load(0), "0 of 0 requests lost; p50 0 ms, p99 0 ms"),
    ],
)
def test_a_load_is_told_in_one_line(load: Load, text: str) -> None:
    assert str(load).startswith(text)
    assert load.lost == sum(load.failures.values())


def test_the_result_is_the_last_line_that_the_program_prints() -> None:
    printed = 'a warning of Python\n{"sent": 3, "failures": {"503": 1}, "p50": 0.1, "p99": 0.2}\n'
    assert read_load(printed) == Load(3, {"503": 1}, 0.1, 0.2)


@pytest.mark.parametrize("printed", ["", "\n"])
def test_a_load_that_printed_nothing_has_ended_early(printed: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        read_load(printed)
    assert caught.value.output.startswith("the load ended early")


def test_a_load_without_a_result_is_no_success() -> None:
    with pytest.raises(CommandFailed):
        Loading().finished.lost  # noqa: B018 reading it is what fails


def test_the_pod_of_a_load_outlives_a_rotation() -> None:
    assert manifest(NEWCOMER, LIFETIME)["spec"]["activeDeadlineSeconds"] >= 3600
    assert manifest(NEWCOMER)["spec"]["activeDeadlineSeconds"] == 600


def test_a_load_on_something_unknown_is_answered_with_what_can_bear_one() -> None:
    with (
        pytest.raises(BadInput, match="jaeger: a load can be put on ponger or pinger"),
        under_load(Kube("x"), "jaeger"),
    ):
        pass


KUBECTL = """import sys
if "exec" in sys.argv:
    print({word!r}, flush=True)
    assert sys.stdin.readline() == chr(10)
    print({result!r})
elif "serviceaccount/default" in sys.argv:
    print("it is there")
"""


def cluster(folder: Path, patch: pytest.MonkeyPatch, word: str, result: str = "") -> Kube:
    """Return a cluster whose pods print a word when they start, and a result when they are told to end."""
    stand_in(folder, "kubectl", KUBECTL.format(word=word, result=result))
    only(patch, folder)
    return Kube("some")


def test_a_load_runs_while_the_body_does_and_ends_with_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube = cluster(tmp_path, monkeypatch, "started", '{"sent": 9, "failures": {}, "p50": 0.1, "p99": 0.2}')
    with under_load(kube, "ponger") as loading:
        assert loading.result is None
    assert loading.finished.sent == 9


def test_a_load_that_does_not_start_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kube = cluster(tmp_path, monkeypatch, "Traceback")
    with pytest.raises(CommandFailed) as caught, under_load(kube, "ponger"):
        pytest.fail("it started")
    assert caught.value.output == "the load did not start"


@pytest.mark.parametrize(
    ("services", "whole"),
    [
        (EXPECTED, True),
        (EXPECTED | {"traefik"}, True),
        (EXPECTED - {"ponger-proxy"}, False),
        (frozenset({"linkerd-proxy", "pinger", "ponger"}), False),
        (frozenset(), False),
    ],
)
def test_a_trace_is_whole_when_both_programs_and_both_sidecars_are_in_it(services: frozenset[str], whole: bool) -> None:
    processes = {f"p{number}": {"serviceName": name} for number, name in enumerate(sorted(services))}
    assert (participants([{"processes": processes}]) >= EXPECTED) is whole
