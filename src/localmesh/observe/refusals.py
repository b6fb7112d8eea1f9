"""Refused requests, each with the object that refused it: what Envoy did, beside what the manifests say of it."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from localmesh.observe.entry import Entry
from localmesh.observe.parties import Party
from localmesh.observe.views import RefusalView
from localmesh.pods.addresses import to_cluster
from localmesh.pods.pod import Pod
from meshpolicy.analysis.calls import NOT_COMPUTED
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.policy import Ref
from meshpolicy.decide.decide import Decision, Verdict, decide
from meshpolicy.decide.routing import Request
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

KEPT = 200
EXPLAINED = 1000
"""Kinds of refusals of which the explanation is kept."""


LIMITS = "R101"
"""The rule by which a rate limit counts a request."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What refused a request, as far as it is known."""

    rule: str
    place: str
    reasons: tuple[str, ...]


def explain(cluster: Cluster, workload: Workload, entry: Entry) -> Explanation:
    """Return what in the manifests refuses a request that a sidecar has refused.

    The log holds no headers. Where the manifests, asked without them, say something else than what happened, only what
    the sidecar named is told.
    """
    decision = _decided(cluster, workload, entry)
    route = str(decision.route) if decision.route else ""
    same_route = entry.route in ("", route) or decision.route is None
    # How many requests came before is nothing that the manifests say.
    limited = entry.verdict == Verdict.RATE_LIMITED and decision.allowed
    if not (limited or decision.verdict == entry.verdict) or not same_route:
        text = (
            f"the sidecar answered {entry.verdict!r}; for this request without its headers the manifests say"
            f" {decision.verdict!r}, so the log alone does not show which object decided"
        )
        return Explanation(entry.route, "", (text,))
    ref = _decisive(decision)
    return Explanation(
        str(ref) if ref else "",
        str(ref.place) if ref and ref.place else "",
        tuple(map(str, decision.reasons)),
    )


def _explained(cluster: Cluster, workload: Workload, entry: Entry) -> Explanation:
    try:
        return explain(cluster, workload, entry)
    except NOT_COMPUTED as error:
        return Explanation(entry.route, "", (f"not computed: {error}",))


def _decided(cluster: Cluster, workload: Workload, entry: Entry) -> Decision:
    policy = effective(cluster, workload, entry.port).taken_to_hold()
    address = to_cluster(IPv4Address(entry.peer))
    arrival = Arrival.PLAIN
    if entry.identity:
        arrival = Arrival.MESHED_HTTP if entry.method else Arrival.MESHED_OPAQUE
    client = Client(address, arrival, entry.identity)
    request = Request(entry.method, entry.path, {}, entry.authority)
    return decide(policy, client, request, Traffic.HTTP if entry.method else Traffic.TCP)


def _decisive(decision: Decision) -> Ref | None:
    """Return the object of the last step: the grant that does not hold, else the route or the Server; or the limit."""
    found = [reason for reason in decision.reasons if reason.ref and reason.ref.is_object]
    limits = [reason for reason in found if reason.rule == LIMITS] if decision.allowed else []
    return next((reason.ref for reason in reversed(limits or found)), None)


class Refusals:
    """The latest refusals. What they are explained by is forgotten when the manifests change."""

    def __init__(self, relative: Callable[[str], str] = str) -> None:
        self.latest: deque[RefusalView] = deque(maxlen=KEPT)
        self._relative = relative
        self._known: OrderedDict[tuple[object, ...], Explanation] = OrderedDict()
        self._cluster: Cluster | None = None
        self._count = 0

    def add(self, entry: Entry, ends: tuple[Party, Party], port: str, cluster: Cluster, server: Pod) -> RefusalView:
        """Take in a refusal; return it with what refused it."""
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
            rule=found.rule,
            place=self._relative(found.place),
            reasons=tuple(map(self._relative, found.reasons)),
        )
        self.latest.append(view)
        return view

    def _explained(self, entry: Entry, cluster: Cluster, server: Pod) -> Explanation:
        key = (
            server.workload, entry.port, entry.peer, entry.identity, entry.method, entry.authority, entry.path,
            entry.verdict, entry.route,
        )  # fmt: skip
        if key not in self._known:
            workload = next((found for found in cluster.workloads if found.ref == server.workload), None)
            if workload is None:
                return Explanation("", "", ("the manifests no longer have this workload",))
            self._known[key] = _explained(cluster, workload, entry)
            if len(self._known) > EXPLAINED:
                self._known.popitem(last=False)
        return self._known[key]
