"""One pod of the mesh, with its address, its processes and its xDS server."""

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
    """The pod template it was created from."""
    secret: str
    """Password that its apps send to its sidecar; a new one for every pod."""
    tokens: Mapping[bool, str]
    """Bearer tokens for spans: of its sidecar (True) and of its apps (False)."""
    _resources: PodResources
    _held: Held
    _network: NodeNetwork

    async def start(self) -> None:
        """Start the xDS server, then the sidecar; the apps start once the sidecar listens."""
        await self.discovery.start()
        await self.runner.start()

    async def stop(self) -> None:
        """Stop the pod gracefully: requests in flight are finished."""
        await self.runner.stop()
        await self._leave()

    async def halt(self, grace: float) -> None:
        """Stop the pod at once, because the whole mesh stops."""
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
        """Return the current resource of its sidecar, or None if there is none of this name."""
        return self._resources.resource(kind, name)


def admit(group: Group, name: str, writer: PodWriter, network: NodeNetwork, on_change: Callable[[], None]) -> Member:
    """Create a pod of a workload, and reserve its address and ports. None of its processes runs yet."""
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
