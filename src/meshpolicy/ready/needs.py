"""The needs that deny in some namespaces affects, each once. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field

from meshpolicy.core.match import Network
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.declared import Declared
from meshpolicy.ready.held import dns_needs
from meshpolicy.ready.manifest import Written
from meshpolicy.ready.need import Need, NeedKind, Party, Unseen
from meshpolicy.ready.observed import Observed
from meshpolicy.ready.outside import Outside
from meshpolicy.ready.parties import find_parties
from meshpolicy.ready.scrapes import Scrapes
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall


def is_assumed(need: Need) -> bool:
    """Whether the user named the calling account, and none of its workloads was read, so its sidecar is assumed.

    A caller that a log names by its identity certainly has a sidecar.
    """
    account = need.client is not None and need.client.ref.kind == "ServiceAccount"
    return account and need.kind in (NeedKind.INGRESS, NeedKind.SCRAPE, NeedKind.SIDECAR)


@record
class Evidence:
    """What is known in addition to the manifests."""

    parties: Mapping[Party, tuple[Workload | Party, ...]] = field(default_factory=dict)
    """The callers that the user named as ingress controller or Prometheus; others are found by their images."""
    nodes: tuple[Network, ...] = ()
    """The networks of the nodes' addresses; empty for any."""
    calls: tuple[ObservedCall, ...] = ()
    """The observed calls."""


NO_EVIDENCE = Evidence()


def find_needs(
    cluster: Cluster, written: Written, namespaces: Collection[str], evidence: Evidence = NO_EVIDENCE
) -> tuple[tuple[Need, ...], tuple[Unseen, ...]]:
    """Return the needs that deny in some namespaces affects, each once, and possible needs that cannot be read."""
    declared = Declared(cluster, written)
    parties = find_parties(cluster, evidence.parties)
    outside = Outside(cluster, written, declared, parties, evidence.nodes)
    found = [*declared.needs(), *outside.needs(), *Scrapes(cluster, written, declared.names, parties).needs()]
    found += Observed(cluster, declared.names).needs(evidence.calls)
    needs = {
        need.key: need
        for need in _distinct(one for one in found if isinstance(one, Need))
        if need.server.ref.namespace in namespaces
    }
    for need in dns_needs([one for one in found if isinstance(one, Need)], cluster):
        if need.client is not None and need.client.ref.namespace in namespaces:
            needs[need.key] = need
    unseen = dict.fromkeys(one for one in found if isinstance(one, Unseen))
    return tuple(needs.values()), tuple(unseen)


def _distinct(needs: Iterable[Need]) -> Iterator[Need]:
    """Yield each need once, at its first place.

    For the same caller and port, an uncertain need is dropped if there is a certain one, and a need with unknown
    requests is dropped if requests were observed.
    """
    found = list(needs)
    seen_calls = {between(need) for need in found if need.kind is NeedKind.OBSERVED and need.asking.whole}
    sure = {between(need) for need in found if need.sure}
    seen: set[object] = set()
    for need in found:
        known = need.asking.whole or between(need) not in seen_calls
        if known and need.key not in seen and (need.sure or between(need) not in sure):
            seen.add(need.key)
            yield need


def between(need: Need) -> tuple[object, ...]:
    """Return the caller, the server and the port of a need."""
    return (need.client.ref if need.client is not None else need.caller, need.server.ref, need.port)
