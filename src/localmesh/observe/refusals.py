"""Refused requests, each with the object that refused it."""

from collections import OrderedDict, deque
from collections.abc import Callable

from localmesh.control.refusals import Noted, Refusal, explained, explained_stream
from localmesh.observe.entry import Entry
from localmesh.observe.parties import Party
from localmesh.observe.views import RefusalView
from localmesh.pods.pod import Pod
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

KEPT = 200
NOT_KNOWN = "the manifests do not tell what refused it"
EXPLAINED = 1000
"""Most cached explanations."""


def explain(cluster: Cluster, workload: Workload, entry: Entry) -> Refusal | None:
    """Return the explanation of a request that a sidecar refused; None if it is unknown."""
    policy = effective(cluster, workload, entry.port).taken_to_hold()
    noted = Noted(entry.details, entry.route, entry.identity, entry.peer, entry.request)
    return explained(policy, noted) if entry.method else explained_stream(policy, noted)


class Refusals:
    """The latest refusals. Cached explanations are dropped when the manifests change."""

    def __init__(self, relative: Callable[[str], str] = str) -> None:
        self.latest: deque[RefusalView] = deque(maxlen=KEPT)
        self._relative = relative
        self._known: OrderedDict[tuple[object, ...], Refusal | None] = OrderedDict()
        self._cluster: Cluster | None = None
        self._count = 0

    def add(self, entry: Entry, ends: tuple[Party, Party], port: str, cluster: Cluster, server: Pod) -> RefusalView:
        """Record a refusal; return it with the object that refused it."""
        if cluster is not self._cluster:
            self._known.clear()
            self._cluster = cluster
        source, destination = ends
        found = self._explained(entry, cluster, server)
        self._count += 1
        view = RefusalView(
            number=self._count,
            time=entry.ended,
            source=source.name,
            client_id=entry.identity,
            destination=destination.name,
            port=port,
            request=entry.request,
            verdict=entry.verdict,
            status=entry.status,
            rule=found.rule if found else "",
            place=self._relative(found.place) if found else "",
            reasons=tuple(map(self._relative, found.reasons)) if found else (NOT_KNOWN,),
        )
        self.latest.append(view)
        return view

    def _explained(self, entry: Entry, cluster: Cluster, server: Pod) -> Refusal | None:
        key = (server.workload, entry.port, entry.peer, entry.identity, entry.request, entry.details, entry.route)
        if key not in self._known:
            workload = next((found for found in cluster.workloads if found.ref == server.workload), None)
            self._known[key] = explain(cluster, workload, entry) if workload else None
            if len(self._known) > EXPLAINED:
                self._known.popitem(last=False)
        return self._known[key]
