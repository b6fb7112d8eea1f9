"""A tunnel to a pod's port. It ends at the pod's loopback, where no policy applies, so it needs admin rights."""

import json
import re
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, NoReturn
from urllib.request import urlopen

from kindmesh.errors import CommandFailed
from kindmesh.tools.kube import Kube
from kindmesh.tools.process import first_line, start

BOUND = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Tunnel:
    """An open tunnel."""

    address: str
    """Where it begins, on this machine."""
    command: tuple[str, ...]
    process: subprocess.Popen[str]
    reader: Thread
    last: deque[str]

    def wait(self) -> NoReturn:
        """Wait until the tunnel ends by itself, which is an error: for example, its pod is gone."""
        self.process.wait()
        self.reader.join()
        raise CommandFailed(self.command, "the tunnel ended\n" + "".join(self.last))


@contextmanager
def forward(kube: Kube, namespace: str, target: str, port: int, local: int = 0) -> Iterator[Tunnel]:
    """Open a tunnel, and close it at the end."""
    command = ("kubectl", "--context", kube.context, "-n", namespace, "port-forward", target, f"{local or ''}:{port}")
    process = start(command, errors=True)
    assert process.stdout is not None  # noqa: S101 `start` asked for it
    last: deque[str] = deque(maxlen=5)
    # kubectl writes a line for each connection: if nobody reads them, the pipe fills and kubectl blocks.
    reader = Thread(target=last.extend, args=(process.stdout,), daemon=True)
    try:
        line = first_line(process, command)
        found = BOUND.match(line)
        if not found:
            raise CommandFailed(command, line)
        reader.start()
        yield Tunnel(f"http://127.0.0.1:{found[1]}", command, process, reader, last)
    finally:
        process.terminate()
        process.wait()
        if reader.is_alive():
            reader.join()
        process.stdout.close()


def fetch(url: str) -> Any:
    """Return the JSON behind an address of a tunnel."""
    with urlopen(url, timeout=15) as answer:  # noqa: S310 always http to this machine's own tunnel
        return json.load(answer)
