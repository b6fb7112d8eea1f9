"""What is told of a real mesh's traffic: the same as the calls that were made, and why they were refused."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from localmesh.observe.views import StatView, TapView
from localmesh.views import Question

from ..commands import Commands

pytestmark = pytest.mark.envoy

TIMEOUT = 30.0


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def edge(found: StatView, source: str, destination: str) -> dict[str, Any]:
    return next((asdict(e) for e in found.edges if (e.source, e.destination) == (source, destination)), {})


def test_a_refused_call_counts_as_unauthorized_and_an_allowed_one_as_a_request(mesh: Commands) -> None:
    before = mesh.client.stat(60, by_pod=False)
    assert mesh.client.ask(Question("unmeshed", "ponger/ping")).status == 403
    assert mesh.client.ask(Question("pinger", "ponger/ping")).status == 200
    until(lambda: bool(edge(mesh.client.stat(60, by_pod=False), "unmeshed", "ponger")), "no edge of the refused call")
    found = mesh.client.stat(60, by_pod=False)
    refused, allowed = edge(found, "unmeshed", "ponger"), edge(found, "pinger", "ponger")
    assert refused["unauthorized"] > 0
    assert refused["rps"] <= edge(before, "unmeshed", "ponger").get("rps", 0)
    assert allowed["rps"] > 0
    assert allowed["unauthorized"] <= edge(before, "pinger", "ponger").get("unauthorized", 0)
    assert (allowed["tls"], refused["tls"]) == ("TLSv1.3", "")
    assert allowed["client_id"].startswith("pinger.pingpong.")
    assert allowed["server_id"].startswith("ponger.pingpong.")


def test_stat_and_edges_print_tables_of_at_most_80_columns(mesh: Commands) -> None:
    until(lambda: bool(mesh.client.stat(60, by_pod=False).edges), "no edge")
    for words, head in (("stat",), "SRC"), (("stat", "--pods"), "SRC"), (("edges",), "SRC"):
        outcome = mesh.run(*words)
        assert outcome.code == 0
        assert outcome.out.startswith(head)
        # Another test may have called as an account that has no pod here, whose name is longer.
        assert max(len(line) for line in outcome.out.splitlines() if "/" not in line.split()[0]) <= 80
    edges = json.loads(mesh.run("stat", "--output", "json", "-t", "30").out)
    assert edges["window"] == 30
    assert {"source", "client_id", "latency_p99", "secured"} <= set(edges["edges"][0])


def test_tap_tells_of_the_next_requests_with_their_verdicts(mesh: Commands) -> None:
    tapped = mesh.client.tap("pinger")
    assert next(tapped) is None
    mesh.client.ask(Question("unmeshed", "pinger/rally"))
    refused = next(view for view in tapped if isinstance(view, TapView) and view.source == "unmeshed")
    assert (refused.pod, refused.proxy, refused.path, refused.status) == ("pinger-0", "in", "/rally", 403)
    assert (refused.verdict, refused.tls) == ("forbidden", False)
    called = next(view for view in tapped if isinstance(view, TapView) and view.proxy == "out")
    assert (called.source, called.verdict, called.tls) == ("pinger-0", "allow", True)
    tapped.close()  # type: ignore[attr-defined] # a generator


def test_tap_prints_one_json_object_a_line(mesh: Commands) -> None:
    outcome = mesh.run("tap", "ponger", "--output", "json", "--count", "2")
    assert outcome.code == 0, outcome.err
    views = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(views) == 2
    assert {view["pod"] for view in views} <= {"ponger-0", "ponger-1"}


def test_tap_of_an_unknown_name_is_refused(mesh: Commands) -> None:
    outcome = mesh.run("tap", "pong")
    assert outcome.code == 2
    assert "pong: there is no such workload or pod; known are" in outcome.err
