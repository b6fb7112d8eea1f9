"""The ports that get a Server without a grant: why, and whether the user must decide about them. Pure."""

from collections.abc import Sequence

from meshpolicy.analysis.speech import spoken
from meshpolicy.analysis.words import counted
from meshpolicy.decide.transport import find_service_targets, hint
from meshpolicy.generate.aside import Aside, Why
from meshpolicy.generate.spot import Spot
from meshpolicy.index.defaults import probe_paths
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

NOBODY = "nobody was seen to call it"


@record
class Closed:
    """A port that only the kubelet may call."""

    spot: Spot
    why: str
    decided: bool
    """Whether the user has nothing left to decide about the port."""

    @property
    def comment(self) -> str:
        """Return a sentence for a manifest."""
        if self.decided:
            return f"{self.spot.name} is closed on purpose: {self.why}."
        return f"{self.spot.name} is closed, which is left to decide: {self.why}."


def closed(spot: Spot, aside: Sequence[Aside]) -> Closed:
    """Return why a port gets no grant, according to the calls that were set aside."""
    own = [one for one in aside if one.said.server == spot.name and one.why is not Why.PROBE]
    seen: dict[Why, int] = {}
    for one in own:
        seen[one.why] = seen.get(one.why, 0) + one.count
    told = [f"{why}, {counted(count, 'call')}" for why, count in seen.items() if count]
    why = f"no call that was seen is granted ({'; '.join(told)})" if told else NOBODY
    needs = [f"{one.said.client} needs it" for one in own if one.why in (Why.DECLARED, Why.OUTSIDE)]
    unseen = ["the traffic would not show it"] if Why.UNSEEN in seen else []
    forbidden = ["forbidden by you"] if Why.FORBIDDEN in seen and not seen[Why.FORBIDDEN] else []
    return Closed(spot, "; ".join((why, *needs, *unseen, *forbidden)), not any(one.open for one in own))


def is_opaque(cluster: Cluster, spot: Spot) -> bool:
    """Whether meshed clients treat, or may treat, a port as opaque."""
    return any(hint(cluster, one, spot.port).possible for one in spot.workloads)


def is_http(cluster: Cluster, spot: Spot) -> bool:
    """Whether the manifests show that a port carries only HTTP: by its probes, its names, or `appProtocol`."""
    return not is_opaque(cluster, spot) and all(_is_http(cluster, one, spot.port) for one in spot.workloads)


def _is_http(cluster: Cluster, workload: Workload, port: int) -> bool:
    if probe_paths(workload, port):
        return True
    entries = [target.port for target in find_service_targets(cluster, workload, port)]
    said = [spoken(cluster, workload, port, entry=one) for one in entries] or [spoken(cluster, workload, port)]
    return all(traffic.is_http for some in said for traffic in some)
