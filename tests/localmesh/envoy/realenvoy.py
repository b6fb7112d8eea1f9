"""A pod's real Envoy: started, told what it needs by a real control plane, asked as the pod's app would, and ended."""

import asyncio
import json
import socket
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any

import httpx

from localmesh.cases.resources import CaseResources, identity
from localmesh.envoy.bootstrap import bootstrap
from localmesh.envoy.command import command
from localmesh.envoy.endpoints import Destination, Endpoint, LocalEndpoint
from localmesh.envoy.inbound import InboundPort
from localmesh.envoy.outbound import USER
from localmesh.envoy.sidecar import proxy_url, sidecar
from localmesh.envoy.wire import Resource
from localmesh.files import make_folder, write
from localmesh.identity.authority import Authority
from localmesh.pods.pod import OUTBOUND_PORT, Pod
from localmesh.xds.server import Discovery
from meshidentity.certificates import Validity

SECRET = "known-to-the-app-alone"
LIFETIME = timedelta(hours=1)
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak none: to load the authorities of this machine takes each a tenth of a second."""
PATIENCE = 60.0
"""Seconds that a fact may take on a machine that is busy."""


class Background:
    """An event loop of its own thread: the tests themselves wait, and the control plane must not."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something there, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@cache
def background() -> Background:
    """Return the one of this test run."""
    return Background()


def until(fact: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Wait for a fact."""
    end = monotonic() + within
    while not fact():
        assert monotonic() < end, f"{what} within {within} s"
        sleep(0.01)


@dataclass
class Sidecar:
    """A pod and its Envoy, once `run` has started it."""

    pod: Pod
    resources: CaseResources
    discovery: Discovery
    process: subprocess.Popen[bytes] | None = None

    def client(self) -> httpx.Client:
        """Return a client that asks as the pod's app does."""
        return httpx.Client(proxy=proxy_url(self.pod, SECRET), trust_env=False, verify=NO_TLS, timeout=PATIENCE)

    def ask(self, data: bytes) -> bytes:
        """Send bytes to the listener for the pod's own app, and return what comes first."""
        return say(self.pod, OUTBOUND_PORT, data)

    def tunnel(self, target: str, data: bytes) -> bytes:
        """Send bytes through a stream that the sidecar opens, and return what comes first through it."""
        secret = b64encode(f"{USER}:{SECRET}".encode()).decode()
        head = f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\nproxy-authorization: Basic {secret}\r\n\r\n"
        with socket.create_connection((str(self.pod.local), OUTBOUND_PORT), 10) as connection:
            connection.sendall(head.encode())
            opened = first_answer(connection)
            if opened.startswith(b"HTTP/1.1 502 "):
                return b""
            assert opened.startswith(b"HTTP/1.1 200 "), opened
            connection.sendall(data)
            return first_answer(connection)

    def admin(self, path: str) -> str:
        """Ask Envoy's administration interface."""
        connection = HTTPConnection("admin")
        with socket.socket(socket.AF_UNIX) as connection.sock:
            connection.sock.settimeout(10)
            connection.sock.connect(str(self.pod.admin))
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def stat(self, name: str) -> int:
        """Return one of Envoy's counters."""
        found = dict(line.split(": ") for line in self.admin(f"/stats?filter={name}").splitlines())
        return int(found[name])

    def change(self, destination: Destination, *found: Endpoint | LocalEndpoint) -> None:
        """Tell the running sidecar who is behind a destination, and wait until it knows."""
        self.resources.behind[destination] = found
        self.tell()

    def tell(self, *resources: Resource) -> None:
        """Tell the running sidecar of new resources of its own and of whatever else changed; wait until it knows."""
        self.resources.own |= {(resource.kind, resource.name): resource for resource in resources}

        async def tell() -> None:
            self.discovery.tell()
            while not self.discovery.settled:
                await self.discovery.heard()

        background().do(tell())

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of the access log so far."""
        if not self.pod.access_log.exists():
            return []
        return [json.loads(line) for line in self.pod.access_log.read_text().splitlines()]

    def wait_for_log(self, **fields: object) -> dict[str, Any]:
        """Return the last line with these fields, which may take a moment to be written."""
        found: list[dict[str, Any]] = []

        def written() -> bool:
            found[:] = [line for line in self.log() if fields.items() <= line.items()]
            return bool(found)

        until(written, f"no line with {fields} in the access log of {self.pod.name}")
        return found[-1]


def prepare(pod: Pod) -> None:
    """Make a pod's folder."""
    make_folder(pod.app)


def certificate(pod: Pod, authority: Authority) -> tuple[Resource, ...]:
    """Return a new certificate of a pod, and the trust anchor."""
    return identity(authority, authority.issuer.leaf(pod.identity, Validity.lasting(LIFETIME)))


@contextmanager
def run(
    authority: Authority, pod: Pod, ports: Sequence[InboundPort], leads: dict[Destination, tuple[Any, ...]]
) -> Iterator[Sidecar]:
    """Run a pod's Envoy until the block ends; its folder is prepared."""
    resources = CaseResources(
        pod, [*sidecar(pod, ports, SECRET), *(certificate(pod, authority) if pod.meshed else ())], leads
    )
    discovery = Discovery(pod.control_plane, resources)
    found = Sidecar(pod, resources, discovery)
    write(pod.bootstrap, json.dumps(bootstrap(pod)))
    background().do(discovery.start())
    with pod.envoy_log.open("wb") as log, subprocess.Popen(command(pod), stdout=log, stderr=log) as process:
        found.process = process
        try:
            until(lambda: _ready(found), f"Envoy of {pod.name} is not ready")
            assert not (refusals := discovery.refusals()), refusals
            yield found
        finally:
            process.kill()
            background().do(discovery.stop())


def _ready(found: Sidecar) -> bool:
    assert found.process is not None
    assert found.process.poll() is None, found.pod.envoy_log.read_text()
    try:
        return "LIVE" in found.admin("/ready")
    except (FileNotFoundError, ConnectionRefusedError):
        return False


def say(pod: Pod, port: int, data: bytes) -> bytes:
    """Send bytes to a pod's port without any mesh, and return what comes first: nothing if it is closed."""
    with socket.create_connection((str(pod.local), port), 10) as connection:
        connection.sendall(data)
        return first_answer(connection)


def first_answer(connection: socket.socket) -> bytes:
    """Return the first bytes that come; none if the other side closes or resets."""
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
