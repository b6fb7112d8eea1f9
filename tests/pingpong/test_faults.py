"""The faults that can be asked for, and that they stay where they belong."""

import pytest
from fastapi import HTTPException

from pingpong.faults import fault

from .build import service, settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("rate", "chance", "fails"), [(0, 0.0, False), (0.5, 0.49, True), (0.5, 0.5, False), (1, 0.99, True)]
)
async def test_a_share_of_requests_fails(rate: float, chance: float, fails: bool) -> None:
    suffer = fault(settings(faults=True, fault_error_rate=rate), lambda: chance)
    if fails:
        with pytest.raises(HTTPException, match="500"):
            await suffer()
    else:
        await suffer()


async def test_only_pings_fail() -> None:
    http = service(faults=True, fault_error_rate=1).http
    assert (await http.get("/ping")).status_code == 500
    assert (await http.get("/live")).status_code == 200
    assert (await http.get("/rally")).json()["outcome"] == "ok"


async def test_a_ping_is_answered_late() -> None:
    bench = service(faults=True, fault_delay=0.05)
    assert (await bench.http.get("/ping")).text == "pong"
    duration = bench.service.metrics.registry.get_sample_value(
        "http_request_duration_seconds_sum", {"method": "GET", "route": "/ping"}
    )
    assert duration is not None
    assert duration >= 0.05


async def test_it_is_never_ready() -> None:
    bench = service(faults=True, fault_unready=True, target="")
    async with bench.service.api.router.lifespan_context(bench.service.api):
        assert (await bench.http.get("/ready")).status_code == 503
        assert (await bench.http.get("/ping")).status_code == 200
