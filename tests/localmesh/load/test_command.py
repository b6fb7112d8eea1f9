"""A load on a mesh that runs."""

import json

import pytest

from ..commands import Commands

pytestmark = pytest.mark.envoy


def test_a_load_is_told_with_its_percentiles(mesh: Commands) -> None:
    outcome = mesh.run("load", "--rate", "50", "--duration", "5s", "--output", "json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert (found["target"], found["sent"], found["lost"]) == ("pinger -> ponger/ping", 250, 0)
    latencies = list(found["latency"].values())
    assert len(latencies) == 5
    assert 0 < latencies[0] <= latencies[-1]


def test_a_load_from_outside_goes_through_the_ingress(mesh: Commands) -> None:
    outcome = mesh.run("load", "outside", "/rally", "--rate", "10", "--duration", "5s")
    assert outcome.code == 0, outcome.err
    assert "outside -> /rally" in outcome.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("pinger",), "FROM and TO go together"),
        (
            ("pinger", "nobody/ping"),
            "'nobody/ping': NAME[:PORT][/PATH] of a Service is expected; there are pinger, ponger",
        ),
        (("nobody", "ponger/ping"), "nobody: there is no pod of it with a sidecar"),
        (("outside", "rally"), "outside rally: a Gateway for HTTP and a path such as /rally are expected"),
        (("--duration", "soon"), "--duration soon: a number with a unit is expected"),
    ],
)
def test_words_that_name_no_call_are_bad_input(words: tuple[str, ...], message: str, mesh: Commands) -> None:
    outcome = mesh.run("load", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
