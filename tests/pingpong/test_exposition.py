"""How metrics are read."""

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from pingpong.exposition import exposition
from pingpong.metrics import Metrics
from pingpong.outcome import Outcome, Ping

pytestmark = pytest.mark.anyio


def scraper() -> httpx.AsyncClient:
    """Return a client of metrics that hold one ping."""
    metrics = Metrics()
    metrics.ping(Ping("http://t/", Outcome.OK, 200, 0.002, "f" * 32), {"trace_id": "f" * 32})
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(exposition(metrics.registry)), base_url="http://service.test"
    )


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("garbage;;q=,version", "text/plain"),
        ("text/plain;version=0.0.4", "text/plain"),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text"),
    ],
)
async def test_the_format_is_the_scrapers_choice(accept: str, content_type: str) -> None:
    answer = await scraper().get("/metrics", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == content_type
    assert 'pingpong_pings_total{outcome="ok",target="http://t/"} 1.0' in answer.text


async def test_openmetrics_carries_exemplars() -> None:
    answer = await scraper().get("/metrics", headers={"accept": "application/openmetrics-text"})
    families = {one.name: one for one in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    (pings,) = [one for one in families["pingpong_pings"].samples if one.name == "pingpong_pings_total"]
    assert pings.exemplar.labels == {"trace_id": "f" * 32}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("HEAD", "/metrics", 200), ("POST", "/metrics", 405), ("GET", "/", 404), ("GET", "/ping", 404)],
)
async def test_there_is_nothing_else(method: str, path: str, status: int) -> None:
    assert (await scraper().request(method, path)).status_code == status
