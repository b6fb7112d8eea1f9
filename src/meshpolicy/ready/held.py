"""Decides a need by the policies and the transport: allowed, refused, or unknown. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address

from meshpolicy.analysis.access import Access, accesses, admits
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import Address, HttpMatch, Network, PathKind, PathMatch
from meshpolicy.core.policy import Authorization, PortPolicy, Protocol, TlsAuthenticated
from meshpolicy.core.ref import Origin, Reason, Ref
from meshpolicy.core.truth import Truth
from meshpolicy.decide.answer import Answer, Layer
from meshpolicy.decide.authorized import authorized
from meshpolicy.decide.connection import DNS_PORT, Infrastructure
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import client_of, judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, identity_of
from meshpolicy.index.defaults import probe_paths
from meshpolicy.index.effective import effective
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.need import Need, NeedKind, Party
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import replace

NODES = ("203.0.113.7", "10.255.255.254", "192.168.255.254", "2001:db8::7")
"""Addresses that a node may have, outside and inside of the cluster's networks."""


def hold(cluster: Cluster, need: Need) -> Held:
    """Return the outcome of a need in a cluster; the need's workloads are looked up there by name."""
    if need.kind is NeedKind.DNS:
        return _resolving(cluster, need)
    judged = [(call, answer) for call in calls(cluster, need) for answer in _answers(cluster, need, call)]
    first = next((one for one in judged if not one[1].allowed), judged[0])
    call, answer = first
    if all(other.allowed for _, other in judged):
        return _allowed(cluster, need, call, answer)
    certain = {other.verdict is not Verdict.UNKNOWN and not other.allowed for _, other in judged}
    if certain == {True}:
        return _refused(cluster, need, call, answer)
    unknown = next((one for _, one in judged if one.verdict is Verdict.UNKNOWN), None)
    why = _last(unknown) if unknown is not None else _differing(need, judged)
    return Held(need, Standing.UNKNOWN, why, "", call, unknown or answer)


def calls(cluster: Cluster, need: Need) -> list[Call]:
    """Return the calls that a need may make in a cluster; the need's workloads are looked up there by name."""
    ends = cluster.once(_ends)
    server = ends.get(need.server.ref, need.server)
    client = need.client
    if client is not None:
        own = ends.get(client.ref) or ends.get(server.ref if _is_peer(need) else client.ref, client)
        client = replace(own, ref=client.ref)
    targets = (need.through, None) if need.either_way and need.through is not None else (need.through,)
    found = []
    for target in targets:
        host = need.asking.host or (target.host if target is not None else "")
        path = need.asking.path if need.asking.whole else _beside_probes(server, need.port)
        request = Request(need.asking.method, path, {"host": host}, host)
        for traffic in need.asking.traffics:
            sent = replace(request, method="POST") if traffic is Traffic.GRPC else request
            found.append(Call(server, need.port, client, None, target, sent, traffic))
    return found


def _ends(cluster: Cluster) -> Mapping[Ref, Workload]:
    """Return the workloads of a cluster by their references."""
    return {one.ref: one for one in cluster.workloads}


def _beside_probes(server: Workload, port: int) -> str:
    """Return a path to test for unknown ones, which is not open to probes."""
    opened = probe_paths(server, port)
    return next(path for path in ("/", *(f"/{number}" for number in range(len(opened) + 1))) if path not in opened)


def _is_peer(need: Need) -> bool:
    client = need.client
    return client is not None and client.ref == replace(need.server.ref, group="", kind="Pod")


def _answers(cluster: Cluster, need: Need, call: Call) -> Iterator[Answer]:
    """Yield the answers to a call; for the kubelet one for each address that its node may have."""
    if need.caller is not Party.KUBELET:
        yield judge(cluster, call, settled=True)
        return
    versions = (4, 6) if cluster.settings.ipv6 else (4,)
    for address in _nodes(effective(cluster, call.server, call.port), need.networks, versions):
        yield judge(cluster, replace(call, address=address), node=address, settled=True)


def _nodes(policy: PortPolicy, networks: Sequence[Network], versions: Sequence[int]) -> Iterable[Address]:
    """Return addresses that a node may have, including some in each network to which the port is open.

    If IPv6 is not redirected to proxies, the kubelet calls pods at their IPv4 addresses.
    """
    grants = [*policy.authorizations, *(one for route in policy.http_routes for one in route.authorizations)]
    found = [address for one in networks for address in (one.network_address, one.broadcast_address)]
    found += [ip_address(text) for text in NODES]
    for network in (network for grant in grants for network in grant.networks):
        for one in (network.cidr, *network.exceptions):
            found += [one.network_address, one.broadcast_address]
    meant = [one for one in found if one.version in versions and not one.is_loopback and not one.is_unspecified]
    return dict.fromkeys(one for one in meant if not networks or any(one in network for network in networks))


def _allowed(cluster: Cluster, need: Need, call: Call, answer: Answer) -> Held:
    """Return an allowed need: correct if the grant is for this caller, unprotected if it admits more."""
    partly = _partly(cluster, need, call, answer)
    if partly:
        return Held(need, Standing.UNKNOWN, partly, "", call, answer)
    grant = answer.decision.authorization if answer.decision is not None else None
    why = ""
    if need.client is None and (need.kind in (NeedKind.PROBE, NeedKind.HOOK) or grant is not None):
        return Held(need, Standing.CORRECT, f"by {grant.ref}" if grant is not None else "", "", call, answer)
    if answer.layer is Layer.NOBODY and not call.to_itself:
        why = answer.reasons[-1].text if answer.reasons else "nothing stands in its way"
    elif grant is not None and _is_wide(grant):
        why = f"{grant.ref} lets in more than this caller"
    standing = Standing.UNPROTECTED if why else Standing.CORRECT
    return Held(need, standing, why or (f"by {grant.ref}" if grant is not None else ""), "", call, answer)


def _is_wide(grant: Authorization) -> bool:
    """Whether a grant is for anyone, or any meshed client."""
    if grant.ref.origin is Origin.LOCALHOST:
        return False
    who = grant.authentication
    return not isinstance(who, TlsAuthenticated) or any(one.pattern.startswith("*") for one in who.identities)


def _refused(cluster: Cluster, need: Need, call: Call, answer: Answer) -> Held:
    """Return a refused need; it is unknown if the caller may send other requests, or may be an admitted client."""
    why = _last(answer)
    if answer.layer is Layer.NETWORK and need.client is None and need.caller in (Party.INGRESS, Party.PROMETHEUS):
        # NetworkPolicies select by labels, and a sidecar changes the port on the wire: both are unknown here.
        text = f"{why}, as far as is known: {need.caller}'s workload is not in the input; name it with an option"
        return Held(need, Standing.UNKNOWN, text, "", call, answer)
    if answer.layer is Layer.SERVER:
        partly = _partly(cluster, need, call, answer)
        if partly:
            return Held(
                need, Standing.UNKNOWN, f"{need.asking.method} {need.asking.path} is refused; {partly}", "", call
            )
    if not need.sure:
        observed = need.kind is NeedKind.OBSERVED
        doubt = "it is answered today, which the log does not say" if observed else f"`{need.what}` names what it calls"
        text = f"it would be refused, if {doubt}: {why}"
        return Held(need, Standing.UNKNOWN, text, "", call, answer)
    return Held(need, Standing.MISSING, why, answer.outcome, call, answer)


def _partly(cluster: Cluster, need: Need, call: Call, answer: Answer) -> str:
    """Return why some requests of a caller may have another outcome; empty if all have the same."""
    if need.caller in (Party.INGRESS, Party.PROMETHEUS) and not answer.allowed:
        return _perhaps_admitted(cluster, need, call)
    policy = answer.policy
    if policy is None or (need.asking.whole and answer.allowed) or not call.traffic.is_http:
        return ""
    refs = [route.ref for route in policy.http_routes] + [route.ref for route in policy.grpc_routes]
    if not any(ref.is_object for ref in refs) or (answer.allowed and _to_all(cluster, policy, call)):
        return ""
    own = _admitting(cluster, call)
    if answer.allowed:
        told = f"{own[0].by} admits it to some requests" if own else "routes decide each request"
        return f"{told}, and which it sends is not declared"
    if not own or need.client is None:
        return ""
    return f"{own[0].by} admits its caller to other requests, and which it sends is not declared"


def _to_all(cluster: Cluster, policy: PortPolicy, call: Call) -> bool:
    """Whether every route of a port admits a caller, and one of them matches all remaining requests."""
    if policy.protocol is Protocol.GRPC:
        return False
    client = client_of(cluster, call)
    rules = [rule for route in policy.http_routes if not route.hostnames for rule in route.rules]
    anything = HttpMatch(PathMatch(PathKind.PREFIX, "/"))
    rest = any(not rule.matches or {HttpMatch(), anything} & set(rule.matches) for rule in rules)
    changed = any(rule.filters for route in policy.http_routes for rule in route.rules)
    return rest and not changed and all(authorized(one.authorizations, client) for one in policy.http_routes)


def _admitting(cluster: Cluster, call: Call) -> list[Access]:
    """Return the access of a caller to a port, for any requests; access that names its identity comes first."""
    client = call.client
    identity = identity_of(cluster, client) if client is not None and call.meshed else ""
    found = [one for one in _of_port(cluster, call) if (admits(one, identity) if identity else one.unmeshed)]
    return sorted(found, key=lambda one: identity not in _patterns(one))


def _patterns(access: Access) -> set[str]:
    """Return the identities that an access names, as written; they may start with `*`."""
    patterns = {pattern for term in access.clients for pattern in term.identities.all_of}
    return {getattr(pattern, "pattern", "") for pattern in patterns}


def _of_port(cluster: Cluster, call: Call) -> list[Access]:
    """Return the access of all clients to a port, except the kubelet's probes."""
    found = accesses(cluster, (call.server,))
    return [one for one in found if one.port == call.port and one.by.origin is not Origin.PROBES and not one.blocked]


def _perhaps_admitted(cluster: Cluster, need: Need, call: Call) -> str:
    """Return why a caller without a workload in the input may be admitted: a grant may name it; empty if none may."""
    known = {identity_of(cluster, one) for one in cluster.workloads}
    for one in _of_port(cluster, call):
        if one.unknown or not _patterns(one) <= known:
            return f"{one.by} may mean {need.caller}, whose workload is not in the input"
    return ""


def _resolving(cluster: Cluster, need: Need) -> Held:
    """Return whether a workload may ask DNS (N16)."""
    client = next((one for one in cluster.workloads if need.client and one.ref == need.client.ref), need.client)
    resolver = Infrastructure(cluster.settings.control_plane_namespace).resolver()
    policies = index_of(cluster).network_policies
    found = policies.filter(Direction.EGRESS, Endpoint(client), resolver, DNS_PORT, "UDP")
    names = ", ".join(map(str, found.policies))
    match found.truth:
        case Truth.YES:
            return Held(need, Standing.CORRECT, f"by {names}" if names else "")
        case Truth.NO:
            return Held(need, Standing.MISSING, f"{names} lets no UDP 53 out to kube-dns", "blocked")
        case _:
            return Held(need, Standing.UNKNOWN, f"{names} goes by addresses or labels that the input does not have")


def _last(answer: Answer) -> str:
    reasons = answer.reasons
    return str(Reason(reasons[-1].text, reasons[-1].rule)) if reasons else str(answer.verdict)


def _differing(need: Need, judged: Sequence[tuple[Call, Answer]]) -> str:
    """Return how the allowed calls and the other calls differ, in words."""
    if need.caller is Party.KUBELET:
        return "the address of the node decides, and the manifests do not say it"
    allowed = next(call for call, answer in judged if answer.allowed)
    refused, answer = next(one for one in judged if not one[1].allowed)
    if allowed.traffic is not refused.traffic:
        return f"nothing says what it speaks: {allowed.traffic} is answered, {refused.traffic} is not"
    way = "the Service" if refused.service_target is not None else "the pod's address"
    return f"through {way} the answer is `{answer.outcome}`, the other way it is allowed"


def dns_needs(needs: Iterable[Need], cluster: Cluster) -> Iterator[Need]:
    """Yield the need for DNS of workloads that call others by name, if a NetworkPolicy isolates their egress."""
    resolver = Infrastructure().resolver().workload
    seen: set[object] = set()
    for need in needs:
        client = need.client
        if client is None or resolver is None or client.ref in seen or not isinstance(client, Workload):
            continue
        seen.add(client.ref)
        if index_of(cluster).network_policies.isolating(client, Direction.EGRESS):
            yield Need(NeedKind.DNS, client, resolver, DNS_PORT, need.place, need.what)
