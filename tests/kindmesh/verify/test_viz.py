"""The dashboard and what it asks: no pod gets in, the node is refused by the mesh, and a person's tunnel works."""

import json
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from kindmesh.probes.clients import NODE, STRANGER, UNMESHED, RunningPod
from kindmesh.probes.question import Answer
from kindmesh.tools.kube import Kube
from kindmesh.verify import viz
from kindmesh.verify.calls import judge_all
from kindmesh.verify.expected import API_SERVER, VIZ, VIZ_CALLS, Call
from kindmesh.verify.viz import verify_viz
from meshverify.cause import Cause
from meshverify.finding import Outcome, failed

from ..standins import items, settings, tools
from .test_calls import ALIVE, FORBIDDEN, REFUSED, ideal

PROVED = [call for call in VIZ_CALLS if call.target != API_SERVER]


def test_every_part_of_viz_is_tried_by_a_meshed_and_an_unmeshed_stranger_and_by_the_node() -> None:
    for program in VIZ:
        tried = {(call.client, call.expected) for call in PROVED if call.program == program}
        assert tried == {
            (NODE, Cause.ALLOWED),
            (NODE, Cause.MESH),
            (STRANGER, Cause.NETWORK),
            (UNMESHED, Cause.NETWORK),
        }


def test_a_closed_dashboard_passes() -> None:
    assert failed(judge_all({call: ideal(call) for call in VIZ_CALLS})) == []


@pytest.mark.parametrize("call", [call for call in PROVED if call.expected is not Cause.ALLOWED], ids=lambda c: c.name)
@pytest.mark.parametrize("answer", [ALIVE, Answer(200, "", "", "", "{}", 0.1)])
def test_whoever_gets_in_is_found(call: Call, answer: Answer) -> None:
    findings = judge_all({one: answer if one is call else ideal(one) for one in VIZ_CALLS})
    assert [finding.name for finding in failed(findings)] == [call.name]


@pytest.mark.parametrize("program", VIZ)
def test_a_part_that_does_not_run_is_not_proved_closed(program: str) -> None:
    findings = judge_all({call: REFUSED if call.program == program else ideal(call) for call in VIZ_CALLS})
    assert {finding.name for finding in failed(findings)} == {call.name for call in PROVED if call.program == program}


def test_where_network_policies_are_not_enforced_the_mesh_alone_refuses_and_that_is_told() -> None:
    strangers = [call for call in PROVED if call.expected is Cause.NETWORK]
    findings = failed(judge_all({call: FORBIDDEN if call in strangers else ideal(call) for call in VIZ_CALLS}))
    assert len(findings) == len(strangers)
    assert all("NetworkPolicies are not enforced" in finding.hint for finding in findings)


@pytest.mark.parametrize("call", PROVED, ids=lambda c: c.name)
def test_a_call_goes_to_the_services_port_and_from_the_node_to_the_containers(call: Call) -> None:
    running = {program: RunningPod("10.244.0.9", "one") for program in VIZ}
    host = call.question(running).url.partition(":")[0]
    assert host == ("10.244.0.9" if call.client is NODE else f"{call.program}.linkerd-viz.svc.cluster.local")


class Dashboard(BaseHTTPRequestHandler):
    """Answers as the dashboard does."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def test_the_calls_and_the_tunnel_are_one_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = {"metadata": {"name": "a"}, "spec": {"nodeName": "one"}, "status": {"podIP": "10.244.0.9"}}
    said = {f"exec&pod/kindmesh-{name}": spoken(calls) for name, calls in by_pod().items()}
    tools(tmp_path, monkeypatch, said | {"get&pods": items(pod), "serviceaccount": "it", "apply": items(), "": ""})
    with HTTPServer(("127.0.0.1", 0), Dashboard) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        @contextmanager
        def tunnel(*_: object) -> Any:
            yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}")

        monkeypatch.setattr(viz, "forward", tunnel)
        findings = verify_viz(Kube("some"), settings())
        server.shutdown()
        thread.join()
    assert failed(findings) == []
    assert {finding.group for finding in findings} == {"viz"}
    assert (len(findings), findings[-1].name) == (len(VIZ_CALLS) + 1, "the dashboard by port-forward")


def by_pod() -> Mapping[str, list[Call]]:
    """Return the calls by the pod that makes them."""
    names = {STRANGER: "stranger", UNMESHED: "unmeshed", NODE: "node-one"}
    return {name: [call for call in VIZ_CALLS if call.client is client] for client, name in names.items()}


def spoken(calls: list[Call]) -> str:
    """Return what the program prints for some calls on a cluster that is as it must be."""
    return "".join(f"{json.dumps(asdict(ideal(call)))}\n" for call in calls)


def test_without_viz_there_is_nothing_to_prove() -> None:
    (found,) = verify_viz(Kube("some"), settings(KINDMESH_WITHOUT="viz"))
    assert found.outcome is Outcome.SKIPPED
