"""What a load found, in words; and what a trace took part in."""

import pytest

from kindmesh.errors import BadInput
from kindmesh.kube import Kube
from kindmesh.load import Load, read_load, under_load
from kindmesh.verifytrace import EXPECTED, participants


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


def test_a_load_on_something_unknown_is_answered_with_what_can_bear_one() -> None:
    with (
        pytest.raises(BadInput, match="jaeger: a load can be put on ponger or pinger"),
        under_load(Kube("x"), "jaeger"),
    ):
        pass


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
