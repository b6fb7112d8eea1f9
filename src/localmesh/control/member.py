"""One pod of the mesh, with all that belongs to it: its address, its processes, and its line to the control plane."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe

from localmesh.control.podwriter import PodWriter
from localmesh.control.resources import PodResources
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from localmesh.pods.addresses import to_loopback
from localmesh.pods.network import Held, NodeNetwork
from localmesh.pods.plan import Group
from localmesh.pods.runner import Runner
from localmesh.pods.spans import token
from localmesh.xds.server import Discovery


@dataclass(frozen=True, slots=True)
class Member:
    """A pod that was admitted."""

    runner: Runner
    discovery: Discovery
    template: tuple[object, ...]
    """What it was made from."""
    secret: str
    """What its apps show its sidecar; a new one for every pod."""
    tokens: Mapping[bool, str]
    """What its sidecar (True) and its apps (False) show with their spans."""
    _resources: PodResources
    _held: Held
    _network: NodeNetwork

    async def start(self) -> None:
        """Start the line, then the sidecar; the apps follow."""
        await self.discovery.start()
        await self.runner.start()

    async def stop(self) -> None:
        """End in order, finishing what is in flight."""
        await self.runner.stop()
        await self._leave()

    async def halt(self, grace: float) -> None:
        """End at once: the whole mesh ends."""
        try:
            await self.runner.halt(grace)
        finally:
            await self._leave()

    async def _leave(self) -> None:
        await self.discovery.stop()
        self._network.release(self._held)
        shutil.rmtree(self.runner.pod.folder, ignore_errors=True)

    def learn(self, group: Group, writer: PodWriter) -> bool:
        """Take in what new manifests say of it, and return whether that is new; `discovery.tell` passes it on."""
        return self._resources.update(writer.resources(group, self.runner.pod, self.secret), writer.directory)

    def resource(self, kind: Kind, name: str) -> Resource | None:
        """Return what its sidecar is told now."""
        return self._resources.resource(kind, name)


def admit(group: Group, name: str, writer: PodWriter, network: NodeNetwork, on_change: Callable[[], None]) -> Member:
    """Make a pod of a workload; its address and its ports are held from now on. Nothing of it runs yet."""
    ports = [port.number for container in group.containers for port in container.ports if port.protocol == "TCP"]
    held = network.hold(name, ports)
    pod = group.pod(name, held.address)
    secret = token_urlsafe(24)
    writer.prepare(pod, secret)
    resources = PodResources(pod, writer.credentials)
    runner = Runner(pod, writer.programs(group, pod, secret), to_loopback(network.node), on_change)
    tokens = {True: token(secret, writer.key), False: token(secret)}
    member = Member(
        runner, Discovery(pod.control_plane, resources), group.template, secret, tokens, resources, held, network
    )
    member.learn(group, writer)
    return member
