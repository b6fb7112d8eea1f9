"""Traces of the project's own manifests: one request is one trace, and a refused call names what refused it."""

import json
import re
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import httpx
import pytest

from localmesh.traces.select import Wanted
from localmesh.traces.trace import Trace

from .commands import Commands
from .envoy.realenvoy import until

pytestmark = pytest.mark.envoy

WITHIN = 60.0
WHOLE = [
    "ingress GET /rally",
    "pinger-proxy GET /rally",
    "pinger GET /rally",
    "pinger ping",
    "pinger GET",
    "pinger-proxy GET /ping",
    "ponger-proxy GET /ping",
    "ponger GET /ping",
]
"""From the ingress to the last app, each a part of the one before."""


def recorded(parent: str = "") -> dict[str, str]:
    """Return the header of a sender who wants a trace of its own to be recorded."""
    return {"traceparent": f"00-{parent or token_hex(16)}-{token_hex(8)}-01"}


def waited(mesh: Commands, trace_id: str, whole: Callable[[Trace], bool]) -> Trace:
    """Return a trace as soon as it is whole."""
    found: list[Trace] = []

    def complete() -> bool:
        found[:] = mesh.client.trace(trace_id).traces
        return bool(found) and whole(found[0])

    until(complete, f"trace {trace_id} is not whole", WITHIN)
    return found[0]


def got(mesh: Commands, path: str, **headers: str) -> httpx.Response:
    """Ask the ingress."""
    with httpx.Client(trust_env=False) as http:
        return http.get(f"http://127.0.0.1:{mesh.port}{path}", headers=headers)


def test_one_request_through_the_ingress_is_one_trace_in_the_order_of_its_hops(mesh: Commands) -> None:
    trace_id = got(mesh, "/rally").json()["trace_id"]
    trace = waited(mesh, trace_id, lambda found: len(found.spans) >= len(WHOLE))

    assert [(depth, f"{span.service} {span.name}") for depth, span in trace.tree()] == list(enumerate(WHOLE))
    assert trace.root.parent_id == ""
    pods = [span.pod for _, span in trace.tree()]
    assert pods[:6] == ["ingress", *["pinger-0"] * 5]
    assert pods[6] == pods[7]
    assert pods[6].startswith("ponger-")


def test_a_sender_with_a_trace_of_its_own_is_followed(mesh: Commands) -> None:
    trace_id = token_hex(16)
    headers = recorded(trace_id)
    assert got(mesh, "/rally", **headers).json()["trace_id"] == trace_id
    trace = waited(mesh, trace_id, lambda found: len(found.spans) >= len(WHOLE))
    assert trace.root.parent_id == headers["traceparent"].split("-")[2]


def test_of_a_request_whose_sender_does_not_record_it_nothing_is_recorded(mesh: Commands) -> None:
    unrecorded, later = token_hex(16), token_hex(16)
    answer = got(mesh, "/rally", traceparent=f"00-{unrecorded}-{token_hex(8)}-00")
    assert answer.json()["trace_id"] == unrecorded
    got(mesh, "/rally", **recorded(later))
    waited(mesh, later, lambda found: len(found.spans) >= len(WHOLE))

    assert mesh.client.trace(unrecorded).traces == ()


def test_a_refused_call_names_the_rule_its_file_and_the_reasons(mesh: Commands) -> None:
    trace_id = token_hex(16)
    mesh.run("ask", "unmeshed", "ponger/ping", "--header", f"traceparent: 00-{trace_id}-{token_hex(8)}-01")
    trace = waited(mesh, trace_id, lambda found: found.refused is not None)

    span = trace.refused
    assert span is not None
    assert (span.service, span.answer, span.refused) == ("ponger-proxy", 403, "forbidden")
    assert span.attributes["policy.rule"] == "HTTPRoute pingpong/ponger-offer"
    assert re.search(r"policies/httproutes\.yaml:\d+$", str(span.attributes["policy.place"]))
    reasons = str(span.attributes["policy.reasons"])
    assert "AuthorizationPolicy pingpong/pinger-may-ping requires the identity" in reasons
    assert "this client has none" in reasons


def test_a_call_that_an_app_makes_and_may_not_is_refused_within_its_trace(mesh: Commands) -> None:
    trace_id = token_hex(16)
    header = f"traceparent: 00-{trace_id}-{token_hex(8)}-01"
    mesh.run("ask", "pinger", "ponger:metrics/metrics", "--header", header)
    trace = waited(mesh, trace_id, lambda found: found.refused is not None and len(found.spans) > 1)

    assert [f"{span.service} {span.name} {span.answer}" for _, span in trace.tree()] == [
        "pinger-proxy GET /metrics 403",
        "ponger-proxy GET /metrics 403",
    ]
    refused = trace.refused
    assert refused is not None
    assert refused.attributes["client_id"] == "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"


def test_probes_leave_no_spans(mesh: Commands) -> None:
    # The kubelet's part has asked every pod long before this.
    kept = [span for trace in mesh.client.traces(Wanted(limit=5000)).traces for span in trace.spans]
    assert kept
    assert [span for span in kept if span.attributes.get("user_agent") == "kube-probe"] == []


@pytest.mark.parametrize("shown", ["", "Bearer wrong", "Basic wrong"])
def test_nobody_but_a_pod_may_send_spans(shown: str, mesh: Commands) -> None:
    app = mesh.processes()["pinger-0/pinger"].environ()
    endpoint = f"{app['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces"
    headers = {"content-type": "application/x-protobuf", "authorization": shown}
    with httpx.Client(trust_env=False) as http:
        assert http.post(endpoint, headers=headers).status_code == 401
        own = app["OTEL_EXPORTER_OTLP_HEADERS"].removeprefix("authorization=").replace("%20", " ")
        assert http.post(endpoint, headers=headers | {"authorization": own}).status_code == 200


def test_the_token_for_spans_is_no_way_out_of_the_pod(mesh: Commands) -> None:
    app = mesh.processes()["pinger-0/pinger"].environ()
    token = app["OTEL_EXPORTER_OTLP_HEADERS"].removeprefix("authorization=Bearer%20")
    assert token not in app["HTTP_PROXY"]
    proxy = app["HTTP_PROXY"].replace(app["HTTP_PROXY"].split(":")[2].split("@")[0], token)
    with httpx.Client(trust_env=False, proxy=proxy) as http:
        assert http.get("http://ponger.pingpong.svc.cluster.local/ping").status_code == 407


def test_traces_are_listed_and_one_is_drawn(mesh: Commands) -> None:
    trace_id = got(mesh, "/rally").json()["trace_id"]
    waited(mesh, trace_id, lambda found: len(found.spans) >= len(WHOLE))

    listed = mesh.run("traces", "--name", "/rally", "--service", "ponger")
    assert listed.code == 0
    assert re.search(rf"{trace_id[:8]}  ingress GET /rally +8 +\S+ \S+ +ok 200", listed.out)
    drawn = mesh.run("traces", trace_id[:16])
    lines = drawn.out.splitlines()
    assert lines[0] == f"trace {trace_id}"
    assert [
        line[: len("  " * depth + name)] for (depth, name), line in zip(enumerate(WHOLE), lines[3:], strict=True)
    ] == ["  " * depth + name for depth, name in enumerate(WHOLE)]
    assert max(map(len, (listed.out + drawn.out).splitlines())) <= 80


def test_traces_are_told_as_json(mesh: Commands) -> None:
    trace_id = got(mesh, "/rally").json()["trace_id"]
    waited(mesh, trace_id, lambda found: len(found.spans) >= len(WHOLE))

    listed: Any = json.loads(mesh.run("traces", "--limit", "5000", "--output", "json").out)
    assert trace_id in [trace["trace_id"] for trace in listed]
    told: Any = json.loads(mesh.run("traces", trace_id, "--output", "json").out)
    assert [(span["depth"], f"{span['service']} {span['name']}") for span in told["spans"]] == list(enumerate(WHOLE))
    assert (told["status"], told["answer"]) == ("ok", 200)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("xyz",), "xyz: expected the id of a trace or its beginning"),
        (("0" * 32,), f"{'0' * 32}: no trace that is kept begins so"),
        (("latest", "--name", "no such name"), "No trace that is kept is such a one"),
        (("--longer", "5"), "5: expected a number with a unit: 500us, 20ms, 1.5s, 5m or 1h"),
        (("--limit", "0"), "0 is not in the range"),
    ],
)
def test_a_question_that_leads_to_no_trace_is_answered_with_what_to_do(
    words: tuple[str, ...], says: str, mesh: Commands
) -> None:
    outcome = mesh.run("traces", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err
