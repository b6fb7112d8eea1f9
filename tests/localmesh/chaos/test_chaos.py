"""Faults on a mesh that runs: what they break comes back, and the table says what became of the requests."""

import json
from pathlib import Path

import pytest

from localmesh.chaos.faults import FAULTS, find_fault
from localmesh.cli import main
from localmesh.errors import BadInput

from ..commands import Commands


@pytest.mark.envoy
@pytest.mark.parametrize("fault", ["app", "sidecar"])
def test_a_killed_process_comes_back_and_no_request_is_lost(fault: str, mesh: Commands) -> None:
    outcome = mesh.run("chaos", fault, "--output", "json")
    assert outcome.code == 0, outcome
    story = json.loads(outcome.out)
    assert story["lost"] == 0, story
    assert story["load"]["sent"] >= 100
    assert "was killed, one of 2 pods" in story["told"]["happened"]
    assert story["told"]["healed"].startswith("by the supervisor: it started it again")


def test_a_fault_that_is_not_known_is_answered_with_all_that_are() -> None:
    with pytest.raises(BadInput) as caught:
        find_fault("flood")
    assert all(name in str(caught.value) for name in FAULTS)


def test_the_help_and_the_guide_name_every_fault() -> None:
    told = main.commands["chaos"].help or ""
    guide = (Path(__file__).parents[3] / "docs/guides/verify-load-break.md").read_text()
    assert [name for name in FAULTS if name not in told or f"| `{name}` |" not in guide] == []
