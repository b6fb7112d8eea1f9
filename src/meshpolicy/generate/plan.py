"""What shall be granted: observed calls sorted into grants, generalisations, and what is set aside. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from meshpolicy.core.policy import Protocol
from meshpolicy.generate.aside import Aside, together
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.closed import Closed, closed
from meshpolicy.generate.grant import Grant
from meshpolicy.generate.needed import Needed
from meshpolicy.generate.sorter import Sorter
from meshpolicy.generate.spot import Spot
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall

LEAST = 2
"""How often a client must have made the same request, unless the user says another number."""


@record
class Plan:
    """What shall be granted, and what not."""

    grants: tuple[Grant, ...]
    aside: tuple[Aside, ...]
    spots: tuple[Spot, ...]
    """The ports that get a Server: of all namespaces that are meant, each that none governs yet."""
    protocols: Mapping[Spot, Protocol] = field(default_factory=dict)
    """What each of these ports speaks."""
    outgoing: int = 0
    """Calls of which the caller's own proxy tells: they are the same ones, or to somebody without a proxy."""

    @property
    def decided(self) -> bool:
        """Whether nothing is left for the user to decide."""
        open_grants = any(grant.general and not grant.accepted for grant in self.grants)
        return not open_grants and not any(one.open for one in self.aside)

    @property
    def closed(self) -> tuple[Closed, ...]:
        """Return the ports that get a Server and no grant."""
        granted = {grant.spot for grant in self.grants}
        return tuple(closed(spot, self.aside) for spot in self.spots if spot not in granted)


def plan(
    cluster: Cluster,
    calls: Iterable[ObservedCall],
    choices: Choices,
    least: int = LEAST,
    namespaces: Sequence[str] = (),
    needed: Sequence[Needed] = (),
) -> Plan:
    """Return what to grant: what a client was seen to ask for `least` times.

    `namespaces` are those that are meant, without any those that were called. `needed` is what the policies for the
    calls alone would refuse.
    """
    sorter = Sorter(cluster, choices, least, frozenset(namespaces))
    for call in calls:
        sorter.take(call)
    grants = [grant for port in sorter.ports.values() for grant in sorter.grants_of(port)]
    meant = namespaces or tuple(dict.fromkeys(spot.namespace for spot in sorter.called))
    spots = [spot for name in meant for spot in sorter.spots.all_of(name)]
    spots += [grant.spot for grant in grants]
    free = tuple(spot for spot in dict.fromkeys(spots) if sorter.obstacle(spot) is None)
    protocols = {spot: sorter.protocol(spot) for spot in free}
    sorter.take_grpc_probes(free)
    grants += sorter.grants_of_needed(free, grants, needed)
    shut = set(free) - {grant.spot for grant in grants}
    sorter.take_unseen([spot for spot in free if spot in shut])
    sorter.say_who_may_be_ingress(shut)
    return Plan(tuple(grants), together(sorter.aside), free, protocols, sorter.outgoing)
