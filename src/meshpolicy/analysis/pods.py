"""The clients that NetworkPolicies let through, depending on the client's labels. Pure.

Policies read labels only through selectors. So all pods, including those that the manifests do not contain, fall into
few classes, each with an example pod.
"""

from collections.abc import Iterator, Mapping, Sequence

from meshpolicy.analysis.clients import Clients
from meshpolicy.analysis.outcomes import Bits
from meshpolicy.core.match import Address, NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Operator, Selector
from meshpolicy.core.truth import Truth, truth
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import connection, network_answer
from meshpolicy.decide.transport import Call
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.adminnetworkpolicy import AdminNetworkPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, Peer
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.kinds.workload import Injection, Workload
from meshpolicy.record import record, replace

NAMESPACE_NAME = "kubernetes.io/metadata.name"
ELSEWHERE = "elsewhere"
SOMEBODY = "somebody"


@record
class PodClass:
    """Clients that no selector distinguishes."""

    example: Workload | None
    """An example pod; None for clients that are no pods and have only an address."""
    names: tuple[str, ...] = ()
    """The workloads of the manifests in this class, as `namespace/name`; empty if the manifests have none."""
    listed: tuple[Workload, ...] = ()
    """Further pods of the class: one for each listed label value that none of the workloads above has."""
    everybody: bool = False
    """Whether the class holds all clients, as NetworkPolicies are not considered."""
    node: bool = False
    """Whether the class is the server's own node, which no NetworkPolicy blocks (N2)."""

    def pod(self, address: Address | None, *, meshed: bool, identity: str = "") -> Workload | None:
        """Return a pod of the class that is not a workload of the manifests; None if the class has no pods."""
        example = self.example
        if example is None and self.everybody and meshed:
            example = Workload(Ref("", "Pod", ELSEWHERE, ""))
        if example is None:
            return None
        return Workload(
            Ref("", example.ref.kind, example.ref.namespace, SOMEBODY),
            example.labels,
            addresses=() if address is None else (address,),
            host_network=example.host_network,
            meshed=meshed,
            identity=identity,
            injection=Injection(truth(meshed)),
        )


OUTSIDE = PodClass(None)
NODE = PodClass(None, node=True)
"""The server's node, from which the kubelet's probes come; the manifests do not give its address."""
EVERYBODY = PodClass(None, everybody=True)


def walls(cluster: Cluster) -> tuple[NetworkPolicy | AdminNetworkPolicy | OtherNetworkPolicy, ...]:
    """Return the policies of all kinds that may block packets."""
    return (*cluster.network_policies, *cluster.of(AdminNetworkPolicy), *cluster.of(OtherNetworkPolicy))


def unread(cluster: Cluster) -> tuple[Undecided | OtherNetworkPolicy, ...]:
    """Return the objects whose effect is unknown."""
    return (*cluster.of(Undecided), *cluster.of(OtherNetworkPolicy))


def pod_classes(clusters: Sequence[Cluster]) -> tuple[PodClass, ...]:
    """Return the classes of clients that the NetworkPolicies of some states of a cluster distinguish."""
    if not any(map(walls, clusters)):
        return (EVERYBODY,)
    found: dict[object, list[Candidate]] = {}
    for one in _candidates(clusters):
        found.setdefault(tuple(seen_of(cluster, one.pod) for cluster in clusters), []).append(one)
    return (OUTSIDE, NODE, *map(_class, found.values()))


def _class(alike: Sequence["Candidate"]) -> PodClass:
    """Return the class of some pods; a workload stands for made-up pods whose labels are a subset of its own."""
    first, named = alike[0].pod, [one for one in alike if one.name]
    shown = [one.pod for one in named] or [first]
    listed = [one.pod for one in alike if one.listed and not any(_stands_for(pod, one.pod) for pod in shown)]
    return PodClass(first, tuple(dict.fromkeys(one.name for one in named)), tuple(listed))


def _stands_for(pod: Workload, other: Workload) -> bool:
    return pod.ref.namespace == other.ref.namespace and other.labels.items() <= pod.labels.items()


def pod_classes_of(cluster: Cluster, server: Workload) -> tuple[PodClass, ...]:
    """Return the classes of clients of one server; a single one if no NetworkPolicy affects its calls."""
    if not walled(cluster, server):
        return (EVERYBODY,)
    return cluster.once(_pod_classes)


def _pod_classes(cluster: Cluster) -> tuple[PodClass, ...]:
    return pod_classes((cluster,))


def walled(cluster: Cluster, server: Workload) -> bool:
    """Whether some NetworkPolicy, or policy of a similar kind, may affect calls to a server."""
    policies = index_of(cluster).network_policies
    outwards = any(Direction.EGRESS in policy.types for policy in cluster.network_policies)
    return outwards or bool(policies.matching(server, Direction.INGRESS)) or not policies.only_network_policies


def seen_of(cluster: Cluster, pod: Workload) -> tuple[object, ...]:
    """Return everything about a pod, except its address, that decides how a cluster's NetworkPolicies treat it."""
    policies = index_of(cluster).network_policies
    bare = Endpoint(replace(pod, addresses=()))
    chosen = tuple(policies.selects(home, peer, bare) for home, peer in _peers(cluster))
    others = tuple(policy.selects(pod) for policy in cluster.of(OtherNetworkPolicy))
    isolating = tuple((policy.ref, met) for policy, met in policies.matching(pod, Direction.EGRESS))
    return pod.host_network, pod.ref.kind == "ExternalWorkload", isolating, chosen, others


def _peers(cluster: Cluster) -> Iterator[tuple[str, Peer]]:
    """Yield every selector of pods, with the namespace of its policy; empty for a policy of the whole cluster."""
    yield from ((home, peer) for home, peer in _all_peers(cluster) if peer.block is None)


def label_keys(cluster: Cluster) -> frozenset[str]:
    """Return the keys of the labels by which some policy selects pods."""
    selectors = [policy.pods for policy in cluster.network_policies]
    selectors += [peer.pods for _, peer in _all_peers(cluster) if peer.pods is not None]
    selectors += [selector for other in cluster.of(OtherNetworkPolicy) for selector in other.selectors]
    keys = [key for one in selectors for key, _ in one.labels]
    return frozenset((*keys, *(expression.key for one in selectors for expression in one.expressions)))


def blocks(cluster: Cluster) -> Iterator[NetworkMatch]:
    """Yield every block of addresses by which a policy selects clients."""
    yield from (peer.block for _, peer in _all_peers(cluster) if peer.block is not None)


def _all_peers(cluster: Cluster) -> Iterator[tuple[str, Peer]]:
    for policy in cluster.network_policies:
        for rule in (*policy.ingress, *policy.egress):
            yield from ((policy.ref.namespace, peer) for peer in rule.peers)
    for admin in cluster.of(AdminNetworkPolicy):
        yield "", admin.subject
        for matches in (rule.matches for rule in (*admin.ingress, *admin.egress)):
            yield from (("", peer) for peer in matches.peers)


@record
class Candidate:
    """A pod that may become the example of a class."""

    pod: Workload
    name: str = ""
    """`namespace/name` in the manifests; empty if the pod is made up."""
    listed: bool = False
    """Whether the pod is made up for one of several label values of a selector."""


def _candidates(clusters: Sequence[Cluster]) -> Iterator[Candidate]:
    """Yield the workloads of the manifests, then pods made up for each selector and for each pair of selectors."""
    for cluster in clusters:
        for workload in cluster.workloads:
            yield Candidate(workload, workload.ref.namespaced_name)
    spaces = dict.fromkeys((space, selector) for cluster in clusters for space, selector in _selected(cluster))
    selected = [(space, labels, several(one)) for space, one in spaces for labels in labels_for(one)]
    both = ((one[0], {**one[1], **other[1]}, False) for one in selected for other in selected if one[0] == other[0])
    known: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    for namespace, labels, listed in ((ELSEWHERE, {}, False), *selected, *both):
        mark = (namespace, frozenset(labels.items()))  # selectors with the same labels make the same pod
        if mark not in known:
            known.add(mark)
            yield Candidate(_pod(namespace, labels), listed=listed)


def _selected(cluster: Cluster) -> Iterator[tuple[str, Selector]]:
    """Yield each selector of the policies, and one for all pods, with each namespace that it applies to."""
    policies = index_of(cluster).network_policies
    homes = (policy.ref.namespace for policy in walls(cluster))
    spaces = [space for space in dict.fromkeys((*cluster.namespaces, *homes, ELSEWHERE)) if space]
    for policy in cluster.network_policies:
        yield policy.ref.namespace, Selector()
        yield policy.ref.namespace, policy.pods
    for other in cluster.of(OtherNetworkPolicy):
        for selector in other.selectors:
            yield from ((space, selector) for space in spaces)
    for home, peer in _peers(cluster):
        pods = peer.pods if peer.pods is not None else Selector()
        if peer.namespaces is None:
            yield home, pods
            continue
        named = dict(peer.namespaces.labels).get(NAMESPACE_NAME)
        for space in dict.fromkeys((*spaces, named) if named else spaces):
            if peer.namespaces.matches(policies.namespace_labels(space)) is not Truth.NO:
                yield space, pods


def several(selector: Selector) -> bool:
    """Whether a selector accepts several values of a label."""
    return any(one.operator is Operator.IN and len(one.values or ()) > 1 for one in selector.expressions)


def labels_for(selector: Selector) -> Iterator[dict[str, str]]:
    """Yield minimal labels that a selector accepts, if it accepts any: once for each value of its lists."""
    found = dict(selector.labels)
    for expression in selector.expressions:
        if expression.operator is Operator.IN and expression.values:
            found.setdefault(expression.key, expression.values[0])
        elif expression.operator is Operator.EXISTS:
            found.setdefault(expression.key, "any")
    yield found
    for expression in selector.expressions:
        for value in (expression.values or ())[1:] if expression.operator is Operator.IN else ():
            yield {**found, expression.key: value}


def _pod(namespace: str, labels: Mapping[str, str]) -> Workload:
    return Workload(Ref("", "Pod", namespace, "other"), labels, meshed=True)


def through(cluster: Cluster, server: Workload, port: int, pods: PodClass, clients: Clients) -> Bits:
    """Return the clients of a class of pods that NetworkPolicies let reach a port.

    Calls of meshed clients arrive on another port if the server has a sidecar. If that is unknown, both are considered.
    """
    found = _let_through(cluster, server, port, pods, clients)
    if server.injection.sidecar is Truth.UNKNOWN and not pods.everybody:
        other = _let_through(cluster, replace(server, meshed=not server.meshed), port, pods, clients)
        return Bits(found.certain & other.certain, found.possible | other.possible)
    return found


def _let_through(cluster: Cluster, server: Workload, port: int, pods: PodClass, clients: Clients) -> Bits:
    """Return the same, with `server.meshed` saying whether the server has a sidecar."""
    if pods.everybody:
        return Bits(clients.everyone, clients.everyone)
    if pods.node:
        node = clients.unmeshed & ~_at_pods(cluster, clients)
        return Bits(node, node)
    certain = possible = 0
    for meshed, identities in ((False, clients.unmeshed), (True, clients.meshed)):
        if meshed and pods.example is None:
            continue  # only pods have sidecars
        for at, address in enumerate(clients.addresses.witnesses):
            call = Call(server, port, pods.pod(address, meshed=meshed), address, on_node=Truth.NO)
            verdict = _verdict(cluster, call, outside=pods.example is None) if walls(cluster) else Verdict.ALLOW
            bits = identities & clients.box(clients.identities.full, 1 << at)
            certain |= bits if verdict is Verdict.ALLOW else 0
            possible |= bits if verdict in (Verdict.ALLOW, Verdict.UNKNOWN) else 0
    return Bits(certain, possible)


def _at_pods(cluster: Cluster, clients: Clients) -> int:
    """Return the clients in address classes that consist of one pod's address, which cannot be a node's, as bits."""
    taken = {one for pod in cluster.workloads if not pod.host_network for one in pod.addresses}
    single = {one.cidr[0] for one in clients.addresses.patterns if one.cidr.num_addresses == 1}
    witnesses = enumerate(clients.addresses.witnesses)
    found = sum(1 << at for at, address in witnesses if address in taken and address in single)
    return clients.box(clients.identities.full, found)


def _verdict(cluster: Cluster, call: Call, *, outside: bool) -> Verdict:
    """Return the policies' verdict on a call; `outside` says that the client is no pod, so no selector matches it."""
    wire = connection(cluster, call)
    answer = network_answer(cluster, call, replace(wire, client=replace(wire.client, outside=outside)))
    return Verdict.ALLOW if answer is None else answer.verdict
