"""The tables of the documentation."""

import pytest

from pingpong import reference


@pytest.mark.parametrize(
    "row",
    [
        "| `pingpong_pings_total` | counter | `outcome`, `target` |",
        "| `pingpong_ping_duration_seconds` | histogram | `target` |",
        "| `http_requests_total` | counter | `method`, `route`, `status` |",
        "| `http_request_duration_seconds` | histogram | `method`, `route` |",
        "| `pingpong_build_info` | gauge | `python`, `version` |",
        "| `process_resident_memory_bytes` | gauge |  |",
    ],
)
def test_a_metric_is_told_with_its_type_and_labels(row: str) -> None:
    assert row in reference.metrics()


def test_a_setting_is_told_with_its_default() -> None:
    assert "| `PINGPONG_PORT` | `8080` | a port from 1 to 65535 | The port for HTTP. |\n" in reference.settings()
    assert "| `PINGPONG_FAULTS` | `false` | true or false |" in reference.settings()
    assert "| `PINGPONG_TARGET` |  |" in reference.settings()


def test_a_bar_does_not_end_a_cell() -> None:
    assert reference.table(["a"], [["b|c"]]) == "| a |\n| --- |\n| b\\|c |\n"
