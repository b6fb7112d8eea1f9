"""The real cluster: everything holds, and ten mistakes are found, each with the way to its cause."""

import os

import pytest
from click.testing import CliRunner

from kindmesh.cli import main
from kindmesh.operations.chaos import CHAOS
from kindmesh.pins import read_pins
from kindmesh.probes.load import under_load
from kindmesh.settings import project_root, read
from kindmesh.steps.step import Site, wait_for_rollout
from kindmesh.tools.kube import Kube
from kindmesh.verify.groups import verify
from meshverify.finding import failed

from .mistakes import MISTAKES, Mistake

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not os.environ.get("KINDMESH_CONTEXT"), reason="no cluster: KINDMESH_CONTEXT is not set"),
]


@pytest.fixture(scope="module")
def site() -> Site:
    root = project_root()
    settings = read(os.environ, root)
    return Site(settings, Kube(settings.context), dict(read_pins(root)), lambda _: None)


def test_the_running_system_is_what_it_must_be(site: Site) -> None:
    assert failed(verify(site.kube, site.settings)) == []


def test_a_rollout_loses_no_request_at_50_a_second(site: Site) -> None:
    with under_load(site.kube, "ponger") as loading:
        site.kube.run("-n", "pingpong", "rollout", "restart", "deployment/ponger")
        wait_for_rollout(site, "test", "pingpong", "ponger")
    assert loading.finished.lost == 0
    assert loading.finished.sent > 100


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [("pinger", "ponger/ping", 0), ("newcomer", "ponger/ping", 0), ("ponger", "pinger", 1), ("unmeshed", "ponger", 1)],
)
def test_a_request_of_ones_own_is_answered(source: str, target: str, code: int) -> None:
    result = CliRunner().invoke(main, ["ask", source, target])
    assert (result.exit_code, result.stdout.startswith(f"{source} -> {target}: ")) == (code, True), result.stderr


@pytest.mark.parametrize("name", CHAOS)
def test_what_is_broken_on_purpose_is_whole_again(site: Site, name: str) -> None:
    CHAOS[name].run(site)
    assert failed(verify(site.kube, site.settings, ("mesh", "calls"))) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name.replace(" ", "-"))
def test_a_mistake_is_found_with_the_way_to_its_cause(site: Site, mistake: Mistake) -> None:
    mistake.make(site)
    try:
        findings = failed(mistake.look(site))
    finally:
        mistake.heal(site)
    found = [finding for finding in findings if finding.name.endswith(mistake.found_by)]
    print(f"\n{mistake.name}:")  # noqa: T201 `pytest -s` writes what docs/findings.md shows
    for finding in found:
        print(f"  {finding.name}: expected {finding.expected}, actual {finding.found}\n  hint: {finding.hint}")  # noqa: T201
    assert found
    assert mistake.word in found[0].hint
