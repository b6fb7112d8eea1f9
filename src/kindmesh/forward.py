"""A tunnel to a pod's port: it ends at the pod's loopback, which no policy guards, so it needs the cluster's admin."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from kindmesh.errors import CommandFailed
from kindmesh.kube import Kube

BOUND = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@contextmanager
def forward(kube: Kube, namespace: str, target: str, port: int, local: int = 0) -> Iterator[str]:
    """Open a tunnel, and close it at the end; gives the address on this machine."""
    command = ("kubectl", "--context", kube.context, "-n", namespace, "port-forward", target, f"{local or ''}:{port}")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None  # noqa: S101 it was asked for above
    try:
        line = process.stdout.readline()
        found = BOUND.match(line)
        if not found:
            raise CommandFailed(command, line)
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def fetch(url: str) -> Any:
    """Return the JSON behind an address of a tunnel."""
    with urlopen(url, timeout=15) as answer:  # noqa: S310 always http to this machine's own tunnel
        return json.load(answer)
