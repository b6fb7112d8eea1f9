"""What is noted of each request."""

import logging

import httpx
import pytest
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import Receive, Scope, Send

from pingpong.metrics import Metrics
from pingpong.observer import Observer

from .build import counted, pong, service

pytestmark = pytest.mark.anyio
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


async def test_requests_are_counted_by_route() -> None:
    bench = service()
    await bench.http.get("/ping?n=1")
    await bench.http.post("/ping")
    metrics = bench.service.metrics
    assert counted(metrics, "http_requests_total", method="GET", route="/ping", status="200") == 1
    assert counted(metrics, "http_requests_total", method="POST", route="/ping", status="405") == 1
    assert counted(metrics, "http_request_duration_seconds_count", method="GET", route="/ping") == 1


async def test_a_scanner_makes_no_series() -> None:
    bench = service()
    for number in range(50):
        await bench.http.request(f"M{number}", f"/scan/{number}")
    metrics = bench.service.metrics
    assert counted(metrics, "http_requests_total", method="other", route="other", status="404") == 50
    requests = next(one for one in metrics.registry.collect() if one.name == "http_requests")
    assert len([sample for sample in requests.samples if sample.name == "http_requests_total"]) == 1


async def test_a_recorded_trace_is_an_exemplar() -> None:
    bench = service()
    await bench.http.get("/ping", headers={"traceparent": PARENT})
    requests = next(one for one in bench.service.metrics.registry.collect() if one.name == "http_requests")
    (exemplar,) = [sample.exemplar for sample in requests.samples if sample.exemplar]
    assert exemplar.labels == {"trace_id": PARENT.split("-")[1]}


async def test_a_request_is_one_span_below_its_callers() -> None:
    bench = service()
    await bench.http.get("/ping", headers={"traceparent": PARENT})
    (span,) = bench.spans.get_finished_spans()
    assert (span.name, span.kind) == ("GET /ping", SpanKind.SERVER)
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == tuple(PARENT.split("-")[1:3])
    assert span.attributes is not None
    said = dict(span.attributes)
    assert said["http.request.method"] == "GET"
    assert said["http.route"] == "/ping"
    assert said["http.response.status_code"] == 200
    assert said["url.path"] == "/ping"


@pytest.mark.parametrize(
    ("method", "path", "name", "status"),
    [
        ("GET", "/nowhere", "GET", 404),
        ("POST", "/ping", "POST /ping", 405),
        ("BREW", "/ping", "HTTP /ping", 405),
        ("BREW", "/nowhere", "HTTP", 404),
        ("GET", "/rally/", "GET", 404),
    ],
)
async def test_a_span_is_named_by_its_route_and_never_by_what_a_caller_makes_up(
    method: str, path: str, name: str, status: int
) -> None:
    bench = service()
    await bench.http.request(method, path)
    (span,) = bench.spans.get_finished_spans()
    assert span.attributes is not None
    assert (span.name, span.attributes["http.response.status_code"]) == (name, status)


async def test_a_crash_is_told_in_the_span_of_its_request() -> None:
    bench = service()

    async def broken() -> None:
        raise RuntimeError("broken")

    bench.service.api.add_api_route("/broken", broken)
    assert (await bench.http.get("/broken")).status_code == 500
    (span,) = bench.spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    (crash,) = span.events
    assert crash.attributes is not None
    assert (crash.name, crash.attributes["exception.message"]) == ("exception", "broken")


@pytest.mark.parametrize("header", ["", "garbage", "00-0-0-01", f"{PARENT}-"])
async def test_without_a_valid_caller_it_is_a_root(header: str) -> None:
    bench = service()
    await bench.http.get("/ping", headers={"traceparent": header})
    (span,) = bench.spans.get_finished_spans()
    assert span.parent is None


async def test_a_trace_that_is_not_sampled_leaves_no_span_and_is_passed_on() -> None:
    asked: list[str] = []

    def remember(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["traceparent"])
        return pong(request)

    bench = service(remember)
    assert (await bench.http.get("/rally", headers={"traceparent": UNSAMPLED})).json()["outcome"] == "ok"
    assert bench.spans.get_finished_spans() == ()
    (passed_on,) = asked
    assert (passed_on.split("-")[1], passed_on.split("-")[3]) == (UNSAMPLED.split("-")[1], "00")


@pytest.mark.parametrize("probe", ["/live", "/ready"])
async def test_probes_are_counted_but_not_traced(probe: str) -> None:
    bench = service()
    status = (await bench.http.get(probe)).status_code
    assert bench.spans.get_finished_spans() == ()
    assert counted(bench.service.metrics, "http_requests_total", method="GET", route=probe, status=str(status)) == 1


async def test_the_ping_of_a_rally_is_below_it() -> None:
    bench = service()
    told = (await bench.http.get("/rally")).json()
    request, ping, rally = bench.spans.get_finished_spans()
    assert (request.kind, rally.kind) == (SpanKind.CLIENT, SpanKind.SERVER)
    assert request.parent is not None
    assert ping.parent is not None
    assert (request.parent.span_id, ping.parent.span_id) == (ping.context.span_id, rally.context.span_id)
    assert told["trace_id"] == f"{rally.context.trace_id:032x}"


async def test_a_crash_is_counted_and_still_a_crash() -> None:
    async def broken(_: Scope, __: Receive, ___: Send) -> None:
        raise RuntimeError("broken")

    async def nothing(*_: object) -> None: ...

    metrics = Metrics()
    observer = Observer(broken, ["/ping"], metrics, log_requests=False)
    scope = {"type": "http", "method": "GET", "path": "/ping", "scheme": "http", "headers": []}
    with pytest.raises(RuntimeError, match="broken"):
        await observer(scope, nothing, nothing)  # type: ignore[arg-type]
    assert counted(metrics, "http_requests_total", method="GET", route="/ping", status="500") == 1


@pytest.mark.parametrize(("wanted", "lines"), [(False, 0), (True, 1)])
async def test_requests_are_logged_if_wanted_and_probes_never(
    wanted: bool, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pingpong")
    http = service(log_requests=wanted).http
    await http.get("/ping")
    await http.get("/live")
    assert [record.getMessage() for record in caplog.records] == ["request"] * lines
