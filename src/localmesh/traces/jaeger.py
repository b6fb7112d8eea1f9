"""Jaeger beside a mesh, if it is installed: its command, its configuration and its page.

It accepts spans on a Unix socket in the state folder, which no other user can open; its page is on loopback.
Version 2 is configured as an OpenTelemetry collector: https://www.jaegertracing.io/docs/2.20/deployment/configuration/
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localmesh.files import make_folder, write
from localmesh.pods.ports import LOCALHOST, any_port, is_free
from localmesh.pods.process import Program
from localmesh.pods.programs import base_environment
from localmesh.state import StateFolder
from localmesh.traces.collector import Collector, wanted

PROGRAM = "jaeger"
PAGE_PORT = 16686
MOST_TRACES = 10_000


@dataclass(frozen=True, slots=True)
class Jaeger:
    """A Jaeger of one mesh."""

    program: Program
    page: str
    """URL of its page."""
    socket: Path
    """Unix socket on which it accepts spans."""

    @property
    def collector(self) -> Collector:
        """Jaeger as a collector."""
        return Collector(f"unix:{self.socket}", grpc=True)


def find(environ: Mapping[str, str]) -> Path | None:
    """Return Jaeger's binary if it is installed and spans may be forwarded, else None."""
    found = shutil.which(PROGRAM, path=environ.get("PATH")) if wanted(environ) else None
    return Path(found) if found else None


def jaeger(binary: Path, folder: StateFolder, environ: Mapping[str, str]) -> Jaeger:
    """Write Jaeger's configuration into the state folder, and return Jaeger."""
    own = make_folder(folder.jaeger)
    config, spans = own / "config.json", own / "spans.sock"
    port = PAGE_PORT if is_free(PAGE_PORT) else any_port()
    write(config, json.dumps(configuration(spans, port)))
    command = (str(binary), f"--config=file:{config}")
    program = Program(PROGRAM, command, base_environment(folder, PROGRAM, environ), own / "jaeger.log", own)
    return Jaeger(program, f"http://{LOCALHOST}:{port}", spans)


def configuration(spans: Path, port: int) -> dict[str, object]:
    """Return the configuration: OTLP from a Unix socket, traces in memory, the page on loopback, and nothing else."""
    return {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            # Its own metrics would take one more port.
            "telemetry": {"metrics": {"level": "none"}},
        },
        "extensions": {
            "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": MOST_TRACES}}}},
            "jaeger_query": {
                "storage": {"traces": "memory"},
                "http": {"endpoint": f"{LOCALHOST}:{port}"},
                "grpc": {"endpoint": f"{LOCALHOST}:{any_port()}"},
            },
        },
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": str(spans), "transport": "unix"}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
    }
