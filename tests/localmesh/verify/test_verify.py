"""The whole verification of a mesh that runs, as a person has it done."""

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from localmesh.page.place import known
from localmesh.state import StateFolder
from localmesh.verify.groups import GROUPS

from ..commands import Commands

pytestmark = pytest.mark.envoy


def told(mesh: Commands) -> Any:
    """Return what the page is told of the mesh."""
    door = known(StateFolder(mesh.state).dashboard)
    assert door is not None
    bearer = {"authorization": f"Bearer {door.token}"}
    with httpx.stream("GET", f"http://127.0.0.1:{door.port}/api/events", headers=bearer, timeout=60) as answer:
        lines = answer.iter_lines()
        next(line for line in lines if line == "event: mesh")
        return json.loads(next(lines).removeprefix("data: "))


TRICKS = 60
CELLS = 800


def test_every_kind_of_request_is_answered_as_the_manifests_say(mesh: Commands) -> None:
    outcome = mesh.run("verify", "--output", "json")
    findings = json.loads(outcome.out)
    assert [one for one in findings if one["outcome"] != "passed"] == [], outcome.err
    assert outcome.code == 0
    groups = Counter(one["group"] for one in findings)
    assert groups.keys() == set(GROUPS)
    assert groups["calls"] + groups["certificates"] > CELLS
    assert all(groups[group] >= TRICKS / 2 for group in ("paths", "hosts", "framing", "http2"))
    heard = told(mesh)
    assert (heard["verified"]["calls"], heard["verified"]["different"]) == (
        sum(one["group"] in ("calls", "certificates") for one in findings),
        0,
    )
    probed = {(one["client"], f"{one['server']}:{one['port']}") for one in heard["verified"]["probed"]}
    servers = {
        f"{pod['workload']}:{port}" for pod in heard["pods"] for port in pod["ports"] if pod["workload"] != "ingress"
    }
    assert probed >= {(caller, server) for caller in heard["callers"] for server in servers}
    guards = {one["name"]: one["found"] for one in findings if one["group"] == "guard"}
    assert [name for name, found in guards.items() if found == "0 reported"] == ["the copy is as the manifests say"]


def test_files_that_the_mesh_does_not_run_by_fail_it(mesh: Commands) -> None:
    policies = mesh.manifests / "mesh/policies/authorizationpolicies.yaml"
    before = policies.read_text()
    policies.write_text(before.replace("name: pinger-may-ping", "name: pinger-may-play"))
    try:
        outcome = mesh.run("verify", "--only", "mesh")
    finally:
        policies.write_text(before)
    assert outcome.code == 1
    assert "hint: what runs is what is written: the files have changed since: `just diff`" in outcome.err


def test_a_group_that_is_not_there_is_bad_input(mesh: Commands) -> None:
    outcome = mesh.run("verify", "--only", "everything")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"error: --only everything: groups are {', '.join(GROUPS)}\n"
