"""The smallest change that would allow exactly one refused call, as manifests to apply. Pure."""

from meshpolicy.analysis.needs import lacking
from meshpolicy.analysis.passes import passing, to_control_plane, to_dns
from meshpolicy.core.client import Traffic
from meshpolicy.core.document import Manifest
from meshpolicy.core.match import Address, HttpMatch, PathKind
from meshpolicy.decide.answer import Answer, Layer
from meshpolicy.decide.connection import ControlPlane
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import connection
from meshpolicy.decide.transport import Call
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import GATEWAY_GROUP, POLICY_GROUP
from meshpolicy.kinds.networkpolicy import Direction
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class Suggestion:
    """A change in words, and the manifests to apply."""

    text: str
    manifests: tuple[Manifest, ...] = ()


def suggestion(cluster: Cluster, call: Call, answer: Answer) -> Suggestion | None:
    """Return the smallest change for a refused call; None for a call that passes or that no policy can allow."""
    if answer.verdict is Verdict.BLOCKED:
        return _network_rule(cluster, call)
    if call.client is None or not call.meshed:
        return _for_unmeshed_client(answer)
    matches = _matches(cluster, answer) if answer.verdict is Verdict.FORBIDDEN else ()
    if matches and not any(_is_exact(match, call) for match in matches):
        # A grant on this route would open whatever else it matches.
        return _route(call, answer)
    if answer.verdict is Verdict.FORBIDDEN or (answer.verdict is Verdict.CLOSED and not _protocol(answer)):
        return _authorization(call, answer, more=len(matches) > 1)
    if answer.verdict is Verdict.NOT_FOUND and answer.layer is Layer.SERVER and call.traffic is not Traffic.GRPC:
        return _route(call, answer)
    if answer.verdict in (Verdict.CLOSED, Verdict.PROTOCOL_ERROR) and answer.policy is not None and _readable(answer):
        return Suggestion(f"set proxyProtocol of {answer.policy.server} to what its clients send, or to `unknown`")
    return None


def _protocol(answer: Answer) -> bool:
    """Whether the connection is closed because of the port's protocol, which no grant changes (R64)."""
    return any(reason.rule in ("R63", "R64") for reason in answer.reasons)


def _readable(answer: Answer) -> bool:
    """Whether proxies can read the request: no policy allows one that they cannot (R136)."""
    return all(reason.rule != "R136" for reason in answer.reasons)


def _matches(cluster: Cluster, answer: Answer) -> tuple[HttpMatch, ...]:
    """Return the matches of the HTTPRoute that the request matches; none for a route that Linkerd adds."""
    route_ref = answer.decision.route if answer.decision is not None else None
    route = next((route for route in cluster.routes if route.ref == route_ref and route.ref.kind == "HTTPRoute"), None)
    return tuple(match for rule in route.http for match in rule.matches or (HttpMatch(),)) if route else ()


def _is_exact(match: HttpMatch, call: Call) -> bool:
    """Whether a match names the call's path and method, so that no later route would be chosen before it."""
    path = call.request.path.partition("?")[0]
    exact = match.path is not None and match.path.kind is PathKind.EXACT and match.path.value == path
    return exact and match.method == call.request.method


def _for_unmeshed_client(answer: Answer) -> Suggestion | None:
    if answer.verdict in (Verdict.FORBIDDEN, Verdict.CLOSED):
        return Suggestion(
            "give the client a sidecar (annotation linkerd.io/inject: enabled); then grant to its account"
        )
    return None


def _authorization(call: Call, answer: Answer, *, more: bool) -> Suggestion | None:
    """Grant to the client's account, on the route that the request matches if there is one, else on the Server."""
    policy, client = answer.policy, call.client
    if policy is None or client is None:
        return None
    if not policy.server.is_object:
        server = _server(call.server, call.port)
        name = f"{client.ref.name}-may-call-{call.server.ref.name}"
        target = {"group": POLICY_GROUP, "kind": "Server", "name": f"{call.server.ref.name}-{call.port}"}
        text = "put a Server on the port, which closes it to everyone, and grant to the account"
        return Suggestion(text, (server, _policy(call, name, target)))
    route = answer.decision.route if answer.decision is not None else None
    on_route = route is not None and route.group in (POLICY_GROUP, GATEWAY_GROUP)
    chosen = route if on_route and route is not None else policy.server
    target = {"group": chosen.group, "kind": chosen.kind, "name": chosen.name}
    name = f"{client.ref.name}-may-call-{chosen.name}"
    widens = ", which opens its other matches, too" if more else ""
    return Suggestion(f"authorize the account on {chosen}{widens}", (_policy(call, name, target),))


def _policy(call: Call, name: str, target: Manifest) -> Manifest:
    client = call.client
    account = {
        "kind": "ServiceAccount",
        "name": client.service_account if client else "",
        "namespace": client.ref.namespace if client else "",
    }
    return {
        "apiVersion": "policy.linkerd.io/v1alpha1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": call.server.ref.namespace},
        "spec": {"targetRef": dict(target), "requiredAuthenticationRefs": [account]},
    }


def _server(server: Workload, port: int) -> Manifest:
    return {
        "apiVersion": "policy.linkerd.io/v1beta3",
        "kind": "Server",
        "metadata": {"name": f"{server.ref.name}-{port}", "namespace": server.ref.namespace},
        "spec": {"podSelector": {"matchLabels": own_labels(server)}, "port": port},
    }


def _route(call: Call, answer: Answer) -> Suggestion | None:
    """Suggest a route for this path alone, and a grant on it for the client's account."""
    policy, client = answer.policy, call.client
    if policy is None or client is None or not policy.server.is_object:
        return None
    name = f"{client.ref.name}-to-{policy.server.name}"
    match = {"path": {"type": "Exact", "value": call.request.path.partition("?")[0]}, "method": call.request.method}
    parent = {"group": POLICY_GROUP, "kind": "Server", "name": policy.server.name}
    route: Manifest = {
        "apiVersion": "policy.linkerd.io/v1beta3",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": call.server.ref.namespace},
        "spec": {"parentRefs": [parent], "rules": [{"matches": [match]}]},
    }
    target = {"group": POLICY_GROUP, "kind": "HTTPRoute", "name": name}
    return Suggestion(
        "offer the path in a route, and authorize the account on it", (route, _policy(call, name, target))
    )


def _network_rule(cluster: Cluster, call: Call) -> Suggestion | None:
    """Suggest the missing NetworkPolicy rule for each direction that is blocked."""
    if call.client is None and call.address is None:
        return Suggestion("say who the client is: by its address, or better by a sidecar, as a workload")
    wire = connection(cluster, call)
    found: list[Manifest] = []
    more = ""
    policies = index_of(cluster).network_policies
    inwards = policies.filter(Direction.INGRESS, Endpoint(call.server), wire.client, wire.wire_port)
    if not inwards.allowed:
        rule = _rule(call.server, "Ingress", "ingress", "from", call.client or call.address, wire.wire_port)
        found.append(rule)
    if call.client is not None:
        outwards = policies.filter(Direction.EGRESS, wire.client, Endpoint(call.server), wire.wire_port)
        if not outwards.allowed:
            found.append(_rule(call.client, "Egress", "egress", "to", call.server, wire.wire_port))
        if call.service_target is not None and lacking(cluster, call.client):
            found.append(_needs(call.client, cluster.settings.control_plane_namespace))
            more = ", and what a call of a name needs: DNS, and Linkerd's control plane"
    return Suggestion(f"let NetworkPolicies pass TCP {wire.wire_port}{more}", tuple(found)) if found else None


def _rule(of: Workload, kind: str, rules: str, peers: str, peer: Workload | Address | None, port: int) -> Manifest:
    if isinstance(peer, Workload):
        rule = passing(peers, peer.ref.namespace, own_labels(peer), (port, "TCP"))
    else:
        rule = {"ports": [{"port": port, "protocol": "TCP"}]}
        rule |= {} if peer is None else {peers: [{"ipBlock": {"cidr": f"{peer}/{peer.max_prefixlen}"}}]}
    return _network_policy(of, f"{rules}-{port}", {"policyTypes": [kind], rules: [rule]})


def _needs(client: Workload, control_plane: str) -> Manifest:
    """Return the NetworkPolicy that lets a client reach DNS, and its proxy the control plane (N16, N17)."""
    rules = [to_dns(), *(to_control_plane(control_plane, part) for part in ControlPlane)]
    return _network_policy(client, "egress-needs", {"policyTypes": ["Egress"], "egress": rules})


def _network_policy(of: Workload, name: str, spec: dict[str, object]) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{of.ref.name}-{name}", "namespace": of.ref.namespace},
        "spec": {"podSelector": {"matchLabels": own_labels(of)}, **spec},
    }


def own_labels(workload: Workload) -> dict[str, str]:
    """Return the labels that the author wrote in the manifests, without those that the injector adds."""
    return {key: value for key, value in workload.labels.items() if not key.startswith("linkerd.io/")}
