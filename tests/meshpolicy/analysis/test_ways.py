"""A call means a name: every Service, port and pod that it may reach is judged. Rules M4, R13."""

import json
from pathlib import Path

import pytest

from ..build import ARENA, Manifest, exact, pod, route, server, service
from ..command import run, written

OPEN = server(accessPolicy="all-unauthenticated")
BASE = tuple(manifest for manifest in ARENA if manifest["kind"] != "Service")


def strict(name: str) -> Manifest:
    """Return a route on a Service that takes /x only."""
    return route(exact("/x"), name=f"on-{name}", parents=[{"group": "core", "kind": "Service", "name": name}])


def lead(name: str, target: int | str = "http") -> Manifest:
    """Return a Service that leads to ponger."""
    return service(name, {80: target}, app="ponger")


def twin(port: int = 8080) -> Manifest:
    """Return a second workload behind the Services of ponger."""
    found = pod("twin", "10.244.0.71", ports={"http": port})
    found["metadata"]["labels"]["app"] = "ponger"
    return found


TWIN_CLOSED = server("twin", 9999, app="ponger")


@pytest.mark.parametrize(
    ("manifests", "verdict", "otherwise"),
    [
        ([OPEN], "allow", []),
        ([OPEN, lead("ponger")], "allow", []),
        ([OPEN, lead("a"), strict("a"), lead("z")], "allow", ["through Service arena/a"]),
        ([OPEN, lead("a"), strict("a")], "allow", ["through Service arena/a"]),
        ([OPEN, lead("ponger"), strict("ponger")], "not found", ["by the address of Pod arena/ponger"]),
        ([OPEN, lead("ponger"), strict("ponger"), lead("z")], "not found", ["by the address of Pod arena/ponger"]),
        ([server(), lead("a"), strict("a")], "not found", ["by the address of Pod arena/ponger"]),
        ([OPEN, lead("ponger"), twin()], "allow", []),
        ([OPEN, lead("ponger"), twin(9999), TWIN_CLOSED], "unknown", ["through Service arena/ponger, port 80, to Pod"]),
        ([OPEN, twin(9999), TWIN_CLOSED], "allow", []),
    ],
)
def test_the_answer_rests_on_the_name_and_says_where_ways_differ(
    manifests: list[Manifest], verdict: str, otherwise: list[str], tmp_path: Path
) -> None:
    """A Service of the name is what is called, with all pods behind it; otherwise one way that is open is enough."""
    file = written(tmp_path, "in.yaml", *BASE, *manifests)
    code, out, _ = run("check", "pinger", "arena/ponger:8080/y", file, "--output", "json")
    found = json.loads(out)
    assert (found["verdict"], code) == (verdict, 0 if verdict == "allow" else 1)
    assert len(found["otherwise"]) == len(otherwise)
    assert all(way["way"].startswith(begin) for way, begin in zip(found["otherwise"], otherwise, strict=True))


@pytest.mark.parametrize(("port", "verdict"), [(80, "allow"), (81, "not found")])
def test_a_service_is_called_at_the_port_that_is_named(port: int, verdict: str, tmp_path: Path) -> None:
    """Both lead to one port of the pod, and only one has a route."""
    parent = {"group": "core", "kind": "Service", "name": "ponger", "port": 81}
    both = service("ponger", {80: "http", 81: "http"}, app="ponger")
    file = written(tmp_path, "in.yaml", *BASE, OPEN, both, route(exact("/x"), parents=[parent]))
    out = run("check", "pinger", f"http://ponger.arena:{port}/y", file, "--output", "json")[1]
    assert json.loads(out)["verdict"] == verdict


def test_a_call_of_the_address_is_judged_alone(tmp_path: Path) -> None:
    """--direct asks for nothing else."""
    file = written(tmp_path, "in.yaml", *BASE, OPEN, lead("ponger"), strict("ponger"))
    out = run("check", "pinger", "ponger:8080/y", file, "--direct", "--output", "json")[1]
    assert (json.loads(out)["verdict"], json.loads(out)["otherwise"]) == ("allow", [])


def test_ways_that_differ_are_told_in_the_text(tmp_path: Path) -> None:
    """With the way and what becomes of it."""
    file = written(tmp_path, "in.yaml", *BASE, OPEN, lead("a"), strict("a"))
    said = run("check", "pinger", "ponger:8080/y", file)[1]
    assert "  - through Service arena/a, port 80, to Pod arena/ponger: 404" in said
