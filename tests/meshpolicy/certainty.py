"""Whether the verbs beside `check` are certain only where it is: in clusters of which much is not known, or edited."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from ipaddress import ip_address
from random import Random

from hypothesis import strategies as st

from meshpolicy.analysis.access import Access, accesses
from meshpolicy.analysis.clients import ClientSet
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.phrases import InvalidPhrase, read_asked
from meshpolicy.analysis.ports import callable_ports, service_ways
from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.refusals import Denied, denied
from meshpolicy.analysis.regions import Asked
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.core.client import Client, Traffic
from meshpolicy.core.match import PathKind
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth
from meshpolicy.decide.answer import Layer
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, identity_of, without_mtls
from meshpolicy.kinds.adminnetworkpolicy import AdminNetworkPolicy
from meshpolicy.kinds.assembly import assemble
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import NetworkPolicy
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import parse_documents

from .build import GATEWAY, Manifest, documents, labels, network_policy
from .edits import EDITED
from .flips import PAIRS, PATHS, Fault, State

Doubt = Callable[[list[Manifest]], None]
CALLS = 30
PROVED = 2
"""Servers, and clients, about which sentences are asked."""
OUTSIDE = tuple(map(ip_address, ("203.0.113.7", "10.244.77.77")))
UNSPOKEN = (Verdict.PROTOCOL_ERROR, Verdict.CLOSED)
"""A line of access says not which forms of traffic a port takes."""
WALLS = (NetworkPolicy, AdminNetworkPolicy, OtherNetworkPolicy)


def _pod(found: list[Manifest], name: str) -> Manifest:
    return next(one for one in found if one["kind"] == "Pod" and one["metadata"]["name"] == name)


def _without_ages(found: list[Manifest]) -> None:
    for one in found:
        one["metadata"].pop("creationTimestamp", None)


def _without_addresses(found: list[Manifest]) -> None:
    for one in found:
        one.pop("status", None)


def _not_injected(name: str) -> Doubt:
    def doubt(found: list[Manifest]) -> None:
        pod = _pod(found, name)
        pod["metadata"]["labels"].pop("linkerd.io/control-plane-ns", None)
        pod["spec"]["containers"] = [one for one in pod["spec"]["containers"] if one["name"] != "linkerd-proxy"]

    return doubt


def _on_the_host(found: list[Manifest]) -> None:
    _pod(found, "stranger")["spec"]["hostNetwork"] = True


def _by_cilium(name: str, way: str) -> Doubt:
    def doubt(found: list[Manifest]) -> None:
        spec = {"endpointSelector": labels(app=name), way: [{}]}
        metadata = {"name": f"cilium-{name}", "namespace": "arena"}
        one = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata, "spec": spec}
        found.append(one)

    return doubt


def _by_labels_of_a_namespace(found: list[Manifest]) -> None:
    wall = network_policy(policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": labels(team="x")}]}])
    found.append(wall | {"metadata": {"name": "team", "namespace": "arena"}})


def _granted_elsewhere(found: list[Manifest]) -> None:
    group = "policy.linkerd.io"
    required = {"group": group, "kind": "NetworkAuthentication", "name": "net", "namespace": "elsewhere"}
    spec = {"targetRef": {"kind": "Namespace", "name": "arena"}, "requiredAuthenticationRefs": [required]}
    metadata = {"name": "elsewhere", "namespace": "arena"}
    one = {"apiVersion": f"{group}/v1alpha1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}
    found.append(one)


def _routed_by_clients(found: list[Manifest]) -> None:
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/a"}}],
        "backendRefs": [{"name": "other", "port": 80}],
    }
    spec = {"parentRefs": [{"group": "", "kind": "Service", "name": "ponger", "port": 80}], "rules": [rule]}
    metadata = {"name": "of-clients", "namespace": "arena"}
    found.append({"apiVersion": f"{GATEWAY}/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec})


def _passing_its_proxy(found: list[Manifest]) -> None:
    containers = _pod(found, "pinger")["spec"]["containers"]
    containers[0] = {**containers[0], "securityContext": {"runAsUser": 2102}}
    containers.insert(0, {"name": "other", "image": "x"})


def _past_subnets(found: list[Manifest]) -> None:
    _pod(found, "ponger")["metadata"]["annotations"]["config.linkerd.io/skip-subnets"] = "10.244.0.12/32"


DOUBTS: dict[str, Doubt] = {
    "no ages": _without_ages,
    "no addresses": _without_addresses,
    "a server of which it is not known that it is injected": _not_injected("ponger"),
    "a client of which it is not known that it is injected": _not_injected("pinger"),
    "a client on the host's network": _on_the_host,
    "a policy of Cilium for a client": _by_cilium("pinger", "egress"),
    "a policy of Cilium for a server": _by_cilium("ponger", "ingress"),
    "a NetworkPolicy by labels of a Namespace": _by_labels_of_a_namespace,
    "a grant by an object elsewhere": _granted_elsewhere,
    "a route on the Service": _routed_by_clients,
    "a client that may pass its proxy by": _passing_its_proxy,
    "skipped subnets": _past_subnets,
}
"""What makes the manifests leave something open."""
Made = tuple[tuple[State, State], list[str], bool, bool]
"""Two states, what is left open, whether it is in both, and whether these are all objects of the cluster."""
DOUBTED: st.SearchStrategy[Made] = st.tuples(
    PAIRS, st.lists(st.sampled_from(list(DOUBTS)), min_size=1, max_size=2, unique=True), st.booleans(), st.booleans()
)
WRITTEN: st.SearchStrategy[Made] = st.tuples(EDITED, st.just([]), st.just(True), st.booleans())


def states(made: Made) -> tuple[Cluster, Cluster]:
    """Return the two states as clusters."""
    pair, doubts, both, closed = made
    old, new = ([*map(deepcopy, state)] for state in pair)
    for state in (old, new) if both else (new,):
        for doubt in doubts:
            DOUBTS[doubt](state)
    before, after = (parse_documents(documents(*state), closed=closed).cluster for state in (old, new))
    return before, after


def faults(before: Cluster, after: Cluster, seed: int) -> Iterator[Fault]:
    """Yield what `list`, `list --denied`, `diff` and `prove` say against `check`, as far as calls by chance show it."""
    chance = Random(seed)  # noqa: S311 # no secret: calls to ask about
    calls = list(_calls(after, chance))
    yield from _of_list(after, calls)
    yield from _of_denied(after, calls)
    yield from _of_prove(after, calls)
    yield from _of_diff(before, after, calls)


def _calls(cluster: Cluster, chance: Random) -> Iterator[Call]:
    ports = [(server, port) for server in cluster.workloads for port in callable_ports(cluster, server, admin=True)]
    paths = (*PATHS, *_paths(cluster))
    for _ in range(CALLS if ports else 0):
        server, port = chance.choice(ports)
        client = chance.choice([*cluster.workloads, *OUTSIDE])
        traffic = chance.choice(list(Traffic))
        target = chance.choice(list(service_ways(cluster, server, port).values()))
        method = "POST" if traffic is Traffic.GRPC else chance.choice(("GET", "POST"))
        request = Request(method, chance.choice(paths), chance.choice(({}, {"x": "1"})), "a.example")
        workload = client if isinstance(client, Workload) else None
        address = None if isinstance(client, Workload) else client
        call = Call(server, port, workload, address, target, request, traffic)
        if not call.same_workload:
            yield call


def _paths(cluster: Cluster) -> Iterator[str]:
    """Yield the paths of the routes' matches, and one below each."""
    for match in (match for route in cluster.routes for rule in route.http for match in rule.matches):
        if match.path is not None and match.path.kind is not PathKind.REGEX:
            yield from (match.path.value, f"{match.path.value.rstrip('/')}/below")


def verdict(cluster: Cluster, call: Call) -> Verdict:
    """Return what `check` says; where only the way to the server is open, and the server refuses, that it refuses."""
    found = judge(cluster, call, settled=True)
    if found.verdict is not Verdict.UNKNOWN or found.layer not in (Layer.NETWORK, Layer.CLIENT):
        return found.verdict
    kept = [one for one in cluster.objects if not isinstance(one, WALLS)]
    at_server = judge(
        assemble(kept, cluster.settings, closed=cluster.closed), replace(call, service_target=None), settled=True
    )
    known = at_server.verdict not in (Verdict.ALLOW, Verdict.UNKNOWN)
    return at_server.verdict if known else found.verdict


def _name(call: Call) -> str:
    who = call.client.ref if call.client is not None else call.address
    way = call.service_target.service.ref if call.service_target is not None else "its address"
    return f"{who} -> {call.server.ref}:{call.port} by {way}: {call.traffic} {call.request}"


def _of_list(cluster: Cluster, calls: list[Call]) -> Iterator[Fault]:
    found = list(accesses(cluster))
    for call in (replace(one, on_node=Truth.NO) for one in calls):  # no policy keeps the server's own node away (N2)
        said = verdict(cluster, call)
        mine = [one for one in found if _is_for(one, cluster, call)]
        if said in (Verdict.ALLOW, Verdict.UNKNOWN) and call.port in callable_ports(cluster, call.server):
            if not mine:
                yield Fault("list", f"{said}, and no line: {_name(call)}")
        elif (
            said not in UNSPOKEN
            and judge(cluster, call, settled=True).layer is Layer.SERVER
            and any(not one.unknown for one in mine)
        ):
            yield Fault("list", f"{said}, and a line: {_name(call)}")


def _is_for(access: Access, cluster: Cluster, call: Call) -> bool:
    if (access.server, access.port) != (call.server.ref, call.port) or access.blocked:
        return False
    return _holds(access.clients, cluster, call) and _asks(access.asked, call)


def _holds(clients: ClientSet, cluster: Cluster, call: Call) -> bool:
    identities = [""]
    if call.client is not None and call.meshed:
        identities.insert(0, identity_of(cluster, call.client))
        known = call.carried is Truth.YES and not without_mtls(cluster, call)
        identities = identities[:1] if known else identities
    return any(term.holds(Client(call.peer, identity=one)) for term in clients for one in identities)


def _asks(asked: tuple[Asked, ...], call: Call) -> bool:
    return any(
        call.traffic in one.traffics and (one.requests is None or one.requests.holds(call.request)) for one in asked
    )


def _of_denied(cluster: Cluster, calls: list[Call]) -> Iterator[Fault]:
    rows = [row for row in denied(cluster) if not row.unknown]
    for call in calls:
        said = verdict(cluster, call)
        if said in (Verdict.ALLOW, Verdict.UNKNOWN) and any(_is_about(row, call) for row in rows):
            yield Fault("denied", f"{said}, and a line: {_name(call)}")


def _is_about(row: Denied, call: Call) -> bool:
    names = [f"{one.ref.namespace}/{one.ref.name}" for one in (call.client, call.server) if one is not None]
    if (row.client, row.server, row.port) != (names[0], names[-1], call.port) or len(names) < 2:
        return False
    try:
        return row.layer is Layer.NETWORK or _asks(read_asked(row.what), call)
    except InvalidPhrase:
        return False


def _of_prove(cluster: Cluster, calls: list[Call]) -> Iterator[Fault]:
    clients = list(dict.fromkeys(call.client.ref for call in calls if call.client is not None))[:PROVED]
    for server, port in list(dict.fromkeys((call.server.ref, call.port) for call in calls))[:PROVED]:
        to = [call for call in calls if (call.server.ref, call.port) == (server, port)]
        said = f"may call {server.namespace}/{server.name}:{port}"
        yield from _proved(cluster, f"no unmeshed client {said}", [call for call in to if call.client is None])
        for client in clients:
            others = [call for call in to if call.client is None or not _same_account(cluster, call.client, client)]
            yield from _proved(cluster, f"only {client.namespace}/{client.name} {said}", others)


def _same_account(cluster: Cluster, client: Workload, other: Ref) -> bool:
    """Whether a workload has the identity of another: by a sentence about the one, the other may call, too."""
    named = cluster.workload(other.namespace, other.name)
    return named is not None and identity_of(cluster, named) == identity_of(cluster, client)


def _proved(cluster: Cluster, text: str, refused: list[Call]) -> Iterator[Fault]:
    """Yield the calls that are not refused, although a sentence is proved that says so."""
    if prove(cluster, read_sentence(text, cluster.settings)).outcome is Outcome.PROVED:
        for call in refused:
            if not _by_labels(cluster, call) and verdict(cluster, call) in (Verdict.ALLOW, Verdict.UNKNOWN):
                yield Fault("prove", f"{text} is proved: {_name(call)}")


def _by_labels(cluster: Cluster, call: Call) -> bool:
    """Whether the labels of a client decide that is known by its address: a proof looks at all that it may have."""
    found = judge(cluster, call, settled=True)
    return call.client is None and found.verdict is Verdict.UNKNOWN and found.layer is Layer.NETWORK


def _of_diff(before: Cluster, after: Cluster, calls: list[Call]) -> Iterator[Fault]:
    told = {(one.server, one.port) for one in compare(before, after) if one.change.changes_requests}
    for call in calls:
        earlier = _earlier(before, after, call)
        if earlier is not None and (call.server.ref, call.port) not in told:
            was, now = verdict(before, earlier), verdict(after, call)
            if _kind(was) != _kind(now):
                yield Fault("diff", f"{was}, then {now}, and no line: {_name(call)}")


def _earlier(before: Cluster, after: Cluster, call: Call) -> Call | None:
    """Return a call as it is made in the state before; None where it cannot be."""
    old = {workload.ref: workload for workload in before.workloads}
    server = old.get(call.server.ref)
    client = None if call.client is None else old.get(call.client.ref)
    if server is None or (client is None) is not (call.client is None):
        return None
    now, ways = (service_ways(state, one, call.port) for state, one in ((after, call.server), (before, server)))
    name = next(name for name, one in now.items() if one == call.service_target)
    return replace(call, server=server, client=client, service_target=ways[name]) if name in ways else None


def _kind(said: Verdict) -> str:
    return str(said) if said in (Verdict.ALLOW, Verdict.UNKNOWN) else "refused"
