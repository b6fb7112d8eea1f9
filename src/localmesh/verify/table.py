"""The table of all calls: which clients send which requests to which ports, and what must come of each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from localmesh.control.manifests import Manifests
from localmesh.identity.authority import Authority
from localmesh.observe.parties import account
from localmesh.pods.addresses import LOCALHOST
from localmesh.verify.cell import Cell, Traces, cell
from localmesh.verify.clients import VerifyClient, liars, lookalikes, meshed, strangers, unaccepted
from localmesh.verify.servers import Classes, VerifyServer, classes, servers
from localmesh.views import PodView
from meshpolicy.core.policy import Authorization, PortPolicy, TlsAuthenticated
from meshpolicy.decide.request import Request
from meshverify.cause import Cause

SHORT = ".serviceaccount."


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that is sent, and what could not be."""

    cells: tuple[Cell, ...]
    servers: tuple[VerifyServer, ...]
    left_out: tuple[tuple[str, str], ...]
    """What is not verified, and why."""


def node_of(pods: Iterable[PodView]) -> IPv4Address | None:
    """Return the loopback address of the node: the first of the pods' network."""
    return next((IPv4Network(f"{pod.address}/24", strict=False)[1] for pod in pods), None)


def table(manifests: Manifests, pods: Sequence[PodView], authority: Authority, traces: Traces) -> Table:
    """Return the whole table of a mesh."""
    called = tuple(servers(manifests.cluster, pods))
    honest = _honest(called, pods, authority)
    node = node_of(pods)
    cells: list[Cell] = []
    left_out: list[tuple[str, str]] = []
    for server in called:
        if not server.speaks_http:
            left_out.append((f"{server.pod}:{server.port}", f"a port for {server.policy.protocol} takes no requests"))
            continue
        known = classes(server)
        if known.left_out:
            left_out.append((f"{server.pod}:{server.port}", known.left_out))
        cells += _cells(server, known, honest, authority, node, traces)
    return Table(tuple(cells), called, tuple(left_out))


def _cells(
    server: VerifyServer,
    known: Classes,
    honest: Sequence[VerifyClient],
    authority: Authority,
    node: IPv4Address | None,
    traces: Traces,
) -> Iterator[Cell]:
    plain = [*honest, *strangers(node)]
    if not server.guarded:
        yield from _asked([client for client in plain if not client.tls], server, known.requests, traces)
        return
    found = [*_asked(plain, server, known.requests, traces)]
    yield from found
    granted = list({one.client.name: one.client for one in found if one.client.leaf and _allowed(one)}.values())
    for client in granted:
        allowed = [one.request for one in found if one.client is client and _allowed(one)]
        yield from _asked(unaccepted(client, authority), server, allowed, traces)
        yield from _asked(lookalikes(client.identity, authority), server, allowed, traces)
    if granted:
        other = next((client for client in honest if client not in granted), None)
        for client in (VerifyClient("unmeshed", LOCALHOST), *([other] if other else ())):
            yield from _asked(liars(client, granted[0].identity, node), server, known.requests, traces)


def _allowed(one: Cell) -> bool:
    return one.expected.cause is Cause.ALLOWED


def _asked(
    clients: Iterable[VerifyClient], server: VerifyServer, requests: Iterable[Request], traces: Traces
) -> Iterator[Cell]:
    requests = tuple(requests)
    for client in clients:
        for request in requests:
            yield cell(client, server, request, traces.next())


def _honest(called: Iterable[VerifyServer], pods: Iterable[PodView], authority: Authority) -> list[VerifyClient]:
    """Return every identity of the mesh: those of pods, from their own addresses, and those that policies name."""
    found = {
        pod.identity: meshed(pod.workload, pod.identity, IPv4Address(pod.address), authority)
        for pod in reversed(tuple(pods))
        if pod.identity
    }
    named = (identity for server in called for identity in _named(server.policy))
    for identity in sorted(set(named) - found.keys()):
        found[identity] = meshed(account(identity).name, identity, LOCALHOST, authority)
    stranger = f"default.stranger{SHORT}identity.linkerd.{authority.domain}"
    found.setdefault(stranger, meshed("a stranger of the mesh", stranger, LOCALHOST, authority))
    return list(found.values())


def _named(policy: PortPolicy) -> Iterator[str]:
    grants: list[Authorization] = [
        *policy.authorizations,
        *(grant for http in policy.http_routes for grant in http.authorizations),
        *(grant for grpc in policy.grpc_routes for grant in grpc.authorizations),
    ]
    for grant in grants:
        if isinstance(grant.authentication, TlsAuthenticated):
            yield from (identity.pattern for identity in grant.authentication.identities if identity.exact)
