"""Every access that a cluster grants: who, to which port and route of which workload, by which object. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshpolicy.analysis.cover import open_to_all
from meshpolicy.analysis.words import ANY_MESHED, ANYONE, grpc_words, http_words, subjects
from meshpolicy.core.policy import Authorization, Origin, PortPolicy, Protocol, Ref
from meshpolicy.decide.connection import Connection
from meshpolicy.decide.transport import identity_of
from meshpolicy.index.effective import effective, skipped
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload


@dataclass(frozen=True, slots=True)
class Access:
    """One line of the answer to the question who may call whom."""

    server: str
    """`namespace/workload`."""
    port: int
    client: str
    """`namespace/account` of a meshed client, or words such as `anyone in 10.244.0.1/32`."""
    what: str
    """The requests: `GET /ping`; or `connections`."""
    by: Ref
    route: Ref | None = None
    blocked: str = ""
    """The NetworkPolicies that keep this client away nevertheless."""

    @property
    def key(self) -> tuple[str, int, str, str]:
        """Return what two states of a cluster are compared by."""
        return self.server, self.port, self.client, self.what

    @property
    def unmeshed(self) -> bool:
        """Whether a client without mesh identity gets in."""
        return self.client.startswith(ANYONE)


def accesses(cluster: Cluster, workloads: Iterable[Workload] | None = None) -> Iterator[Access]:
    """Yield every access to the declared ports of the workloads, sorted within each port."""
    callers = _Callers(cluster)
    for workload in cluster.workloads if workloads is None else workloads:
        for port in served_ports(workload):
            policy = effective(cluster, workload, port)
            found = dict.fromkeys(_of_port(cluster, workload, policy, callers))
            yield from sorted(found, key=lambda access: (access.key, str(access.by), str(access.route)))


def served_ports(workload: Workload) -> tuple[int, ...]:
    """Return the TCP ports that a workload declares, its proxy's own left out."""
    return tuple(
        dict.fromkeys(
            port.number
            for container in workload.containers
            if container.name != "linkerd-proxy"
            for port in container.ports
            if port.protocol == "TCP"
        )
    )


def _of_port(cluster: Cluster, workload: Workload, policy: PortPolicy, callers: "_Callers") -> Iterator[Access]:
    name = f"{workload.ref.namespace}/{workload.ref.name}"
    if policy.skipped:
        who, blocked = _beside_the_mesh(cluster, workload, policy.port)
        yield Access(name, policy.port, who, "connections", policy.server, blocked=blocked)
        return
    for what, route, grants in offers(policy):
        # Where one grant admits everyone, whom the others name says nothing more.
        for grant in tuple(filter(open_to_all, grants)) or grants:
            if grant.ref.origin is Origin.LOCALHOST:
                continue
            for who in subjects(grant, cluster.settings):
                yield Access(
                    name, policy.port, who, what, grant.ref, route, callers.blocked(who, workload, policy.port)
                )


def _beside_the_mesh(cluster: Cluster, workload: Workload, port: int) -> tuple[str, str]:
    """Return who reaches a port that no proxy guards, and the NetworkPolicies that keep everybody away (N1, N6)."""
    isolating = index_of(cluster).network_policies.isolating(workload, Direction.INGRESS)
    if not isolating:
        return ANYONE, ""
    open_for = [policy for policy in isolating if policy.admits_to(workload, port)]
    if not open_for:
        return ANYONE, ", ".join(str(policy.ref) for policy in isolating)
    if any(policy.admits_to(workload, port, everybody=True) for policy in open_for):
        return ANYONE, ""
    return f"{ANYONE} whom {' or '.join(str(policy.ref) for policy in open_for)} admits", ""


def offers(policy: PortPolicy) -> Iterator[tuple[str, Ref | None, tuple[Authorization, ...]]]:
    """Yield what can be asked of a port, the route that says so, and who is authorized for it."""
    if policy.protocol in (Protocol.OPAQUE, Protocol.TLS):
        yield "connections", None, policy.authorizations
    for http in policy.http_routes:
        yield http_words(http), http.ref, http.authorizations
    for grpc in policy.grpc_routes:
        yield grpc_words(grpc), grpc.ref, grpc.authorizations


class _Callers:
    """The workloads of a cluster by their account, for asking the NetworkPolicies about each."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._accounts: dict[str, list[Workload]] = {}
        if cluster.network_policies:
            for workload in cluster.workloads:
                name = f"{workload.ref.namespace}/{workload.service_account}"
                self._accounts.setdefault(name, []).append(workload)

    def blocked(self, client: str, server: Workload, port: int) -> str:
        """Return the NetworkPolicies that block every workload of an account; of others only that they have a say."""
        if not self._cluster.network_policies:
            return ""
        policies = index_of(self._cluster).network_policies
        found: dict[str, None] = {}
        if client in (ANYONE, ANY_MESHED) or client not in self._accounts:
            return ""
        for workload in self._accounts[client]:
            wire = Connection(
                Endpoint(workload),
                server,
                port,
                skipped=skipped(server, port),
                tunnelled=self._cluster.settings.outbound_transport_mode != "transparent",
            )
            verdict = wire.blocked(policies)
            if verdict is None:
                return ""
            found |= dict.fromkeys(map(str, verdict.policies))
        return ", ".join(found)


def isolated(cluster: Cluster, workload: Workload) -> bool:
    """Whether a NetworkPolicy has a say about who reaches a workload."""
    return bool(index_of(cluster).network_policies.isolating(workload, Direction.INGRESS))


def account_of(workload: Workload) -> str:
    """Return `namespace/account`."""
    return f"{workload.ref.namespace}/{workload.service_account}"


def admits(access: Access, cluster: Cluster, workload: Workload) -> bool:
    """Whether an access means a workload, by its account, its namespace, or as anyone."""
    who = access.client.partition(" in ")[0]
    own = account_of(workload)
    if who.startswith(ANYONE):
        return True
    meshed = {ANY_MESHED, own, f"any account of {workload.ref.namespace}", identity_of(cluster, workload)}
    return workload.meshed and who in meshed
