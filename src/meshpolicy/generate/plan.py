"""The plan: observed calls, sorted into grants and calls that are set aside. Pure."""

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
"""The default number of times that a client must have made the same request."""


@record
class Plan:
    """What to grant, and what not."""

    grants: tuple[Grant, ...]
    aside: tuple[Aside, ...]
    spots: tuple[Spot, ...]
    """The ports that get a Server: those in the chosen namespaces that no Server governs yet."""
    protocols: Mapping[Spot, Protocol] = field(default_factory=dict)
    """The protocol of each of these ports."""
    outgoing: int = 0
    """The number of calls reported by the caller's proxy: they are reported twice, or the server has no proxy."""

    @property
    def decided(self) -> bool:
        """Whether the user has nothing left to decide."""
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
    """Return the plan, which grants the requests that a client made at least `least` times.

    `namespaces` are the chosen ones; empty for those that were called. `needed` are the declared calls that policies
    for the observed calls alone would refuse.
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
