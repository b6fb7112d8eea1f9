"""The workloads of a cluster as callers of one port: which ones NetworkPolicies let through and grants admit. Pure.

There are many pairs of workloads, so whatever depends on only one of the two is computed once and shared.
"""

from collections.abc import Iterable, Iterator

from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.match import NetworkMatch
from meshpolicy.core.policy import Authentication, Authorization, Bypass, TlsAuthenticated
from meshpolicy.core.ref import Origin
from meshpolicy.core.truth import Truth
from meshpolicy.decide.authorized import applies
from meshpolicy.decide.judge import connection
from meshpolicy.decide.transport import Call, arrival_of, identity_of
from meshpolicy.index.authorize import networks
from meshpolicy.index.index import index_of
from meshpolicy.index.reach import Positions, Reach
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.container import PROXY
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.portlists import Ports, holds
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace


@record
class Group:
    """Callers whose calls take the same path: either all through their own proxies, or all without."""

    positions: Positions
    arrival: Arrival
    let_out: Positions
    let_in: Positions


class Callers:
    """All workloads as callers, by their position in the cluster's list."""

    def __init__(self, cluster: Cluster) -> None:
        workloads = cluster.workloads
        self._cluster = cluster
        self.names = [workload.ref.namespaced_name for workload in workloads]
        self.positions = {workload.ref: position for position, workload in enumerate(workloads)}
        self._reach = Reach(index_of(cluster).network_policies, workloads)
        self._everyone = frozenset(range(len(workloads)))
        self._meshed = frozenset(position for position, workload in enumerate(workloads) if _by_proxy(workload))
        self.unsure = frozenset(position for position, workload in enumerate(workloads) if _unsure(workload))
        """Workloads for which it is unknown whether their own proxy carries their calls."""
        self._by_skipped: dict[Ports, set[int]] = {}
        for position in self._meshed:
            self._by_skipped.setdefault(workloads[position].sidecar.skipped_outbound, set()).add(position)
        self._by_identity: dict[str, list[int]] = {}
        for position, workload in enumerate(workloads):
            self._by_identity.setdefault(identity_of(cluster, workload), []).append(position)
        self._clients: dict[Arrival, list[Client]] = {}
        self._admitted: dict[tuple[tuple[NetworkMatch, ...], Authentication, Arrival], Positions] = {}
        self._whys: dict[tuple[int, Direction], str] = {}

    def groups(self, call: Call) -> Iterator[Group]:
        """Yield the groups of callers of a port; `call` gives the port and the Service through which it is called."""
        workloads, server = self._cluster.workloads, self.positions[call.server.ref]
        past = (held for ports, held in self._by_skipped.items() if holds(ports, call.dialled))
        meshed = self._meshed.difference(*past)
        for positions in filter(None, (meshed, self._everyone - meshed)):
            sample = replace(call, client=workloads[next(iter(positions - {server}), server)])
            wire = connection(self._cluster, sample)
            arrival = arrival_of(self._cluster, sample, opaque_service=wire.opaque, hinted=wire.hinted)
            let_out, let_in = (ask(server, wire.wire_port) for ask in (self._reach.let_out, self._reach.let_in))
            yield Group(positions, arrival, let_out, let_in)

    def within(self, bypasses: Iterable[Bypass], *, called_by_ipv6: bool) -> Positions:
        """Return the workloads whose packets without mTLS bypass the proxy, or may if their address is unknown.

        An unknown address may be one of IPv6 only where a Service is called by IPv6.
        """
        networks = [bypass.network for bypass in bypasses]
        strangers = any(network.cidr.version == 4 or called_by_ipv6 for network in networks)
        return frozenset(
            position
            for position, workload in enumerate(self._cluster.workloads if networks else ())
            if any(one.accepts(a) for one in networks for a in workload.addresses)
            or (strangers and not workload.addresses)
        )

    def admitted(self, grants: Iterable[Authorization], arrival: Arrival) -> Positions:
        """Return the workloads that the grants admit if all arrive this way.

        A workload without a known address is taken to be in every network that a grant names.
        """
        return frozenset[int]().union(*(self._admits(grant, arrival) for grant in grants))

    def _admits(self, grant: Authorization, arrival: Arrival) -> Positions:
        if grant.ref.origin is Origin.LOCALHOST:
            return frozenset()  # no packet from elsewhere has such an address, though the caller's is not known
        key = (grant.networks, grant.authentication, arrival)
        found = self._admitted.get(key)
        if found is None:
            clients = self._arriving(arrival)
            meant = self._meant(grant.authentication)
            found = self._admitted[key] = frozenset(position for position in meant if applies(grant, clients[position]))
        return found

    def _meant(self, authentication: Authentication) -> Iterable[int]:
        """Return a superset of the callers that an authentication matches, as small as it can be found quickly."""
        if isinstance(authentication, TlsAuthenticated) and all(match.exact for match in authentication.identities):
            return [at for match in authentication.identities for at in self._by_identity.get(match.pattern, ())]
        return self._everyone

    def _arriving(self, arrival: Arrival) -> list[Client]:
        if arrival not in self._clients:
            cluster, known = self._cluster, networks(self._cluster.settings.cluster_networks)
            self._clients[arrival] = [
                Client(
                    next(iter(workload.addresses), None),
                    arrival,
                    "" if arrival is Arrival.PLAIN else identity_of(cluster, workload),
                    () if workload.host_network else known,
                    in_every_network=True,
                )
                for workload in cluster.workloads
            ]
        return self._clients[arrival]

    def why(self, position: int, direction: Direction) -> str:
        """Return the names of the NetworkPolicies that isolate a workload, separated by commas."""
        key = (position, direction)
        if key not in self._whys:
            isolating = index_of(self._cluster).network_policies.isolating(self._cluster.workloads[position], direction)
            self._whys[key] = ", ".join(str(policy.ref) for policy in isolating)
        return self._whys[key]


def _unsure(workload: Workload) -> bool:
    """Whether it is unknown if a workload's calls pass through its own proxy."""
    return Call(workload, 0, workload).carried is Truth.UNKNOWN


def _by_proxy(workload: Workload) -> bool:
    """Whether a workload's calls pass through its own proxy, except on skipped ports."""
    own = workload.sidecar
    passing = [own.passes(one.user, one.group) for one in workload.containers if one.name != PROXY]
    return workload.meshed and not (passing and all(passing))
