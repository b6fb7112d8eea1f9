"""The end-to-end verdict on a call: what the network, the client's proxy and the server's proxy do, in turn. Pure."""

from collections.abc import Iterator

from meshpolicy.core.client import Client, Traffic
from meshpolicy.core.match import Address
from meshpolicy.core.policy import PortPolicy, PortRole
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.core.truth import Truth, truth
from meshpolicy.decide.answer import Answer, Layer
from meshpolicy.decide.clientpolicy import opaque_to_clients
from meshpolicy.decide.connection import Connection
from meshpolicy.decide.decide import decide, either
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.outbound import Outbound, outbound
from meshpolicy.decide.transport import Call, arrive, by_ipv6, hint, hinted_opaque, without_mtls
from meshpolicy.index.effective import effective
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint, Filter
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Injection, Workload
from meshpolicy.record import replace

GRPC_STATUS = {403: 7, 404: 5, 429: 8, 301: 5, 302: 5, 500: 13, 502: 14, 503: 14, 504: 14}
"""What a proxy tells a gRPC client instead of an HTTP status."""


def judge(cluster: Cluster, call: Call, *, node: Address | None = None, settled: bool = False) -> Answer:
    """Return what becomes of a call; `node` is where the server runs, whose kubelet always gets in.

    Where it is not given, any address that is not known to be a pod's may be the node's.

    `settled` says that the server's proxy knows the port already, from connections before (R104).

    Where the manifests leave open how the client connects, and the verdict depends on it, it is unknown.
    """
    doubt = index_of(cluster).undecided_client(call.client) if call.client is not None else None
    if doubt is not None:
        why = Reason(f"{doubt.ref} {doubt.told}", "R130", doubt.ref)
        return Answer(Verdict.UNKNOWN, "unknown", Layer.NOBODY, (why,))
    if node is not None and call.on_node is Truth.UNKNOWN:
        call = replace(call, on_node=truth(call.client is None and call.address == node))
    answers = [(why, _judge(cluster, variant, hinted, settled)) for variant, hinted, why in _variants(cluster, call)]
    _, first = answers[0]
    for why, other in answers[1:] if first.verdict is not Verdict.UNKNOWN else ():
        if other.allowed is not first.allowed or other.verdict is Verdict.UNKNOWN:
            reasons = [reason for reason in first.reasons if reason.text != why.text]
            told = (*reasons, either(why, first.verdict, other.verdict))
            return Answer(Verdict.UNKNOWN, "unknown", first.layer, told, policy=first.policy)
    return first


def _variants(cluster: Cluster, call: Call) -> Iterator[tuple[Call, bool, Reason]]:
    """Yield the ways in which a call may connect, the likeliest first, with the reason why there are several."""
    for server, doubt in _servers(call.server):
        family = by_ipv6(cluster, call)
        own = replace(call, server=server, ipv6=family is Truth.YES)
        hinted, likely = hint(cluster, server, call.port), hinted_opaque(cluster, server, call.port)
        why = Reason(f"whether {server.ref}:{call.port} is opaque to meshed clients is not known", "R65")
        yield own, likely, doubt or why
        if call.meshed and hinted is Truth.UNKNOWN:
            yield own, not likely, why
        if call.client is not None and call.carried is Truth.UNKNOWN:
            doubt = Reason(
                f"the client {call.client.ref} {call.client.injection.why or 'may pass its own proxy by'}", "R71"
            )
            yield replace(own, past_proxy=True), likely, doubt
        if family is Truth.UNKNOWN and (service := _by_ipv6(cluster, call)) is not None:
            doubt = Reason(f"{service} may be called by IPv6, and then no proxy is met", "R115", service)
            yield replace(own, ipv6=True), likely, doubt
        if _may_be_its_node(cluster, call):
            doubt = Reason(f"{call.address} may be the address of the node of {server.ref}, which gets in", "N2")
            yield replace(own, on_node=Truth.YES), likely, doubt


def _may_be_its_node(cluster: Cluster, call: Call) -> bool:
    """Whether a client that is known by its address alone may be the server's node; a pod's address is none's (N2)."""
    if call.client is not None or call.address is None or call.on_node is not Truth.UNKNOWN:
        return False
    policies = index_of(cluster).network_policies
    if policies.only_network_policies and not policies.matching(call.server, Direction.INGRESS):
        return False
    return not any(call.address in pod.addresses for pod in cluster.workloads if not pod.host_network)


def _by_ipv6(cluster: Cluster, call: Call) -> Ref | None:
    """Return the Service whose name may lead a call to an IPv6 address."""
    headless = index_of(cluster).headless_by_ipv6(call.server)
    service = headless if call.service_target is None else call.service_target.service
    return None if service is None else service.ref


def _servers(server: Workload) -> Iterator[tuple[Workload, Reason | None]]:
    """Yield a workload as it is, or with and without the sidecar of which it is not known, the likelier first."""
    if server.injection.sidecar is not Truth.UNKNOWN:
        yield server, None
        return
    why = Reason(f"{server.ref} {server.injection.why}", "R7", server.ref)
    for meshed in (server.meshed, not server.meshed):
        yield replace(server, meshed=meshed, injection=Injection(truth(meshed), server.injection.why)), why


def _judge(cluster: Cluster, call: Call, hinted: bool, settled: bool) -> Answer:
    """Return what becomes of a call whose client connects in a known way."""
    if call.to_itself:
        return _to_itself(cluster, call, hinted=hinted)
    wire = connection(cluster, call, hinted=hinted)
    blocked = network_answer(cluster, call, wire)
    if blocked is not None:
        return blocked
    client = outbound(cluster, call, hinted=hinted)
    if client is not None and client.verdict is not None:
        return _by_client(client, call) if call.service_target is not None else _to_address(client, call)
    if client is not None:
        call = replace(call, request=client.request)
    policy = effective(cluster, call.server, call.port)
    if settled:
        policy = replace(policy, alternatives=tuple(other for other in policy.alternatives if not other.at_first))
    decision = _decided(cluster, call, policy, wire)
    unguarded = decision.allowed and decision.authorization is None
    layer = Layer.NOBODY if unguarded else Layer.SERVER
    told = (client.policy.reason,) if client is not None and client.policy.reason and not decision.allowed else ()
    return Answer(
        decision.verdict,
        _outcome(call, wire, decision),
        layer,
        (*told, *decision.reasons),
        decision.headers,
        policy,
        decision,
    )


def _to_itself(cluster: Cluster, call: Call, *, hinted: bool) -> Answer:
    """Return what becomes of a pod's call of itself (M1): the proxy's own ports are policed all the same (R103).

    By its address it leaves by the loopback interface, where its packets meet no proxy; through a Service they do.
    """
    ports = call.server.sidecar.ports
    if call.server.meshed and call.port == ports.admin:
        if call.service_target is not None:
            reason = Reason("through a Service a pod may reach its own proxy as localhost or by its address", "R103")
            return Answer(Verdict.UNKNOWN, "unknown", Layer.SERVER, (reason,))
        policy = effective(cluster, call.server, call.port)
        decision = _with_address(cluster, replace(call, past_proxy=True), policy, opaque_service=False, hinted=False)
        reason = Reason("a pod's call of its own proxy's admin port comes from its address, without mTLS", "R103")
        outcome = _outcome(call, connection(cluster, call), decision)
        return Answer(decision.verdict, outcome, Layer.SERVER, (reason, *decision.reasons), policy=policy)
    client = outbound(cluster, call, hinted=hinted) if call.service_target is not None else None
    if client is not None and client.verdict is not None:
        return _by_client(client, call)
    reason = Reason("a pod that calls itself passes neither its own proxy's policies nor a NetworkPolicy", "M1")
    return Answer(Verdict.ALLOW, "allow", Layer.NOBODY, (reason,))


def _by_client(client: Outbound, call: Call) -> Answer:
    """Return what the client's own proxy makes of a call that does not leave it."""
    verdict, reasons = client.verdict or Verdict.UNKNOWN, () if client.reason is None else (client.reason,)
    outcome = _word(client.status, call.traffic) if client.status else "closed"
    return Answer(verdict, "unknown" if verdict is Verdict.UNKNOWN else outcome, Layer.CLIENT, reasons)


def _to_address(client: Outbound, call: Call) -> Answer:
    """Return what becomes of a call of a pod's address that the proxy of its client keeps, if it meets that proxy."""
    answer = _by_client(client, call)
    if not call.same_workload or answer.verdict is Verdict.UNKNOWN:
        return answer
    reason = Reason(f"one pod of {call.server.ref} may call another, or itself, past its proxy", "M1")
    return replace(answer, verdict=Verdict.UNKNOWN, outcome="unknown", reasons=(*answer.reasons, reason))


def connection(cluster: Cluster, call: Call, *, hinted: bool | None = None) -> Connection:
    """Return the call as the network sees it."""
    return Connection(
        Endpoint(call.client, call.address, node=call.on_node is Truth.YES),
        call.server,
        call.port,
        call.traffic,
        call.service_target is None,
        without_mtls(cluster, call),
        hinted_opaque(cluster, call.server, call.port) if hinted is None else hinted,
        opaque_to_clients(cluster, call.service_target, call.client.ref.namespace if call.client else ""),
        cluster.settings.outbound_transport_mode != "transparent",
        bypassing=not call.meshed,
    )


def client_of(cluster: Cluster, call: Call) -> Client:
    """Return the client as the server's proxy sees it."""
    wire = connection(cluster, call)
    return arrive(cluster, call, opaque_service=wire.opaque, hinted=wire.hinted)


def _decided(cluster: Cluster, call: Call, policy: PortPolicy, wire: Connection) -> Decision:
    """Decide; a pod that may call itself or its twin is judged both ways."""
    decision = _with_address(cluster, call, policy, opaque_service=wire.opaque, hinted=wire.hinted)
    if not call.same_workload:
        return decision
    if policy.role is PortRole.ADMIN:
        own = _with_address(cluster, replace(call, past_proxy=True), policy, opaque_service=False, hinted=False)
        if own.allowed is decision.allowed:
            return decision
    elif decision.allowed:
        return decision
    reason = Reason(f"one pod of {call.server.ref} may call another, judged so, or itself, which is not", "M1")
    return replace(decision, verdict=Verdict.UNKNOWN, status=0, reasons=(*decision.reasons, reason))


def _with_address(cluster: Cluster, call: Call, policy: PortPolicy, *, opaque_service: bool, hinted: bool) -> Decision:
    """Decide; where the client's address matters and the manifests do not say it, the verdict is unknown."""
    client = arrive(cluster, call, opaque_service=opaque_service, hinted=hinted)
    decision = decide(policy, client, call.request, call.traffic)
    if call.peer is not None or policy.skipped:
        return decision
    other = decide(policy, replace(client, in_every_network=True), call.request, call.traffic)
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


def network_answer(cluster: Cluster, call: Call, wire: Connection) -> Answer | None:
    """Return what the NetworkPolicies make of a connection; None where they let it through."""
    found = wire.blocked(index_of(cluster).network_policies, to_another=not call.to_itself)
    if found is None:
        return None
    if call.same_workload:
        text = f"one pod of {call.server.ref} may call another, which NetworkPolicies decide, or itself"
        reason = Reason(text, "M1", next(iter(found.policies), None))
        return Answer(Verdict.UNKNOWN, "unknown", Layer.NETWORK, (reason,))
    if found.truth is Truth.UNKNOWN:
        return Answer(Verdict.UNKNOWN, "unknown", Layer.NETWORK, (found.reason or _not_known(call, found),))
    if found.reason is not None:
        return Answer(Verdict.BLOCKED, wire.symptom(), Layer.NETWORK, (found.reason,))
    inwards = found.direction is Direction.INGRESS
    whose = str(call.server.ref) if inwards else str(call.client.ref if call.client else "")
    way = "into" if inwards else "out of"
    reasons = [Reason(f"no NetworkPolicy lets this connection {way} {whose} on port {wire.wire_port}", "N1")]
    reasons += [Reason(f"{policy} isolates it, and has no rule for this", "N1", policy) for policy in found.policies]
    if wire.wire_port != call.port:
        reasons.append(Reason(f"between meshed pods port {call.port} travels on {wire.wire_port}", "N9"))
    return Answer(Verdict.BLOCKED, wire.symptom(), Layer.NETWORK, tuple(reasons))


def _not_known(call: Call, found: Filter) -> Reason:
    """Say why a connection that seems blocked may pass: a policy goes by what the manifests do not tell."""
    account = next((one for one in (call.server, call.client) if one and one.ref.kind == "ServiceAccount"), None)
    if account is not None:
        return Reason(f"NetworkPolicies go by labels, and the manifests hold no pods of {account.ref}", "N5")
    peer = call.client if found.direction is Direction.INGRESS else call.server
    who = str(peer.ref) if peer is not None else "the client"
    names = ", ".join(map(str, found.policies))
    text = f"{names} {'go' if len(found.policies) > 1 else 'goes'} by labels or addresses"
    return Reason(f"{text}, and the manifests do not say those of {who}", "N5", next(iter(found.policies), None))
