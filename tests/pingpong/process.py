"""Runs the real program, and waits for facts about it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

WITHIN = 20.0


def until(fact: Callable[[], bool], what: str) -> None:
    """Return as soon as a fact holds."""
    deadline = monotonic() + WITHIN
    while not fact():
        assert monotonic() < deadline, f"{what} within {WITHIN:g} s"
        sleep(0.01)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(**knobs: object) -> dict[str, str]:
    """Return an environment with these settings and nothing else of the kind."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PINGPONG_")}
    return kept | {f"PINGPONG_{name.upper()}": str(value) for name, value in knobs.items()}


def finish(*arguments: str, **knobs: object) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    command = [sys.executable, "-m", "pingpong", *arguments]
    return subprocess.run(
        command, env=environment(**knobs), capture_output=True, text=True, timeout=WITHIN, check=False
    )


@dataclass(frozen=True, slots=True)
class Running:
    """The program, while it runs."""

    process: subprocess.Popen[str]
    folder: Path

    def client(self, name: str = "http") -> httpx.Client:
        """Return a client of one of its sockets."""
        transport = httpx.HTTPTransport(uds=str(self.folder / f"{name}.sock"))
        return httpx.Client(transport=transport, base_url="http://service.test", timeout=WITHIN)

    def get(self, path: str, name: str = "http", **headers: str) -> httpx.Response:
        """Ask it once."""
        with self.client(name) as client:
            return client.get(path, headers=headers)

    def events(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]

    def logged(self, event: str) -> bool:
        """Whether it has logged an event."""
        return f'"event": "{event}"' in (self.folder / "log").read_text()

    def end(self) -> int:
        """Send SIGTERM, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN)


@contextmanager
def running(folder: Path, **knobs: object) -> Iterator[Running]:
    """Run the program on sockets in a folder, and end it in any case."""
    variables = environment(**({"sockets": folder, "drain": 0} | knobs))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pingpong"], env=variables, stdout=log, stderr=subprocess.STDOUT, text=True
        )
    found = Running(process, folder)
    try:
        until(lambda: found.logged("started") or process.poll() is not None, "the service did not start")
        assert process.poll() is None, (folder / "log").read_text()
        yield found
    finally:
        process.kill()
        process.wait()
