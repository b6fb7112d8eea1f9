"""What a person means by FROM and TO, and what became of a load."""

import pytest

from kindmesh.errors import BadInput
from kindmesh.probes.clients import CLIENTS, NODE, PINGER, RunningPod, manifest
from kindmesh.probes.exchange import find_client, find_question
from kindmesh.probes.load import read_load
from kindmesh.probes.question import Question
from meshverify.load import Load

PLACES = {"pinger": RunningPod("10.244.0.8", "one"), "ponger": RunningPod("10.244.0.7", "two")}
DOMAIN = "pingpong.svc.cluster.local"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ponger", f"ponger.{DOMAIN}:80/"),
        ("ponger/ping", f"ponger.{DOMAIN}:80/ping"),
        ("ponger:http/ping?x=1", f"ponger.{DOMAIN}:80/ping?x=1"),
        ("pinger:metrics/metrics", f"pinger.{DOMAIN}:9090/metrics"),
    ],
)
def test_a_target_is_a_program_a_port_and_a_path(text: str, url: str) -> None:
    assert find_question(text, "GET", PINGER, PLACES) == Question(url)


def test_the_node_asks_a_pod_and_names_whom_it_means() -> None:
    found = find_question("ponger/ready", "POST", NODE, PLACES)
    assert found == Question("10.244.0.7:8080/ready", "POST", (("host", "ponger"),))


@pytest.mark.parametrize("text", ["", "jaeger/", "ponger:admin/", "ponger /x", "/ping"])
def test_any_other_target_is_told_what_there_is(text: str) -> None:
    with pytest.raises(BadInput, match="names are pinger and ponger"):
        find_question(text, "GET", PINGER, PLACES)


def test_every_asker_is_found_by_its_name() -> None:
    assert [find_client(client.name) for client in CLIENTS] == list(CLIENTS)
    assert len({client.name for client in CLIENTS}) == len(CLIENTS)


@pytest.mark.parametrize("client", [client for client in CLIENTS if client.account], ids=lambda client: client.name)
def test_a_stranger_is_hardened_has_no_token_and_no_service_ever_sends_it_a_request(client: object) -> None:
    pod = manifest(client)  # type: ignore[arg-type]
    spec, (container,) = pod["spec"], pod["spec"]["containers"]
    assert spec["readinessGates"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["activeDeadlineSeconds"] <= 600
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "ports" not in container


@pytest.mark.parametrize(
    ("load", "text"),
    [
        (Load(1500, {}, 0.005, 0.017), "0 of 1500 requests lost; p50 5 ms, p99 17 ms"),
        (Load(10, {"502": 1, "TimeoutError": 2}, 0.1, 1.0), "3 of 10 requests lost (1 x 502, 2 x TimeoutError)"),
    ],
)
def test_a_load_tells_what_was_lost_and_why(load: Load, text: str) -> None:
    assert str(load).startswith(text)


def test_the_last_line_of_a_load_is_its_result() -> None:
    load = read_load('started\n{"sent": 5, "failures": {"503": 2}, "p50": 0.1, "p99": 0.2}\n')
    assert (load.sent, load.lost) == (5, 2)
