"""The needs that deny in some namespaces bears on, each once. Pure."""

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
    """Whether the asker says who calls, and no workload of that account was read; whom a log names has a sidecar."""
    account = need.client is not None and need.client.ref.kind == "ServiceAccount"
    return account and need.kind in (NeedKind.INGRESS, NeedKind.SCRAPE, NeedKind.SIDECAR)


@record
class Evidence:
    """What is known beside the manifests."""

    parties: Mapping[Party, tuple[Workload | Party, ...]] = field(default_factory=dict)
    """Who ingress controllers and Prometheus are; without them, they are looked for by their images."""
    nodes: tuple[Network, ...] = ()
    """The networks in which nodes have their addresses; none: any."""
    calls: tuple[ObservedCall, ...] = ()
    """The observed calls."""


NO_EVIDENCE = Evidence()


def find_needs(
    cluster: Cluster, written: Written, namespaces: Collection[str], evidence: Evidence = NO_EVIDENCE
) -> tuple[tuple[Need, ...], tuple[Unseen, ...]]:
    """Return the needs that deny in some namespaces bears on, each once, and what may be one and cannot be read."""
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
    """Yield each need once, where it is written first.

    What may be one gives way to a sure one of the same port, and requests that are not known to those that were seen.
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
    """Return who calls which port."""
    return (need.client.ref if need.client is not None else need.caller, need.server.ref, need.port)
