"""Lines of the sidecars' logs are found by the pod and the trace ID, whatever else is written."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from localmesh.logs import trim
from localmesh.verify.accesslog import AccessLogs
from localmesh.verify.cell import traceparent

NOW = datetime.now(UTC) + timedelta(minutes=1)


def write(log: Path, trace: str, route: str, direction: str = "inbound") -> None:
    line = {
        "direction": direction,
        "time": NOW.isoformat(),
        "milliseconds": 1,
        "port": 8080,
        "method": "GET",
        "route": route,
        "traceparent": traceparent(trace),
    }
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")


def wanted(*traces: str) -> set[tuple[str, str]]:
    return {("ponger-0", trace) for trace in traces}


def test_a_line_is_found_by_its_trace_where_it_was_written(tmp_path: Path) -> None:
    log, other = tmp_path / "access.log", tmp_path / "other.log"
    logs = AccessLogs({"ponger-0": log, "pinger-0": other})
    write(log, "a" * 32, "here")
    write(log, "a" * 32, "by its own app", direction="outbound")
    write(other, "a" * 32, "there")
    found = asyncio.run(logs.logged(wanted("a" * 32)))
    assert {line: entry.route for line, entry in found.items()} == {("ponger-0", "a" * 32): "here"}


def test_a_log_that_is_emptied_meanwhile_loses_nothing(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    write(log, "0" * 32, "before")
    logs = AccessLogs({"ponger-0": log})
    write(log, "b" * 32, "first")
    assert len(asyncio.run(logs.logged(wanted("b" * 32)))) == 1
    write(log, "c" * 32, "second")
    trim([log], longest=1)
    write(log, "d" * 32, "third")
    found = asyncio.run(logs.logged(wanted("b" * 32, "c" * 32, "d" * 32)))
    assert sorted(entry.route for entry in found.values()) == ["first", "second", "third"]


def test_what_is_never_written_is_not_waited_for_without_end(tmp_path: Path) -> None:
    logs = AccessLogs({"ponger-0": tmp_path / "none"})
    assert asyncio.run(logs.logged(wanted("e" * 32), within=0.1)) == {}
