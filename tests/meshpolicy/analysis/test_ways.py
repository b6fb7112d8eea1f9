"""A call means a name: every Service, port and pod that it may reach is judged. Rules M4, R13."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.sentence import read_sentence_about

from ..build import ARENA, PORTS, Manifest, account, allow, cluster, exact, pod, route, server, service
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


def test_a_way_that_the_reasons_tell_is_told_once(tmp_path: Path) -> None:
    """Also in the text, where the ways follow the reasons."""
    file = written(tmp_path, "in.yaml", *BASE, OPEN, lead("ponger"), twin(9999), TWIN_CLOSED)
    said = run("check", "pinger", "ponger:8080/y", file)[1]
    assert said.count("through Service arena/ponger, port 80, to Pod arena/twin") == 1


def test_the_url_of_a_headless_service_means_its_pods_addresses(tmp_path: Path) -> None:
    """M4: no other Service that leads to the port is called, and no route on it decides."""
    headless = service("ponger", {80: "http"}, app="ponger")
    headless["spec"]["clusterIP"] = "None"
    file = written(tmp_path, "in.yaml", *BASE, headless, lead("a", 80), strict("a"))
    found = json.loads(run("check", "pinger", "http://ponger.arena/y", file, "--output", "json")[1])
    assert (found["verdict"], found["otherwise"]) == ("allow", [])


def replica(
    maker: str,
    end: str,
    *,
    meshed: bool = True,
    account: str = "",
    labels: Mapping[str, str] = MappingProxyType({}),
    annotations: Mapping[str, str] = MappingProxyType({}),
) -> Manifest:
    """Return a pod of a Deployment, with the account of the Deployment's name unless said otherwise."""
    found = pod(f"{maker}-abc-{end}", f"10.244.0.{end}", ports=PORTS, meshed=meshed, annotations=annotations)
    found["metadata"]["labels"] |= {"app": maker, "pod-template-hash": "abc", **labels}
    found["spec"]["serviceAccountName"] = account or maker
    return found


DENY = {"config.linkerd.io/default-inbound-policy": "deny"}
V2 = server(port=8080, podSelector={"matchLabels": {"v": "2"}})
CAT = replica("cat", "71", annotations=DENY)
"""The first pod of cat: it lets nobody in."""


@pytest.mark.parametrize(
    ("second", "more", "verdict"),
    [
        (replica("cat", "72", annotations=DENY), [], "forbidden"),
        (replica("cat", "72"), [], "unknown"),
        (replica("cat", "72", meshed=False), [], "unknown"),
        (replica("cat", "72", labels={"v": "2"}), [V2], "forbidden"),
        (replica("cat", "72", annotations={"config.linkerd.io/control-port": "4143"}), [], "unknown"),
    ],
)
@pytest.mark.parametrize("through", [[], [service("cat")]])
@pytest.mark.parametrize("turned", [False, True])
def test_pods_of_one_controller_are_all_asked(
    second: Manifest, more: list[Manifest], verdict: str, through: list[Manifest], turned: bool, tmp_path: Path
) -> None:
    """R8: while a Deployment rolls out, pods of before and after a change stand beside each other."""
    pods = (second, CAT) if turned else (CAT, second)
    file = written(tmp_path, "in.yaml", *ARENA, *pods, *through, *more)
    out = run("check", "stranger", "arena/cat:8080/", file, "--output", "json")[1]
    assert json.loads(out)["verdict"] == verdict


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        (replica("dog", "82"), "allow"),
        (replica("dog", "82", account="other"), "unknown"),
        (replica("dog", "82", meshed=False), "unknown"),
    ],
)
def test_pods_of_one_controller_all_call(second: Manifest, verdict: str, tmp_path: Path) -> None:
    """R5, R71: each calls as its own account, or as none."""
    granted = [server(), allow(account("dog"))]
    file = written(tmp_path, "in.yaml", *ARENA, replica("dog", "81"), second, *granted)
    out = run("check", "dog", "arena/ponger:8080/", file, "--output", "json")[1]
    assert json.loads(out)["verdict"] == verdict


@pytest.mark.parametrize(
    ("second", "outcome"), [(replica("cat", "72", annotations=DENY), "proved"), (replica("cat", "72"), "false")]
)
def test_a_sentence_about_a_controller_is_about_all_of_its_pods(second: Manifest, outcome: str) -> None:
    found = cluster(*ARENA, CAT, second)
    assert prove(found, read_sentence_about(found, "nobody may GET /x on arena/cat:8080")).outcome == outcome


def test_a_pattern_means_the_pods_of_a_controller(tmp_path: Path) -> None:
    file = written(tmp_path, "in.yaml", *ARENA, CAT, replica("cat", "72"))
    code, out, _ = run("list", file, "--server", "arena/cat", "--output", "csv")
    assert (code, {line.partition(",")[0] for line in out.splitlines()[1:]}) == (0, {"arena/cat-abc-72"})
