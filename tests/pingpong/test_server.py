"""The whole program: two of them play, are watched, and leave politely."""

import signal
import socket
from pathlib import Path
from time import monotonic

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from .process import WITHIN, free_port, running, until

OPENMETRICS = "application/openmetrics-text"


def test_a_pinger_plays_with_a_ponger_over_ports(folder: Path) -> None:
    (folder / "ponger").mkdir()
    (folder / "pinger").mkdir()
    port, metrics = free_port(), free_port()
    tcp = {"sockets": "", "host": "127.0.0.1", "port": port, "metrics_port": metrics}
    target = f"http://127.0.0.1:{port}/ping"
    with (
        running(folder / "ponger", name="ponger", **tcp),
        running(folder / "pinger", name="pinger", target=target, interval=0.05) as pinger,
    ):
        until(lambda: pinger.logged("ping"), "nothing was pinged")
        told = pinger.get("/rally").json()
        assert (told["outcome"], told["status"], told["target"]) == ("ok", 200, target)
        scraped = httpx.get(f"http://127.0.0.1:{metrics}/metrics", headers={"accept": OPENMETRICS}).text
        families = {one.name: one for one in text_string_to_metric_families(scraped)}  # type: ignore[no-untyped-call]
        pings = [one for one in families["http_requests"].samples if one.labels.get("route") == "/ping"]
        assert pings[0].value >= 2
        assert pinger.end() == 0
        events = pinger.events()
    names = [one["event"] for one in events]
    assert (names[0], names[-1], set(names)) == ("started", "stopped", {"started", "ping", "stopping", "stopped"})
    # The ping that is under way is finished first, and told.
    assert names[names.index("stopping") :] in (["stopping", "stopped"], ["stopping", "ping", "stopped"])
    assert all({"time", "level", "event"} <= set(one) for one in events)
    traces = [one["trace_id"] for one in events if one["event"] == "ping"]
    assert all(len(trace) == 32 for trace in traces)
    assert told["trace_id"] in traces
    assert any(trace in scraped for trace in traces), "no exemplar names a trace of the pinger"


def test_a_request_in_flight_is_finished(folder: Path) -> None:
    with running(folder, faults="true", fault_delay=1) as service, socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(folder / "http.sock"))
        caller.sendall(b"GET /ping HTTP/1.1\r\nHost: service.test\r\n\r\n")
        # Both came on one socket, in this order: what is answered now was read after the ping.
        assert service.get("/live").status_code == 200
        assert service.end() == 0
        caller.settimeout(WITHIN)
        answer = b"".join(iter(lambda: caller.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"pong")
    assert [path.name for path in folder.iterdir()] == ["log"]


def test_it_is_unready_before_it_stops_listening(folder: Path) -> None:
    with running(folder, drain=30) as service, service.client() as kept:
        assert kept.get("/ready").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        until(lambda: service.logged("stopping"), "the signal was not noticed")
        assert kept.get("/ready").status_code == 503
        assert service.get("/ready").status_code == 503
        assert service.get("/ping").text == "pong"
        assert service.get("/metrics", "metrics").status_code == 200


def test_a_second_signal_ends_it_at_once(folder: Path) -> None:
    with running(folder, drain=600) as service:
        service.process.send_signal(signal.SIGTERM)
        until(lambda: service.logged("stopping"), "the signal was not noticed")
        began = monotonic()
        assert service.end() == -signal.SIGTERM
        assert monotonic() - began < 2


def test_an_idle_connection_does_not_hold_up_the_end(folder: Path) -> None:
    with running(folder) as service, service.client() as kept:
        assert kept.get("/ping").status_code == 200
        assert service.end() == 0


def test_a_pinger_ends_although_its_target_hangs(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        target = f"http://127.0.0.1:{hanging.getsockname()[1]}/"
        with running(folder, target=target, timeout=0.3, interval=0.01) as service:
            until(lambda: service.logged("ping"), "the ping did not time out")
            assert service.events()[1]["outcome"] == "timeout"
            assert service.end() == 0


def test_a_collector_that_is_not_there_costs_one_warning(folder: Path) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    with running(folder, otlp_endpoint=endpoint) as service:
        assert service.get("/ping").text == "pong"
        assert service.end() == 0
        events = service.events()
    (warning,) = [one for one in events if one["level"] != "info"]
    assert (warning["event"], warning["lost"], warning["to"]) == ("spans lost", 1, endpoint)


def test_strange_paths_are_one_line_each_and_one_series(folder: Path) -> None:
    paths = ("/a%0Ab", "/%1b%5b2J", "/" + "x" * 5000)
    with running(folder, log_requests="true") as service:
        assert [service.get(path).status_code for path in paths] == [404] * 3
        assert service.get("/metrics", "metrics").text.count("http_requests_total{") == 1
        assert [one["event"] for one in service.events()] == ["started", *["request"] * 3]
