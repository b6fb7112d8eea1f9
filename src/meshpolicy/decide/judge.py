"""The end-to-end verdict on a call: what the network, the client's proxy and the server's proxy do, in turn. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from meshpolicy.core.client import Traffic
from meshpolicy.core.match import Address
from meshpolicy.core.policy import PortPolicy, Ref
from meshpolicy.decide.connection import Connection
from meshpolicy.decide.decide import Decision, Verdict, decide
from meshpolicy.decide.explain import Reason
from meshpolicy.decide.outbound import outbound
from meshpolicy.decide.transport import Call, arrive, hinted_opaque, opaque_service
from meshpolicy.index.effective import effective, skipped
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction

GRPC_STATUS = {403: 7, 404: 5, 429: 8, 301: 5, 302: 5, 500: 13, 502: 14, 503: 14, 504: 14}
"""What a proxy tells a gRPC client instead of an HTTP status."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a call, which layer decides it, and what its client sees."""

    verdict: Verdict
    outcome: str
    """`allow`, an HTTP or gRPC status of a proxy, `closed`, `blocked` …"""
    layer: str
    """`NetworkPolicy`, `Linkerd`, `client's proxy`, or `nobody` where nothing stands in the way."""
    reasons: tuple[Reason, ...] = ()
    headers: Mapping[str, str | None] = field(default_factory=dict)
    policy: PortPolicy | None = None
    decision: Decision | None = None

    @property
    def allowed(self) -> bool:
        """Whether the application gets the call."""
        return self.verdict is Verdict.ALLOW


def judge(cluster: Cluster, call: Call, *, node: Address | None = None) -> Answer:
    """Return what becomes of a call; `node` is where the server runs, whose kubelet always gets in."""
    if call.to_itself:
        reason = Reason("a pod that calls itself passes neither its own proxy's policies nor a NetworkPolicy", "M1")
        return Answer(Verdict.ALLOW, "allow", "nobody", (reason,))
    wire = connection(cluster, call, node)
    blocked = wire.blocked(index_of(cluster).network_policies)
    if blocked is not None and (doubt := _doubt(cluster, call, wire, blocked.direction)) is not None:
        return Answer(Verdict.UNKNOWN, "unknown", "NetworkPolicy", (doubt,))
    if blocked is not None:
        return Answer(
            Verdict.BLOCKED,
            wire.symptom(),
            "NetworkPolicy",
            (_blocked(call, wire, blocked.direction, blocked.policies)),
        )
    routes = outbound(cluster, call)
    if routes is not None and not routes.matched and not wire.opaque:
        text = f"no route of {', '.join(str(route.ref) for route in routes.routes)} on the called Service matches"
        reason = Reason(text, "M4", routes.routes[0].ref)
        return Answer(Verdict.NOT_FOUND, _word(404, call.traffic), "client's proxy", (reason,))
    if routes is not None and routes.redirect:
        reason = Reason(f"a route on the called Service redirects with {routes.redirect}", "M4", routes.routes[0].ref)
        return Answer(Verdict.REDIRECT, _word(routes.redirect, call.traffic), "client's proxy", (reason,))
    if routes is not None and routes.elsewhere:
        reason = Reason("a route on the called Service names other backends", "M4", routes.routes[0].ref)
        return Answer(Verdict.UNKNOWN, "unknown", "client's proxy", (reason,))
    policy = effective(cluster, call.server, call.port)
    decision = _decided(cluster, call, policy)
    layer = "nobody" if policy.skipped else "Linkerd"
    return Answer(
        decision.verdict, _outcome(call, wire, decision), layer, decision.reasons, decision.headers, policy, decision
    )


def connection(cluster: Cluster, call: Call, node: Address | None = None) -> Connection:
    """Return the call as the network sees it."""
    local = call.client is None and call.address is not None and call.address == node
    return Connection(
        Endpoint(call.client, call.address, node=local),
        call.server,
        call.port,
        call.traffic,
        call.service_target is None,
        skipped(call.server, call.port),
        hinted_opaque(cluster, call.server, call.port),
        opaque_service(call.service_target),
        cluster.settings.outbound_transport_mode != "transparent",
        bypassing=not call.meshed,
    )


def _decided(cluster: Cluster, call: Call, policy: PortPolicy) -> Decision:
    """Decide; where the client's address matters and the manifests do not say it, the verdict is unknown."""
    decision = decide(policy, arrive(cluster, call), call.request, call.traffic)
    if call.same_workload and not decision.allowed:
        reason = Reason(
            f"one pod of {call.server.ref} may call another, judged so, or itself, which always passes", "M1"
        )
        return replace(decision, verdict=Verdict.UNKNOWN, status=0, reasons=(*decision.reasons, reason))
    if call.peer is not None or policy.skipped:
        return decision
    other = decide(policy, arrive(cluster, call, in_every_network=True), call.request, call.traffic)
    if other.verdict is decision.verdict:
        return decision
    who = call.client.ref if call.client is not None else "the client"
    reason = Reason(f"the address of {who} decides, and the manifests do not say it", "R36")
    return replace(decision, verdict=Verdict.UNKNOWN, status=0, reasons=(*decision.reasons, reason))


def _outcome(call: Call, wire: Connection, decision: Decision) -> str:
    """Return what the client sees; a meshed HTTP client never sees a closed connection, but a 502 (M2)."""
    if decision.verdict in (Verdict.ALLOW, Verdict.UNKNOWN):
        return decision.verdict.value
    if decision.status:
        return _word(decision.status, call.traffic)
    relayed = wire.meshed and call.traffic.is_http and not wire.opaque and not (wire.hinted and wire.direct)
    return _word(502, call.traffic) if relayed else "closed"


def _word(status: int, traffic: Traffic) -> str:
    return f"grpc-{GRPC_STATUS.get(status, 2)}" if traffic is Traffic.GRPC else str(status)


def _doubt(cluster: Cluster, call: Call, wire: Connection, direction: Direction) -> Reason | None:
    """Say why a connection that seems blocked may pass: a rule goes by what the manifests do not tell of a pod."""
    inwards = direction is Direction.INGRESS
    pod, peer = (call.server, call.client) if inwards else (call.client, call.server)
    if pod is None:
        return None
    who = str(peer.ref) if peer is not None else "the client"
    nowhere = not peer.addresses if peer is not None else call.address is None
    account = next((one for one in (pod, peer) if one is not None and one.ref.kind == "ServiceAccount"), None)
    if account is not None:
        text = f"NetworkPolicies go by labels, and the manifests hold no pods of {account.ref}"
        return Reason(text, "N5")
    for policy in index_of(cluster).network_policies.isolating(pod, direction):
        for rule in policy.rules(direction) if nowhere else ():
            opened = not rule.ports or any(entry.holds(wire.wire_port, "TCP", call.server) for entry in rule.ports)
            if opened and any(entry.block is not None for entry in rule.peers):
                return Reason(f"{policy.ref} goes by addresses, and the one of {who} is not known", "N5", policy.ref)
    return None


def _blocked(call: Call, wire: Connection, direction: Direction, policies: tuple[Ref, ...]) -> tuple[Reason, ...]:
    whose = str(call.server.ref) if direction is Direction.INGRESS else str(call.client.ref if call.client else "")
    way = "into" if direction is Direction.INGRESS else "out of"
    found = [Reason(f"no NetworkPolicy lets this connection {way} {whose} on port {wire.wire_port}", "N1")]
    found += [Reason(f"{policy} isolates it, and has no rule for this", "N1", policy) for policy in policies]
    if wire.wire_port != call.port:
        found.append(Reason(f"between meshed pods port {call.port} travels on {wire.wire_port}", "N9"))
    return tuple(found)
