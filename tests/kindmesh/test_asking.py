"""Whom and what `ask` means, and how it tells the answer."""

import json

import pytest

from kindmesh.asking import Asked, find_asker, find_question
from kindmesh.errors import BadInput
from kindmesh.pods import ASKERS, NODE, PINGER, UNMESHED, Asker
from kindmesh.probe import Answer, Cause

ADDRESSES = {"pinger": "10.244.0.8", "ponger": "10.244.0.9"}


@pytest.mark.parametrize(
    ("text", "asker", "url"),
    [
        ("ponger", PINGER, "ponger.pingpong.svc.cluster.local:80/"),
        ("ponger/ping", PINGER, "ponger.pingpong.svc.cluster.local:80/ping"),
        ("ponger:http/ping", UNMESHED, "ponger.pingpong.svc.cluster.local:80/ping"),
        ("pinger:metrics/metrics", PINGER, "pinger.pingpong.svc.cluster.local:9090/metrics"),
        ("ponger/ready?full=1", PINGER, "ponger.pingpong.svc.cluster.local:80/ready?full=1"),
        ("ponger/ready", NODE, "10.244.0.9:8080/ready"),
        ("pinger:metrics/metrics", NODE, "10.244.0.8:9090/metrics"),
    ],
)
def test_a_target_is_a_service_by_name_and_for_the_node_a_pod_by_address(text: str, asker: Asker, url: str) -> None:
    question = find_question(text, "POST", asker, ADDRESSES)
    assert (question.url, question.method) == (url, "POST")
    assert dict(question.headers) == ({"host": text.partition("/")[0].partition(":")[0]} if asker.on_host else {})


@pytest.mark.parametrize(
    "text", ["", "gopher", "ponger:8080", "ponger:admin/", "ponger /ping", "http://ponger/", "ponger:"]
)
def test_a_target_that_is_none_is_answered_with_the_form(text: str) -> None:
    with pytest.raises(BadInput, match=r"NAME\[:PORT\]\[/PATH\] is expected"):
        find_question(text, "GET", PINGER, ADDRESSES)


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)
def test_everybody_who_can_ask_is_found_by_name(asker: Asker) -> None:
    assert find_asker(asker.name) is asker


def test_somebody_unknown_is_answered_with_those_who_can_ask() -> None:
    with pytest.raises(BadInput) as caught:
        find_asker("mallory")
    assert all(f"  {asker.name}: {asker.says}" in str(caught.value) for asker in ASKERS)


def test_an_answer_reads_as_a_sentence_and_holds_everything_for_a_program() -> None:
    asked = Asked("node", "ponger/ping", "GET", Cause.MESH, Answer(403, "", "", "", "", 0.004))
    assert str(asked) == "node -> ponger/ping: refused by the mesh's policy (403, 4 ms)"
    read = json.loads(asked.to_json())
    assert (read["cause"], read["answer"]["status"]) == ("refused by the mesh's policy", 403)
