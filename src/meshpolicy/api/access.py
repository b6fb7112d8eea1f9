"""Who may call whom: every access that is granted."""

from meshpolicy.analysis import access
from meshpolicy.analysis.words import access_words
from meshpolicy.api.manifests import Manifests, cluster_of
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.record import record


@record
class Access:
    """Requests that some clients may make of one port by one grant."""

    server: Ref
    """The workload that is called."""
    port: int
    client: str
    """`NAMESPACE/ACCOUNT`, `any meshed client`, `anyone` …, in the words of `meshpolicy list`."""
    requests: str
    """`GET /ping, POST /admin/*`, `every request` …"""
    by: Ref
    """The object that grants the access, or what Linkerd grants by itself."""
    routes: tuple[Ref, ...]
    """The routes that the requests meet."""
    unmeshed: bool
    """Whether a client without mesh identity gets in."""
    unknown: str
    """Why it is unknown whether this is granted; empty if it is known."""

    def __str__(self) -> str:
        doubt = f" (unknown: {self.unknown})" if self.unknown else ""
        return f"{self.client} -> {self.server.namespaced_name}:{self.port}  {self.requests}{doubt}"


def accesses(manifests: Manifests) -> tuple[Access, ...]:
    """List every granted access, and every port for which it is unknown who may call it.

    Args:
        manifests: what `read` returned.

    Returns:
        One value for each port, grant and client of the grant. Access that NetworkPolicies block is left out.

    Raises:
        InvalidInput: a cluster would refuse some of the manifests.

    """
    cluster = cluster_of(manifests)
    return tuple(public(one, cluster.settings) for one in access.accesses(cluster) if not one.blocked)


def public(found: access.Access, settings: MeshSettings) -> Access:
    """Return an access in words."""
    _, port, client, requests = access_words(found, settings)
    routes = tuple(route for route in found.routes if route.is_object)
    return Access(found.server, int(port), client, requests, found.by, routes, found.unmeshed, found.unknown)
