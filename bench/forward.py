"""Two bare Envoys in a row that only forward HTTP: the price of any proxy, as a yardstick for a pair of sidecars."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

BINARY = str(files("envoy") / "_bin" / "envoy")
OPTIONS = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "off")
FIRST, SECOND = "first.sock", "second.sock"
_TYPE = "type.googleapis.com/envoy.extensions.filters"


def _pipe(path: Path) -> dict[str, Any]:
    return {"pipe": {"path": str(path)}}


def _configuration(listens: Path, leads: Path) -> dict[str, Any]:
    manager = {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bare",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "next", "timeout": "0s"}}],
                }
            ]
        },
        "http_filters": [
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{_TYPE}.http.router.v3.Router"}}
        ],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    endpoint = {"endpoint": {"address": _pipe(leads)}}
    cluster = {
        "name": "next",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "next", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    listener = {"name": "bare", "address": _pipe(listens), "filter_chains": [chain]}
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


@contextmanager
def forwarding(folder: Path, app: Path) -> Iterator[Path]:
    """Run both in front of an app's socket until the block ends; yield where the first one listens."""
    pairs = {FIRST: folder / SECOND, SECOND: app}
    running = []
    try:
        for listens, leads in pairs.items():
            file = folder / f"{listens}.json"
            file.write_text(json.dumps(_configuration(folder / listens, leads)))
            running.append(subprocess.Popen([BINARY, "--config-path", file, *OPTIONS]))
        yield folder / FIRST
    finally:
        for process in running:
            process.kill()
            process.wait()
