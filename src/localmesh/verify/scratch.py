"""A copy of one pod's sidecar, beside the mesh that runs: nobody relies on it, so policies may be changed there."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.cases.echo import echo
from localmesh.cases.resources import CaseResources, identity
from localmesh.envoy.bootstrap import bootstrap
from localmesh.envoy.command import command
from localmesh.envoy.inbound import InboundPort
from localmesh.envoy.sidecar import sidecar
from localmesh.envoy.wire import Resource
from localmesh.errors import CommandFailed
from localmesh.files import make_folder, write
from localmesh.identity.authority import Authority
from localmesh.pods import programs
from localmesh.pods.addresses import to_cluster
from localmesh.pods.network import claimed
from localmesh.pods.pod import Pod
from localmesh.pods.probes import sidecar_ready
from localmesh.pods.process import Child, tail
from localmesh.state import StateFolder
from localmesh.until import until
from localmesh.verify.servers import VerifyServer
from localmesh.xds.server import Discovery
from meshidentity.certificates import Validity
from meshpolicy.core.policy import PortPolicy
from meshpolicy.kinds.workload import Workload

NAME = "copy"
SOCKET = "echo.sock"
SECRET = "of-a-copy"  # noqa: S105 no app stands behind it that could go out
START = 60.0
"""Seconds, on a machine that is busy."""
ACCEPTANCE = 10.0


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy that runs."""

    pod: Pod
    resources: CaseResources
    discovery: Discovery
    number: int
    own: tuple[Resource, ...]
    """What it is told whatever the policies say."""

    @property
    def log(self) -> Path:
        """Its access log."""
        return self.pod.access_log

    @property
    def address(self) -> IPv4Address:
        """Where it listens."""
        return self.pod.local

    async def adopt(self, policy: PortPolicy) -> None:
        """Have the sidecar take another policy for its port, and return once it has."""
        self.resources.own = {(one.kind, one.name): one for one in (*_told(self.pod, self.number, policy), *self.own)}
        self.discovery.tell()
        await until(lambda: self.discovery.settled, within=ACCEPTANCE, what="the copy did not take its policy")


def _told(pod: Pod, number: int, policy: PortPolicy) -> tuple[Resource, ...]:
    return tuple(sidecar(pod, [InboundPort(number, pod.app / SOCKET, policy)], SECRET))


@asynccontextmanager
async def copy_of(server: VerifyServer, workload: Workload, authority: Authority) -> AsyncIterator[Copy]:
    """Run a copy of the sidecar before a port, with an app that answers everything; nothing is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="lm-") as folder, claimed() as network:
        held = network.hold(NAME, [server.number])
        try:
            pod = _pod(server, workload, Path(folder), held.address)
            make_folder(pod.app)
            own = identity(authority, authority.issuer.leaf(pod.identity, _lifetime(authority)))
            resources = CaseResources(pod, (*_told(pod, server.number, server.policy), *own), {})
            discovery = Discovery(pod.control_plane, resources)
            async with await echo(pod.app / SOCKET), _running(pod, discovery, Path(folder)):
                yield Copy(pod, resources, discovery, server.number, own)
        finally:
            network.release(held)


def _lifetime(authority: Authority) -> Validity:
    return authority.issuer.validity


def _pod(server: VerifyServer, workload: Workload, folder: Path, address: IPv4Address) -> Pod:
    return Pod(
        name=NAME,
        namespace=workload.ref.namespace,
        service_account=workload.service_account,
        workload=workload.ref,
        address=to_cluster(address),
        local=address,
        labels=workload.labels,
        containers=workload.containers,
        meshed=True,
        identity=server.identity,
        folder=folder / NAME,
    )


@asynccontextmanager
async def _running(pod: Pod, discovery: Discovery, folder: Path) -> AsyncIterator[None]:
    write(pod.bootstrap, json.dumps(bootstrap(pod)))
    child = Child(programs.sidecar(pod, command(pod), StateFolder(folder), os.environ))
    await discovery.start()
    try:
        await child.start()
        try:
            async with asyncio.timeout(START):
                await sidecar_ready(pod.admin)
        except TimeoutError:
            raise CommandFailed("the copy of a sidecar did not become ready", tail(pod.envoy_log)) from None
        yield
    finally:
        await child.stop(grace=0)
        await discovery.stop()
