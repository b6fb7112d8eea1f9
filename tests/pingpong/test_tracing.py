"""The spans of pings, and who makes them."""

import httpx
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from pingpong import __version__
from pingpong.metrics import Metrics
from pingpong.peer import Peer
from pingpong.tracing import provider, resource

from .build import TARGET, Handler, pong, settings, tracing


def test_a_resource_says_which_pod_it_is() -> None:
    found = resource(
        settings(name="ponger", pod_name="ponger-1", pod_namespace="pingpong", pod_ip="10.0.0.1", node_name="n")
    )
    assert dict(found.attributes) == {
        "service.name": "ponger",
        "service.version": __version__,
        "k8s.pod.name": "ponger-1",
        "k8s.namespace.name": "pingpong",
        "k8s.pod.ip": "10.0.0.1",
        "k8s.node.name": "n",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }


def test_what_is_not_known_is_not_said() -> None:
    assert "k8s.pod.name" not in resource(settings()).attributes


@pytest.mark.parametrize(("ratio", "recorded"), [(0, False), (1, True)])
def test_a_share_of_the_traces_is_recorded(ratio: float, recorded: bool) -> None:
    span = provider(settings(trace_ratio=ratio)).get_tracer("test").start_span("root")
    assert span.is_recording() == recorded


def refuse(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def forbid(_: httpx.Request) -> httpx.Response:
    return httpx.Response(403)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("handler", "outcome", "code", "status"),
    [
        (pong, "ok", 200, StatusCode.UNSET),
        (forbid, "forbidden", 403, StatusCode.ERROR),
        (refuse, "connect_error", None, StatusCode.ERROR),
    ],
)
async def test_a_ping_is_a_root_span_with_its_outcome(
    handler: Handler, outcome: str, code: int | None, status: StatusCode
) -> None:
    chosen = settings()
    watched, spans = tracing(chosen)
    http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    ping = await Peer(chosen, http, Metrics(), watched).ping()
    request, span = spans.get_finished_spans()
    assert (span.name, span.parent, span.status.status_code) == ("ping", None, status)
    assert ping.trace_id == f"{span.context.trace_id:032x}"
    assert span.attributes is not None
    said = dict(span.attributes)
    assert (said["pingpong.target"], said["pingpong.outcome"]) == (TARGET, outcome)
    assert said.get("error.type") == (None if outcome == "ok" else outcome)
    assert request.attributes is not None
    asked = dict(request.attributes)
    assert (request.kind, request.parent) == (SpanKind.CLIENT, span.context)
    assert (asked["url.full"], asked.get("http.response.status_code")) == (TARGET, code)
