"""What a sidecar of a case is told: a fixed set of resources, and where each name leads that its app calls."""

from collections.abc import Iterable, Mapping, Sequence

from localmesh.envoy import clusters, secrets
from localmesh.envoy.clusters import authority_of
from localmesh.envoy.endpoints import Destination, Endpoint, LocalEndpoint, endpoints
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from localmesh.identity.authority import Authority
from localmesh.pods.pod import Pod
from meshidentity.certificates import Leaf

Behind = Mapping[Destination, Sequence[Endpoint | LocalEndpoint]]


def identity(authority: Authority, leaf: Leaf) -> tuple[Resource, ...]:
    """Return a pod's certificate and the trust anchor."""
    return secrets.certificate(leaf), secrets.trust([authority.anchor.pem])


class CaseResources:
    """A `localmesh.xds.stream.ResourceSource` whose parts are given."""

    def __init__(self, pod: Pod, own: Iterable[Resource], behind: Behind) -> None:
        self._pod = pod
        self.own = {(resource.kind, resource.name): resource for resource in own}
        self.behind = dict(behind)

    def names(self, kind: Kind) -> Iterable[str]:
        """Return what the sidecar is told of a kind without asking by name."""
        return [name for own, name in self.own if own is kind]

    def resource(self, kind: Kind, name: str) -> Resource | None:
        """Return a resource, or None where there is none of this name."""
        if found := self.own.get((kind, name)):
            return found
        authority = authority_of(name) or ""
        destination = next((found for found in self.behind if authority in found.authorities), None)
        if kind is Kind.ENDPOINTS:
            return endpoints(name, self.behind[destination] if destination else ())
        return clusters.on_demand(self._pod, name) if kind is Kind.CLUSTER and destination else None
