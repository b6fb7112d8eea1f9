"""The resources of one pod's sidecar: its own listeners and secrets, and the destinations that it requests."""

from collections.abc import Iterable

from localmesh.control.endpoints import Directory
from localmesh.envoy import clusters, secrets
from localmesh.envoy.endpoints import endpoints
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from localmesh.identity.credentials import Credentials
from localmesh.pods.pod import Pod


class PodResources:
    """The current resources of one pod's sidecar (a `localmesh.xds.stream.ResourceSource`)."""

    def __init__(self, pod: Pod, credentials: Credentials) -> None:
        self._pod = pod
        self._credentials = credentials
        self._own: dict[tuple[Kind, str], Resource] = {}
        self._directory = Directory(())

    def update(self, own: Iterable[Resource], directory: Directory) -> bool:
        """Take resources and directory from new manifests; return whether the pod's own resources changed."""
        before = self._own
        self._own = {(resource.kind, resource.name): resource for resource in own}
        self._directory = directory
        return self._own != before

    def names(self, kind: Kind) -> Iterable[str]:
        """Return the names of the resources of a kind that the sidecar receives without requesting them."""
        return [name for own, name in self._own if own is kind]

    def resource(self, kind: Kind, name: str) -> Resource | None:
        """Return a resource, or None if there is none of this name."""
        if found := self._own.get((kind, name)):
            return found
        match kind:
            case Kind.CLUSTER if self._directory.knows(self._pod, name):
                return clusters.on_demand(self._pod, name)
            case Kind.ENDPOINTS:
                return endpoints(name, self._directory.endpoints(self._pod, name))
            case Kind.SECRET:
                return self._secret(name)
            case _:
                return None

    def _secret(self, name: str) -> Resource | None:
        held = self._credentials.held.get(self._pod.name)
        match name:
            case secrets.TRUST:
                return secrets.trust([self._credentials.authority.anchor.pem])
            case secrets.IDENTITY if held:
                return secrets.certificate(held.identity)
            case secrets.SERVER if held and held.server:
                return secrets.certificate(held.server, secrets.SERVER)
            case _:
                return None
