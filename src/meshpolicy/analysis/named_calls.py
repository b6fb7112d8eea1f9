"""The outcome when workloads of the manifests call a port by name, including the effect of their own proxies. Pure.

Sentences are about identities. But a client's proxy decides before the server's: a workload may call without the
identity of its account (R71), and objects attached to the Service may answer it (M4, R118-R122, R133-R135).
"""

from collections.abc import Iterable, Iterator, Sequence

from meshpolicy.analysis.clients import ClientSet, meets_identity
from meshpolicy.analysis.needs import with_needs
from meshpolicy.analysis.pods import walls
from meshpolicy.core.axis import Part
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import IdentityMatch
from meshpolicy.core.policy import GrpcRoute, HttpRoute, PortPolicy, Protocol
from meshpolicy.core.truth import Truth
from meshpolicy.decide.answer import Answer
from meshpolicy.decide.clientpolicy import client_policy
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, ServiceTarget, authority, find_service_targets, identity_of
from meshpolicy.kinds.annotations import INJECT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace

BY_PLACE = ("R36", "N5")
"""The rules whose result depends on the address or the labels that a pod will have."""


@record
class Sent:
    """One request of a class, with the kinds of traffic to try; it is allowed if one of them gets through."""

    traffics: tuple[Traffic, ...]
    request: Request


def holders(
    cluster: Cluster, server: Workload, clients: ClientSet, *, identified: bool = False
) -> tuple[Workload, ...]:
    """Return the workloads that `clients` includes, without addresses; one stands for all that call alike.

    A workload whose account is named is included with or without a sidecar; with `identified`, only if it certainly has
    a sidecar, and so an identity.
    """
    found: dict[object, Workload] = {}
    labelled = bool(walls(cluster))
    for one in cluster.workloads:
        if identified and one.injection.sidecar is not Truth.YES:
            continue
        if one.ref != server.ref and _means(clients, identity_of(cluster, one), one):
            users = tuple((container.name, container.user, container.group) for container in one.containers)
            own = (one.ref.namespace, one.annotations.get(INJECT), one.sidecar, one.injection, one.meshed, users)
            key = (*own, one.service_account, one.host_network, one.ref if labelled else None)
            found.setdefault(key, replace(one, addresses=()))
    return tuple(found.values())


def _means(clients: ClientSet, identity: str, workload: Workload) -> bool:
    """Whether clients that are not limited to a network include a workload, by its identity or its account's name."""
    shown = identity if workload.injection.sidecar.possible else ""
    for term in clients:
        if term.networks != Part():
            continue
        if term.identities.holds(lambda one: meets_identity(one, shown)):
            return True
        if IdentityMatch(identity) in term.identities.all_of:
            return True
    return False


def answer(cluster: Cluster, server: Workload, port: int, client: Workload, sent: Sent) -> tuple[str, Answer]:
    """Return the best outcome of a client that calls the workload's name, as `check` does: way in words, and answer."""
    targets = find_service_targets(cluster, server, port)
    named = [one for one in targets if one.service.ref.name == server.ref.name]
    ways: Sequence[ServiceTarget | None] = named or [*targets, None]
    found: list[tuple[str, Answer]] = []
    for target in ways:
        for traffic in sent.traffics:
            call = Call(server, port, client, None, target, _addressed(sent.request, server, port, target), traffic)
            found.append((_way(target), with_needs(cluster, call, judge(cluster, call))))
            if found[-1][1].allowed:
                return found[-1]
    return next((one for one in found if one[1].verdict is Verdict.UNKNOWN), found[0])


def _addressed(request: Request, server: Workload, port: int, target: ServiceTarget | None) -> Request:
    """Return the request with the Service's name as its host, unless it has a host or no Service is called."""
    if request.authority or target is None:
        return request
    own = authority(server, port, target)
    return replace(request, authority=own, headers={"host": own, **request.headers})


def _way(target: ServiceTarget | None) -> str:
    return "by the pod's address" if target is None else f"through {target.service.ref}, port {target.port.number}"


def kept_from(
    cluster: Cluster, server: Workload, port: int, clients: ClientSet, sent: Iterable[Sent], *, identified: bool = False
) -> str:
    """Return which of the clients' workloads is not certain to get through, and why; empty if all are."""
    asked = tuple(sent)
    for client in holders(cluster, server, clients, identified=identified):
        for one in asked:
            way, found = answer(cluster, server, port, client, one)
            if not found.allowed:
                return _told(client, one, way, found)
    return ""


def unlike(cluster: Cluster, server: Workload, port: int, pair: Sequence[ClientSet], sent: Iterable[Sent]) -> str:
    """Return why workloads of two clients may get different answers despite equal grants; empty if they do not."""
    callers = [client for clients in pair for client in holders(cluster, server, clients)]
    for one in sent:
        seen: dict[object, str] = {}
        for client in callers:
            way, found = answer(cluster, server, port, client, one)
            rule = found.reasons[-1].rule if found.reasons else ""
            told = _told(client, one, way, found)
            if found.verdict is Verdict.UNKNOWN and rule not in BY_PLACE:
                return told
            seen.setdefault(rule if found.verdict is Verdict.UNKNOWN else found.allowed, told)
        if len(seen) > 1:
            return "; ".join(seen.values())
    return ""


def _told(client: Workload, sent: Sent, way: str, found: Answer) -> str:
    what = f"{sent.request.method} {sent.request.path}" if sent.traffics[0].is_http else "a connection"
    why = f": {found.reasons[-1].text}" if found.reasons else ""
    return f"{client.ref} gets `{found.outcome}` for {what} {way}{why}"


def client_routes(cluster: Cluster, server: Workload, port: int) -> Iterator[PortPolicy]:
    """Yield the routes of clients' proxies, as policies of a port, so that their matches can be taken into account."""
    homes = dict.fromkeys(one.ref.namespace for one in cluster.workloads)
    versions = dict.fromkeys(one.sidecar.version for one in cluster.workloads)
    found: dict[PortPolicy, None] = {}
    for target in find_service_targets(cluster, server, port):
        for namespace in homes:
            routes = client_policy(cluster, target, namespace).routes
            for version in versions if routes else ():
                http = tuple(HttpRoute(one.ref, one.http, one.hosts(version)) for one in routes if one.http)
                grpc = tuple(GrpcRoute(one.ref, one.grpc, one.hosts(version)) for one in routes if one.grpc)
                policy = PortPolicy(server.ref, port, target.service.ref, Protocol.UNKNOWN)
                found[replace(policy, http_routes=http, grpc_routes=grpc)] = None
    yield from found
