"""One server and its clients on real Envoy, for all tests of this folder that only ask questions."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localmesh.envoy.endpoints import LocalEndpoint
from localmesh.identity.authority import Authority

from .apps import app
from .realenvoy import prepare, run
from .values import at, make_pod
from .world import PORTS, World, destination, hinted, server_ports


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Make a folder whose path leaves room for the names of Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="lm-") as path:
        yield Path(path)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Make the authority of the tests' mesh, old enough to have signed what has expired since."""
    return Authority.create("cluster.local", datetime.now(UTC) - timedelta(days=1))


@pytest.fixture(scope="session")
def world(folder: Path, authority: Authority) -> Iterator[World]:
    """Run the server, its clients and its apps."""
    server, friend, other = (make_pod(folder, name, n) for n, name in enumerate(("server", "friend", "other"), 2))
    stranger = make_pod(folder, "stranger", 5, meshed=False)
    for pod in (server, friend, other, stranger):
        prepare(pod)
    behind = {destination(name): (at(server, port),) for name, port in PORTS.items()}
    behind |= {hinted(name): (replace(at(server, PORTS[name]), opaque=True),) for name in ("http", "unknown")}
    own = {destination(name): (LocalEndpoint(server.app / "http.sock"),) for name in PORTS}
    with ExitStack() as stack:
        stack.enter_context(app(server.app / "http.sock", "server"))
        stack.enter_context(app(server.app / "lines.sock", "lines", lines=True))
        yield World(
            authority,
            stack.enter_context(run(authority, server, server_ports(server), own)),
            stack.enter_context(run(authority, friend, [], behind)),
            stack.enter_context(run(authority, other, [], behind)),
            stack.enter_context(run(authority, stranger, [], behind)),
        )
