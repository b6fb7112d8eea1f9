"""What the curl of a witness sends is answered as the witness is."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings

from meshpolicy.analysis.curl import curl, witness_curl
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.port import Port
from meshpolicy.core.client import Traffic
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, authority

from ..build import ARENA, cluster, server
from ..flips import PAIRS, State


def read(command: str, own: str) -> Request:
    """Return the request that curl sends, as it writes it: every line of a header, and its own Host where none is."""
    words = shlex.split(command)
    words = words[words.index("curl") + 2 :]
    method = "GET"
    headers: dict[str, str] = {}
    while len(words) > 1:
        option, value, *words = words
        if option == "-X":
            method = value
        else:
            name, _, text = value.partition(": ")
            headers[name] = f"{headers[name]}\n{text}" if name in headers else text
    host = headers.setdefault("host", own)
    return Request(method, "/" + words[0].removeprefix("http://").partition("/")[2], headers, host)


@settings(max_examples=40)
@given(PAIRS)
def test_what_curl_sends_is_answered_as_the_witness(pair: tuple[State, State]) -> None:
    before, after = (cluster(*state) for state in pair)
    for changed in compare(before, after):
        witness = changed.region.witness if changed.region is not None else None
        command = witness_curl(after, changed.server, changed.port, witness)
        if not command or witness is None:
            continue
        workload = next(one for one in after.workloads if one.ref == changed.server)
        call = witness.made_by(Port(after, workload, changed.port))
        sent = replace(call, request=read(command, authority(workload, changed.port, call.service_target)))
        assert judge(after, sent).verdict is judge(after, call).verdict, command


WORKLOADS = {one.ref.name: one for one in cluster(*ARENA, server()).workloads}


@pytest.mark.parametrize(
    ("request_", "traffic", "words"),
    [
        (Request(), Traffic.HTTP, "curl -i"),
        (Request("POST", authority="other.example"), Traffic.HTTP, "curl -i -X POST -H 'host: other.example'"),
        (Request(headers={"host": "other.example"}), Traffic.HTTP, "curl -i -H 'host: other.example'"),
        (Request(headers={"x": "1\n2"}), Traffic.HTTP, "curl -i -H 'x: 1' -H 'x: 2'"),
        (Request("POST"), Traffic.GRPC, ""),
    ],
)
def test_curl_names_the_host_that_it_would_not_write_by_itself(request_: Request, traffic: Traffic, words: str) -> None:
    call = Call(WORKLOADS["ponger"], 8080, request=request_, traffic=traffic)
    assert curl(call).partition(" http://")[0] == words


@pytest.mark.parametrize(
    ("kind", "begin"),
    [
        ("Pod", "kubectl exec -n arena who -- curl"),
        ("StatefulSet", "kubectl exec -n arena statefulset/who -- curl"),
        ("CronJob", "curl"),
        ("Rollout", "curl"),
        ("ExternalWorkload", "curl"),
        ("ServiceAccount", "curl"),
    ],
)
def test_kubectl_runs_a_command_where_it_can(kind: str, begin: str) -> None:
    found = cluster(*ARENA)
    ponger = found.workload("arena", "ponger")
    assert ponger is not None
    who = replace(ponger, ref=replace(ponger.ref, kind=kind, name="who"))
    assert curl(Call(ponger, 8080, who, request=Request("GET", "/", {}, ""))).startswith(begin)
