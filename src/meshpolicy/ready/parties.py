"""Finds the workloads that are ingress controllers or Prometheus, which call into other namespaces. Pure."""

import re
from collections.abc import Mapping

from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.need import Party
from meshpolicy.record import record

IMAGES = {
    Party.PROMETHEUS: frozenset({"prometheus", "vmagent", "vmsingle", "victoria-metrics"}),
    Party.INGRESS: frozenset(
        (
            *("controller", "nginx-ingress-controller", "nginx-ingress", "ingress-nginx", "traefik", "kong"),
            *("haproxy-ingress", "kubernetes-ingress", "emissary", "contour", "ingress-controller"),
        )
    ),
}
"""The last part of the images that such callers run."""
LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
NAMES = {
    Party.PROMETHEUS: re.compile(r"(?:[a-z0-9-]+-)?prometheus(?:-server)?"),
    Party.INGRESS: re.compile(r"ingress-nginx|nginx-ingress|traefik|kong|haproxy-ingress|contour|emissary-ingress"),
}


@record
class Parties:
    """The workloads of the ingress controllers and of Prometheus; the party itself if none is known."""

    found: dict[Party, tuple[Workload | Party, ...]]

    def of(self, party: Party) -> tuple[Workload | Party, ...]:
        """Return the callers that a party stands for."""
        return self.found.get(party) or (party,)


def find_parties(cluster: Cluster, told: Mapping[Party, tuple[Workload | Party, ...]]) -> Parties:
    """Return the callers of each party: those that the user named, or else workloads that run the usual images."""
    found: dict[Party, tuple[Workload | Party, ...]] = {}
    for party in (Party.INGRESS, Party.PROMETHEUS):
        found[party] = tuple(one for one in cluster.workloads if _is(party, one))
        if party in told:
            found[party] = told[party]
    return Parties(found)


def _is(party: Party, workload: Workload) -> bool:
    images = {_last(container.image) for container in workload.containers if not container.init}
    if images & IMAGES[party]:
        return not (party is Party.INGRESS and "controller" in images) or _labelled(party, workload)
    return False


def _labelled(party: Party, workload: Workload) -> bool:
    """Whether a workload has a usual name or label, as an image name such as `controller` is not enough."""
    names = (workload.ref.name, *(workload.labels.get(label, "") for label in LABELS))
    return any(NAMES[party].search(name) for name in names)


def _last(image: str) -> str:
    """Return the last part of an image's name, without its tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
