"""What `lint` finds: a fixture for each code, and nothing in the project's own manifests."""

from pathlib import Path
from typing import Any

import pytest

from meshpolicy.lint import codes, lint
from meshpolicy.sources import read, understand
from meshpolicy.workload import MeshSettings

from .build import ARENA, Manifest, account, allow, documents, exact, network, ref, route, server
from .mistakes import BY_NET, FIXTURES, ON_ROUTE, PINGER

ROOT = Path(__file__).parents[2]


def found(*manifests: Manifest, settings: MeshSettings | None = None) -> dict[str, str]:
    """Return the codes that are found in the arena with these manifests, each with its first message."""
    reading = understand(documents(*ARENA, *manifests), settings or MeshSettings())
    assert reading.unusable == ()
    messages: dict[str, str] = {}
    for finding in lint(reading.cluster, reading.refused):
        messages.setdefault(finding.code.code, f"{finding.subject} {finding.message}")
    return messages


@pytest.mark.parametrize(("surprise", "code", "manifests", "says"), FIXTURES)
def test_a_mistake_is_found(surprise: int, code: str, manifests: list[Manifest], says: str) -> None:
    """The surprises of the rules' section 16 keep their number in their code."""
    assert surprise in (0, int(code[2:]))
    assert says in found(*manifests).get(code, "nothing")


def test_an_opaque_port_in_transparent_mode_knows_nobody() -> None:
    """Surprise 17."""
    manifests = (server(proxyProtocol="opaque"), allow(PINGER))
    assert "MP017" in found(*manifests, settings=MeshSettings(outbound_transport_mode="transparent"))
    assert "MP017" not in found(*manifests)


def test_every_code_has_a_fixture() -> None:
    assert {code.code for code in codes()} == {code for _, code, _, _ in FIXTURES} | {"MP017"}


def test_a_sound_set_of_policies_has_no_finding() -> None:
    sound = (
        server(),
        server("metrics", "metrics"),
        route(exact("/ping", method="GET")),
        allow(PINGER, on=ON_ROUTE),
        route(exact("/live", method="GET"), name="probes"),
        network("10.244.0.1/32"),
        allow(BY_NET, on=ref("HTTPRoute", "probes"), name="kubelet"),
        allow(account("rogue"), on=ref("Server", "metrics"), name="scrape"),
    )
    assert found(*sound) == {}


def test_the_projects_own_manifests_have_no_finding() -> None:
    reading = read([str(ROOT / "k8s"), str(ROOT / "mesh")], MeshSettings())
    assert reading.problems == ()
    assert lint(reading.cluster) == ()


@pytest.mark.parametrize("code", codes(), ids=lambda code: code.code)
def test_every_code_explains_itself(code: Any) -> None:
    assert code.title
    assert code.explanation.endswith(".")
    assert code.fix.endswith(".")
    assert all(rule[0] in "RMN" and rule[1:].isdigit() for rule in code.rules)
