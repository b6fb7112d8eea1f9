"""Keeps what was joined for a cluster: its attachments, and each namespace's authorizer and Servers. Pure."""

from meshpolicy.index.attach import Attachments
from meshpolicy.index.authorize import Authorizer
from meshpolicy.index.servers import ServerIndex
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.objects import Server
from meshpolicy.kinds.workload import Workload


def attachments(cluster: Cluster) -> Attachments:
    """Return the routes and rate limits by Server."""
    found = cluster.joined.get("attachments")
    if not isinstance(found, Attachments):
        found = cluster.joined["attachments"] = Attachments(cluster)
    return found


def authorizer(cluster: Cluster, namespace: str) -> Authorizer:
    """Return the resolved policies of a namespace."""
    key = f"authorizer/{namespace}"
    found = cluster.joined.get(key)
    if not isinstance(found, Authorizer):
        found = cluster.joined[key] = Authorizer(cluster, namespace)
    return found


def server_index(cluster: Cluster, namespace: str) -> ServerIndex:
    """Return the Servers of a namespace."""
    key = f"servers/{namespace}"
    found = cluster.joined.get(key)
    if not isinstance(found, ServerIndex):
        found = cluster.joined[key] = ServerIndex(cluster.space(namespace))
    return found


def governing(cluster: Cluster, workload: Workload, port: int) -> Server | None:
    """Return the Server that governs a port, if one does."""
    return next(server_index(cluster, workload.ref.namespace).claiming(workload, port), None)
