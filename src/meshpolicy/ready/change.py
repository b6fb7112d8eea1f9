"""The smallest changes that allow refused needs; each is decided again, and refuses no other need. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from meshpolicy.analysis.suggest import own_labels, suggestion
from meshpolicy.core.client import Traffic
from meshpolicy.core.document import Manifest
from meshpolicy.decide.connection import DNS_PORT
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster, with_policies
from meshpolicy.kinds.kind import POLICY_GROUP, Object
from meshpolicy.ready.held import hold
from meshpolicy.ready.need import Need, NeedKind, Party
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import record

Read = Callable[[Sequence[Manifest]], Sequence[Object]]
"""Reads manifests."""
MOST_STEPS = 3
"""The number of layers that may refuse a call in turn: egress, ingress, Linkerd."""
ADMIN_PORT_NAME = "linkerd-admin"
"""The name of the admin port in the sidecar's container."""
EVERYWHERE = ({"cidr": "0.0.0.0/0"}, {"cidr": "::/0"})


@record
class Step:
    """The change for one need."""

    text: str
    manifests: tuple[Manifest, ...] = ()
    """The objects to apply; empty if no object helps, or if an earlier step already allows the need."""


@record
class Planned:
    """A step for each refused need, and the cluster after all steps."""

    steps: Mapping[int, Step]
    """The steps, by the position of their need in the list."""
    cluster: Cluster


def plan(cluster: Cluster, held: Sequence[Held], read: Read) -> Planned:
    """Return the steps for all refused needs; each is based on the cluster after the previous ones."""
    steps: dict[int, Step] = {}
    needs = [one.need for one in held]
    allowed = {number for number, one in enumerate(held) if one.standing.allowed}
    for number, one in enumerate(held):
        if one.standing is not Standing.MISSING:
            continue
        now = hold(cluster, one.need)
        labels = own_labels(one.need.server)
        near = [other for other, need in enumerate(needs) if _touches(one.need, labels, need)]
        if now.standing.allowed:
            steps[number] = Step("the change for another need allows it, too")
        else:
            guarded = [needs[other] for other in near if other in allowed]
            steps[number], cluster = _step(cluster, now, [needs[other] for other in near], guarded, read)
        allowed |= {other for other in near if other not in allowed and hold(cluster, needs[other]).standing.allowed}
    return Planned(steps, cluster)


def _touches(one: Need, labels: Mapping[str, str], other: Need) -> bool:
    """Whether a Server that selects the pods of one need by their labels may affect another need, too."""
    same = one.server.ref.namespace == other.server.ref.namespace
    if one.kind is NeedKind.SIDECAR:
        return same and (other.kind is NeedKind.SIDECAR or other.port == one.port)
    return same and all(other.server.labels.get(key) == value for key, value in labels.items())


def _step(
    before: Cluster, held: Held, needs: Sequence[Need], guarded: Sequence[Need], read: Read
) -> tuple[Step, Cluster]:
    """Return the step that allows one need, and the cluster after it; without a solution, a step without objects."""
    cluster, texts, found = before, [], list[Manifest]()
    now = held
    for _ in range(MOST_STEPS):
        text, manifests = _proposed(cluster, now, needs)
        texts.append(text)
        if not manifests:
            return Step("; ".join(texts)), before
        manifests = _renamed(cluster, manifests, now.need)
        found += manifests
        cluster = with_policies(cluster, read(manifests))
        now = hold(cluster, held.need)
        if now.standing.allowed:
            return _checked(before, cluster, Step("; ".join(texts), tuple(found)), guarded)
        if now.standing is Standing.UNKNOWN:
            break
    return Step("no single change is known that allows it"), before


def _checked(before: Cluster, after: Cluster, step: Step, guarded: Sequence[Need]) -> tuple[Step, Cluster]:
    """Return the step and the cluster after it, unless it may refuse a need that was allowed."""
    for need in guarded:
        if not hold(after, need).standing.allowed:
            return Step(f"{step.text}: that may refuse {need.caller_name} -> {need.server_name}"), before
    return step, after


def _proposed(cluster: Cluster, held: Held, needs: Sequence[Need]) -> tuple[str, tuple[Manifest, ...]]:
    need, call, answer = held.need, held.call, held.answer
    if need.kind is NeedKind.DNS and need.client is not None:
        return "let NetworkPolicies pass DNS", (_dns(need),)
    if need.kind is NeedKind.SIDECAR and (
        need.client is None or (need.client.meshed and _is_ungoverned(cluster, need))
    ):
        return _for_sidecars(cluster, need)
    if need.caller in (Party.KUBELET, Party.API_SERVER, Party.OUTSIDE):
        return _for_unmeshed(cluster, need, needs)
    if call is None or answer is None:
        return "no change is known", ()
    if need.client is None:
        option = "--ingress" if need.caller is Party.INGRESS else "--prometheus"
        return f"say who {need.caller} is, with {option} NAMESPACE/ACCOUNT; then grant to it", ()
    found = suggestion(cluster, call, answer)
    return ("no change of a policy allows it", ()) if found is None else (found.text, found.manifests)


def _is_ungoverned(cluster: Cluster, need: Need) -> bool:
    """Whether no Server of the need's namespace is for the admin port of a sidecar."""
    ports = (need.port, cluster.settings.ports.admin, ADMIN_PORT_NAME)
    return not any(one.port in ports for one in cluster.in_namespace(need.server.ref.namespace).servers)


def _for_sidecars(cluster: Cluster, need: Need) -> tuple[str, tuple[Manifest, ...]]:
    """Grant the metrics of sidecars, of a whole namespace if it can be; without a route, as the probes stay open then.

    A Server that is there already is kept, and where others have one, this one gets its own.
    """
    policy, space = effective(cluster, need.server, need.port), need.server.ref.namespace
    found: list[Manifest] = []
    if policy.server.is_object:
        server, text = policy.server.name, f"grant it on {policy.server}"
    elif _is_ungoverned(cluster, need):
        server, text = "sidecar-admin", "put one Server on the metrics of all sidecars of the namespace, and grant it"
        selecting = {"podSelector": {}, "port": ADMIN_PORT_NAME, "proxyProtocol": "HTTP/1"}
        found.append(_object("v1beta3", "Server", space, server, selecting))
    else:
        server, text = f"{need.server.ref.name}-{need.port}", "put a Server on the sidecar's metrics, and grant it"
        found.append(_object("v1beta3", "Server", space, server, _selecting(need)))
    if need.client is not None:
        who, account = need.client.service_account, need.client.ref.namespace
        by = {"kind": "ServiceAccount", "name": who, "namespace": account}
    else:
        who = "anyone"
        everyone = f"{who}-to-{server}"
        found.append(_object("v1alpha1", "NetworkAuthentication", space, everyone, {"networks": list(EVERYWHERE)}))
        by = {"group": POLICY_GROUP, "kind": "NetworkAuthentication", "name": everyone}
    target = {"group": POLICY_GROUP, "kind": "Server", "name": server}
    spec = {"targetRef": target, "requiredAuthenticationRefs": [by]}
    found.append(
        _object(
            "v1alpha1",
            "AuthorizationPolicy",
            space,
            f"{who}-may-scrape-{'sidecars' if server == 'sidecar-admin' else server}",
            spec,
        )
    )
    return text, tuple(found)


def _for_unmeshed(cluster: Cluster, need: Need, needs: Sequence[Need]) -> tuple[str, tuple[Manifest, ...]]:
    """Grant to callers that have no identity: the requests that they are known to make, or else the port."""
    policy = effective(cluster, need.server, need.port)
    server = policy.server.name if policy.server.is_object else f"{need.server.ref.name}-{need.port}"
    space = need.server.ref.namespace
    found: list[Manifest] = []
    if not policy.server.is_object:
        found.append(_object("v1beta3", "Server", space, server, _selecting(need)))
    everyone = f"anyone-to-{server}"
    found.append(_object("v1alpha1", "NetworkAuthentication", space, everyone, {"networks": list(EVERYWHERE)}))
    target = {"group": POLICY_GROUP, "kind": "Server", "name": server}
    text = f"open port {need.port} to clients without identity, as {need.caller} has none"
    if need.asking.whole and need.asking.traffics[0] in (Traffic.HTTP, Traffic.GRPC):
        name = f"{need.server.ref.name}-{need.port}-unmeshed"
        asked = [one for one in needs if one.caller is need.caller and one.asking.whole and _same_port(one, need)]
        found.append(_route(space, name, server, [_match(one) for one in asked]))
        if not any(route.ref.is_object for route in policy.http_routes):
            rest = {"path": {"type": "PathPrefix", "value": "/"}}
            found.append(_route(space, f"{need.server.ref.name}-{need.port}-rest", server, [rest]))
        target = {"group": POLICY_GROUP, "kind": "HTTPRoute", "name": name}
        text = f"offer what {need.caller} asks for in a route, and open that to clients without identity"
    reference = {"group": POLICY_GROUP, "kind": "NetworkAuthentication", "name": everyone}
    spec = {"targetRef": target, "requiredAuthenticationRefs": [reference]}
    found.append(_object("v1alpha1", "AuthorizationPolicy", space, everyone, spec))
    return text, tuple(found)


def _same_port(one: Need, other: Need) -> bool:
    return one.server.ref == other.server.ref and one.port == other.port


def _match(need: Need) -> Manifest:
    method = "POST" if need.asking.traffics == (Traffic.GRPC,) else need.asking.method
    return {"path": {"type": "Exact", "value": need.asking.path.partition("?")[0]}, "method": method}


def _route(space: str, name: str, server: str, matches: Sequence[Manifest]) -> Manifest:
    distinct = [dict(one) for number, one in enumerate(matches) if one not in matches[:number]]
    parent = {"group": POLICY_GROUP, "kind": "Server", "name": server}
    return _object("v1beta3", "HTTPRoute", space, name, {"parentRefs": [parent], "rules": [{"matches": distinct}]})


def _selecting(need: Need) -> Manifest:
    return {"podSelector": {"matchLabels": own_labels(need.server)}, "port": need.port}


def _object(version: str, kind: str, space: str, name: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": f"{POLICY_GROUP}/{version}", "kind": kind, "metadata": metadata, "spec": dict(spec)}


def _dns(need: Need) -> Manifest:
    client = need.client or need.server
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"port": DNS_PORT, "protocol": protocol} for protocol in ("UDP", "TCP")]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{client.ref.name}-dns", "namespace": client.ref.namespace},
        "spec": {
            "podSelector": {"matchLabels": own_labels(client)},
            "policyTypes": ["Egress"],
            "egress": [{"to": [peer], "ports": ports}],
        },
    }


def _renamed(cluster: Cluster, manifests: Sequence[Manifest], need: Need) -> tuple[Manifest, ...]:
    """Return the manifests with names that no other object has; references between them are renamed, too."""
    taken = {(one.ref.kind, one.ref.namespace, one.ref.name) for one in cluster.objects}
    names: dict[tuple[str, str], str] = {}
    for one in manifests:
        metadata: Any = one["metadata"]
        kind, space, name = str(one["kind"]), str(metadata["namespace"]), str(metadata["name"])
        free, number = name, 1
        while (kind, space, free) in taken:
            number += 1
            free = f"{name}-{number}" if number > 2 or need.client is None else f"{name}-of-{need.client.ref.namespace}"
        names[kind, name] = free
        taken.add((kind, space, free))
    return tuple(_with_names(one, names) for one in manifests)


def _with_names(manifest: Manifest, names: Mapping[tuple[str, str], str]) -> Manifest:
    """Return a manifest with the new names of objects."""

    def named(part: Any) -> Any:
        if isinstance(part, Mapping):
            inner = {key: named(value) for key, value in part.items()}
            if "kind" in inner and "name" in inner:
                inner["name"] = names.get((inner["kind"], inner["name"]), inner["name"])
            return inner
        return [named(one) for one in part] if isinstance(part, list | tuple) else part

    changed = dict(named(manifest))
    own = dict(changed["metadata"])
    own["name"] = names.get((changed["kind"], own["name"]), own["name"])
    return {**changed, "metadata": own}
