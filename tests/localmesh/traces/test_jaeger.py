"""Jaeger beside a mesh: found on the PATH, started on a private socket, and given the spans."""

import asyncio
import json
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

import grpc
import pytest

from localmesh.pods.ports import LOCALHOST
from localmesh.pods.spans import SpanSender
from localmesh.state import StateFolder
from localmesh.supervisor.spans import Spans
from localmesh.traces.jaeger import PAGE_PORT, find, jaeger
from localmesh.until import until

from ...onpath import stand_in
from .test_otlp import one_span

STAND_IN = """
import json, os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path[:0] = json.loads(PATHS)
import grpc
here = Path(__file__).parent
config = json.loads(Path(sys.argv[1].removeprefix("--config=file:")).read_text())
listen = config["receivers"]["otlp"]["protocols"]["grpc"]
assert listen["transport"] == "unix"
def export(body, context):
    with (here / "taken").open("ab") as taken:
        taken.write(body.hex().encode() + b"\\n")
    return b""
service = "opentelemetry.proto.collector.trace.v1.TraceService"
handler = grpc.unary_unary_rpc_method_handler(export)
server = grpc.server(ThreadPoolExecutor(1))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": handler})])
server.add_insecure_port("unix:" + listen["endpoint"])
server.start()
(here / "pid").write_text(str(os.getpid()))
server.wait_for_termination()
"""
"""A program that takes spans as Jaeger does, where its configuration says."""


def installed(folder: Path) -> dict[str, str]:
    """Put a stand-in on a PATH; return the environment."""
    tools = folder / "tools"
    tools.mkdir()
    paths = [str(Path(grpc.__file__).parents[1])]
    stand_in(tools, "jaeger", STAND_IN.replace("PATHS", repr(json.dumps(paths))))
    return {"PATH": str(tools)}


def state(folder: Path) -> StateFolder:
    """Return a state folder that is there."""
    (folder / "s").mkdir(mode=0o700)
    return StateFolder(folder / "s")


@pytest.mark.parametrize(
    ("more", "found"), [({}, True), ({"OTEL_TRACES_EXPORTER": "none"}, False), ({"PATH": "/nowhere"}, False)]
)
def test_a_jaeger_is_taken_from_the_path_unless_no_exporter_is_wanted(
    more: dict[str, str], found: bool, short_path: Path
) -> None:
    assert (find(installed(short_path) | more) is not None) is found


def test_only_the_user_can_open_what_it_listens_on_and_its_page_is_on_loopback(short_path: Path) -> None:
    made = jaeger(Path("/opt/jaeger"), state(short_path), {"PATH": "/bin", "AWS_SECRET": "x"})
    config_file = Path(made.program.command[1].removeprefix("--config=file:"))
    config = json.loads(config_file.read_text())

    assert made.program.command[0] == "/opt/jaeger"
    assert config_file.parent.stat().st_mode & 0o777 == 0o700
    assert config["receivers"]["otlp"]["protocols"] == {"grpc": {"endpoint": str(made.socket), "transport": "unix"}}
    assert made.page == f"http://{config['extensions']['jaeger_query']['http']['endpoint']}"
    assert made.page.startswith(f"http://{LOCALHOST}:")
    assert "AWS_SECRET" not in made.program.environment


def test_its_page_gets_another_port_where_the_usual_one_is_taken(short_path: Path) -> None:
    with socket.socket() as taken:
        with suppress(OSError):  # somebody else may have it, which is just as well
            taken.bind((LOCALHOST, PAGE_PORT))
        made = jaeger(Path("/opt/jaeger"), state(short_path), {})
    assert made.page != f"http://{LOCALHOST}:{PAGE_PORT}"


def test_the_spans_of_a_mesh_reach_it_also_after_it_was_killed(short_path: Path) -> None:
    environ = installed(short_path)
    taken, pid = (short_path / "tools" / name for name in ("taken", "pid"))

    async def main() -> None:
        spans = Spans(state(short_path), environ, lambda *_: None)
        async with spans.running():
            spans.take(SpanSender("ponger-0", sidecar=False), one_span())
            await until(taken.exists, within=60, what="Jaeger got no spans")
            first = int(pid.read_text())
            taken.unlink()
            os.kill(first, signal.SIGKILL)
            await until(lambda: pid.read_text() != str(first), within=60, what="Jaeger did not come back")
            spans.take(SpanSender("ponger-0", sidecar=False), one_span())
            await until(taken.exists, within=60, what="the new Jaeger got no spans")
        assert spans.store.received == 2
        assert spans.page.startswith("http://127.0.0.1:")

    asyncio.run(main())


def test_a_mesh_goes_on_without_a_jaeger_that_cannot_start(short_path: Path) -> None:
    broken = short_path / "jaeger"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o700)

    async def main() -> None:
        spans = Spans(state(short_path), {"PATH": str(short_path)}, lambda *_: None)
        async with spans.running():
            spans.take(SpanSender("ponger-0", sidecar=False), one_span())
        assert spans.store.spans == 1

    asyncio.run(main())
