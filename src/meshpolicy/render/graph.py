"""A graph of workloads, with a band for each namespace and columns by calls. Pure values; drawn elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.words import access_words, account
from meshpolicy.core.match import IdentityMatch
from meshpolicy.decide.transport import identity_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record
from meshpolicy.render.tables import wrapped

OUTSIDE = ""
"""The band of clients that belong to no namespace: anyone, any meshed client."""
LABEL = 30
"""The maximum number of characters in a line of a label."""


@record
class Node:
    """A workload, or clients without a workload in the manifests."""

    name: str
    namespace: str = OUTSIDE

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(slots=True)
class Edge:
    """The requests that one client may make to one server."""

    client: Node
    server: Node
    lines: list[str] = field(default_factory=list)
    unmeshed: bool = False
    """Whether it needs no mesh identity."""

    @property
    def label(self) -> list[str]:
        """Return all requests, in short lines; nothing is cut off."""
        return [part for line in self.lines for part in wrapped(line, LABEL, indent=" ")]


@record
class Graph:
    """Nodes with their columns, and the edges between them."""

    columns: Mapping[Node, int]
    edges: tuple[Edge, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return the bands from top to bottom, with callers above called workloads as far as possible."""
        places: dict[str, list[int]] = {}
        for node, column in self.columns.items():
            places.setdefault(node.namespace, []).append(column)
        return tuple(sorted(places, key=lambda name: (name != OUTSIDE, sum(places[name]) / len(places[name]), name)))


def graph(cluster: Cluster, found: Iterable[Access]) -> Graph:
    """Return the graph of some accesses."""
    holders: dict[str, list[Node]] = {}
    for workload in cluster.workloads:
        identity = identity_of(cluster, workload)
        if workload.meshed:
            holders.setdefault(identity, []).append(Node(workload.ref.name, workload.ref.namespace))
    edges: dict[tuple[Node, Node], Edge] = {}
    for access in found:
        server = Node(access.server.name, access.server.namespace)
        _, port, _, what = access_words(access, cluster.settings)
        for client in _clients(cluster, access, holders):
            edge = edges.setdefault((client, server), Edge(client, server))
            edge.unmeshed = edge.unmeshed or access.unmeshed
            known = "" if not access.unknown else " (unknown)"
            edge.lines += [line for line in (f":{port} {what}{known}",) if line not in edge.lines]
    return Graph(_columns(edges), tuple(edges.values()))


def _clients(cluster: Cluster, access: Access, holders: Mapping[str, Sequence[Node]]) -> Iterable[Node]:
    """Return the workloads that an access names by their identity, or one node for wider clients."""
    patterns = {pattern for term in access.clients for pattern in term.identities.all_of}
    places = {term.networks for term in access.clients}
    pattern = next(iter(patterns)) if len(patterns) == 1 else None
    if isinstance(pattern, IdentityMatch) and pattern.exact and len(places) == 1 and not next(iter(places)).all_of:
        if pattern.pattern in holders:
            return holders[pattern.pattern]
        namespace, slash, name = account(pattern.pattern, cluster.settings).rpartition("/")
        return (Node(f"account {name}", namespace) if slash and "://" not in namespace else Node(pattern.pattern),)
    return (Node(access_words(access, cluster.settings)[2]),)


def _columns(edges: Mapping[tuple[Node, Node], Edge]) -> dict[Node, int]:
    """Return the length of the longest chain of calls to each node; a cycle is cut at the call that closes it."""
    callers: dict[Node, list[Node]] = {}
    nodes: dict[Node, None] = {}
    for client, server in edges:
        nodes |= {client: None, server: None}
        if client != server:
            callers.setdefault(server, []).append(client)
    found: dict[Node, int] = {}
    for start in nodes:
        stack, open_nodes = [start], set[Node]()
        while stack:
            node = stack[-1]
            waiting = [one for one in callers.get(node, ()) if one not in found and one not in open_nodes]
            if node in found or not waiting:
                done = [found[one] for one in callers.get(node, ()) if one in found]
                found.setdefault(node, max(done, default=-1) + 1)
                open_nodes.discard(stack.pop())
            else:
                open_nodes.add(node)
                stack.append(waiting[0])
    return found
