"""What is read from the objects of a cluster: sidecars, routes, traces, pods."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from kindmesh.operations.status import PodStatus, pod_status
from kindmesh.tools.kube import Object
from kindmesh.verify.ingress import judge_route
from kindmesh.verify.trace import participants
from kindmesh.verify.workloads import meshed, scraped
from meshverify.finding import Outcome


def pod(*, init: tuple[str, ...] = (), containers: tuple[str, ...] = ("ponger",), ready: str = "True") -> Object:
    return {
        "metadata": {"namespace": "pingpong", "name": "ponger-1"},
        "spec": {
            "serviceAccountName": "ponger",
            "initContainers": [{"name": name} for name in init],
            "containers": [{"name": name} for name in containers],
        },
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"restartCount": 2}],
            "initContainerStatuses": [{"restartCount": 1}],
        },
    }


@pytest.mark.parametrize(
    ("init", "containers", "expected"),
    [
        (("linkerd-init", "linkerd-proxy"), ("ponger",), True),
        ((), ("linkerd-proxy", "ponger"), True),
        ((), ("ponger",), False),
        (("linkerd-init",), ("ponger",), False),
    ],
)
def test_a_sidecar_is_found_where_it_may_be(init: tuple[str, ...], containers: tuple[str, ...], expected: bool) -> None:
    assert meshed(pod(init=init, containers=containers)) is expected


def test_a_pods_status_counts_the_sidecars_restarts_too() -> None:
    found = pod_status(pod(init=("linkerd-proxy",), ready="False"))
    assert found == PodStatus("pingpong", "ponger-1", "ponger", meshed=True, ready=False, restarts=3)


def route(namespace: str = "ingress", accepted: str = "", reason: str = "") -> Object:
    conditions = [{"type": "Accepted", "status": accepted, "reason": reason, "message": "because"}] if accepted else []
    return {
        "metadata": {"name": "pinger", "namespace": "pingpong"},
        "spec": {"parentRefs": [{"name": "ingress", "namespace": namespace}]},
        "status": {"parents": [{"conditions": conditions}] if conditions else []},
    }


@pytest.mark.parametrize(
    ("found", "controlled", "good", "words"),
    [
        (route(), False, True, "there"),
        (route(), True, False, "not accepted"),
        (route(accepted="True"), True, True, "there"),
        (route(accepted="False", reason="NotAllowedByListeners"), True, False, "NotAllowedByListeners: because"),
        (route("gateways"), False, False, "no Gateway gateways/ingress"),
    ],
)
def test_a_route_needs_a_gateway_that_takes_it(found: Object, controlled: bool, good: bool, words: str) -> None:
    finding = judge_route(found, {("ingress", "ingress")}, controlled=controlled)
    assert (finding.outcome is Outcome.PASSED) is good
    assert finding.found == words


UP = {"pinger-1": (10.0, "1"), "ponger-1": (11.0, "1")}


class Prometheus(BaseHTTPRequestHandler):
    """Answers queries as Prometheus does: each round what a scrape found, and when."""

    rounds: ClassVar[list[dict[str, tuple[float, str]]]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer one query; the second of a round ends it."""
        query = parse_qs(urlsplit(self.path).query)["query"][0]
        self.asked.append(query)
        result: list[object] = [9.0, "9.0"]
        if query != "time()":
            found = self.rounds[0] if query.startswith("timestamp") or len(self.rounds) == 1 else self.rounds.pop(0)
            place = 0 if query.startswith("timestamp") else 1
            result = [{"metric": {"pod": pod}, "value": [12.0, str(seen[place])]} for pod, seen in found.items()]
        body = json.dumps({"data": {"result": result}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    Prometheus.asked.clear()
    with HTTPServer(("127.0.0.1", 0), Prometheus) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("rounds", "shown"),
    [
        ([UP], "2 up"),
        ([UP | {"ponger-1": (8.0, "1")}], "pinger-1: up, ponger-1: not scraped since"),
        ([UP | {"ponger-1": (8.0, "0")}], "pinger-1: up, ponger-1: not scraped since"),
        ([UP | {"pinger-1": (10.0, "0")}], "pinger-1: down, ponger-1: up"),
        ([{}], "no target"),
    ],
    ids=["up", "an old scrape", "an old failure", "down", "no target"],
)
def test_a_scrape_counts_when_prometheus_made_it_after_the_question(
    rounds: list[dict[str, tuple[float, str]]], shown: str, prometheus: str
) -> None:
    Prometheus.rounds[:] = rounds
    finding = scraped(prometheus, "linkerd-proxy", "pingpong", within=0)
    assert finding.found == shown
    assert (finding.outcome is Outcome.PASSED) is (shown == "2 up")
    assert Prometheus.asked[0] == "time()"
    assert all('pod!~"kindmesh-.*"' in query for query in Prometheus.asked[1:])


def test_a_pod_that_is_down_at_first_is_waited_for(prometheus: str) -> None:
    Prometheus.rounds[:] = [UP | {"ponger-1": (10.0, "0")}, UP]
    assert scraped(prometheus, "pingpong", "pingpong").found == "2 up"


def test_who_took_part_in_a_trace_is_told_by_its_processes() -> None:
    names = ("pinger", "pinger-proxy", "ponger")
    traces = [{"processes": {f"p{number}": {"serviceName": name} for number, name in enumerate(names)}}]
    assert participants(traces) == set(names)
    assert participants([]) == set()
