"""Findings about NetworkPolicies under Linkerd: rules that are inert, and rules that are fatal. Pure."""

import json
from collections.abc import Iterator

from meshpolicy.analysis.passes import to_control_plane, to_dns
from meshpolicy.core.policy import Authorization, TlsAuthenticated
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Selector
from meshpolicy.core.truth import Truth
from meshpolicy.decide.authorized import applies
from meshpolicy.decide.connection import CONTROL_PORTS, Connection, ControlPlane, Infrastructure, reaches, resolves
from meshpolicy.decide.judge import client_of
from meshpolicy.decide.transport import Call, identity_of
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.ports import explicit, meshed_ports
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.annotations import INBOUND_PORT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, NetworkRule
from meshpolicy.kinds.workload import Workload

ADMIN = '{"ports": [{"port": 4191, "protocol": "TCP"}]}'
PROXY = '{"port": 4143, "protocol": "TCP"}'
SYMPTOMS = {
    ControlPlane.IDENTITY: "new pods never start: their proxies get no certificate",
    ControlPlane.DESTINATION: "new pods become ready, and every request of theirs hangs",
    ControlPlane.POLICY: "new pods' requests hang, and running servers stop learning policies: they fail open",
}


def _tunnelled(cluster: Cluster) -> bool:
    return cluster.settings.outbound_transport_mode != "transparent"


@code(
    "MP040",
    "A port rule that is inert between meshed pods",
    "N8 N9",
    explanation="Between meshed pods every call travels on 4143, whatever its port. A rule for the application's port "
    "lets unmeshed clients in and shuts the meshed ones out.",
    fix="Add port 4143 to the rule, and leave the choice of ports to Linkerd's policies.",
)
def inert_port_rule(cluster: Cluster) -> Found:
    """Find ingress rules with ports but without 4143, on meshed pods."""
    if not _tunnelled(cluster):
        return
    chosen: dict[Ref, Workload] = {}
    for workload in cluster.workloads:
        for policy in (
            index_of(cluster).network_policies.isolating(workload, Direction.INGRESS) if workload.meshed else ()
        ):
            chosen.setdefault(policy.ref, workload)
    for policy in cluster.network_policies:
        for rule in policy.ingress if policy.ref in chosen else ():
            if rule.ports and not rule.opens(INBOUND_PORT, "TCP", chosen[policy.ref]).possible and not _only_meta(rule):
                ports = ", ".join(map(str, rule.ports))
                text = f"{ports} without TCP 4143 lets no meshed client reach {chosen[policy.ref].ref}"
                yield policy.ref, f"{text}; missing in its ports: {PROXY}"


def _only_meta(rule: NetworkRule) -> bool:
    return all(entry.first in (4190, 4191) and entry.last == entry.first for entry in rule.ports)


@code(
    "MP049",
    "A range of ports that opens every port",
    "N9 N10",
    explanation="A range that holds 4143 lets meshed clients reach all ports of the pod, those outside of it as well.",
    fix="Write 4143 by itself where it is meant, and choose ranges that leave it out.",
)
def range_with_proxy_port(cluster: Cluster) -> Found:
    """Find ranges of several ports that hold 4143."""
    for policy in cluster.network_policies if _tunnelled(cluster) else ():
        for entry in (entry for rule in (*policy.ingress, *policy.egress) for entry in rule.ports):
            if entry.first < entry.last and entry.holds(INBOUND_PORT, "TCP", None) is Truth.YES:
                yield policy.ref, f"{entry} holds 4143, behind which meshed clients reach every port"


@code(
    "MP041",
    "A client that Linkerd admits and a NetworkPolicy blocks",
    "N9 N13 N16",
    severity=Severity.ERROR,
    explanation="The NetworkPolicy decides first: the client's proxy answers 504 after three seconds, then 503, and "
    "Linkerd is never asked.",
    fix="Allow TCP 4143 from the client in the server's ingress, and to the server in the client's egress.",
)
def admitted_and_blocked(cluster: Cluster) -> Found:
    """Find clients that a policy names, and whose packets are dropped."""
    if not cluster.network_policies:
        return
    clients = _by_identity(cluster)
    seen: set[tuple[Ref, Ref]] = set()
    for port in meshed_ports(cluster):
        grants = [
            *port.grants,
            *(g for route in port.policy.http_routes for g in explicit(route.authorizations)),
        ]
        for grant, client in [(each, named) for each in grants for named in _named(each, clients)]:
            pair = (client.ref, port.workload.ref)
            if client.ref == port.workload.ref or pair in seen:
                continue
            blocked = _blocked(cluster, client, port.workload, port.port, grant)
            if blocked is not None:
                seen.add(pair)
                yield blocked, f"blocks {client.ref} from {port.workload.ref}:{port.port}, to which Linkerd admits it"


def _by_identity(cluster: Cluster) -> dict[str, list[Workload]]:
    found: dict[str, list[Workload]] = {}
    for workload in cluster.workloads:
        if workload.meshed:
            found.setdefault(identity_of(cluster, workload), []).append(workload)
    return found


def _named(grant: Authorization, clients: dict[str, list[Workload]]) -> Iterator[Workload]:
    """Yield the workloads that a grant names individually; a wildcard does not imply that each must get through."""
    if isinstance(grant.authentication, TlsAuthenticated):
        for identity in grant.authentication.identities:
            yield from clients.get(identity.pattern, ())


def _blocked(cluster: Cluster, client: Workload, server: Workload, port: int, grant: Authorization) -> Ref | None:
    if not applies(grant, client_of(cluster, Call(server, port, client))):
        return None
    wire = Connection(Endpoint(client), server, port, tunnelled=_tunnelled(cluster))
    verdict = wire.blocked(index_of(cluster).network_policies)
    return verdict.policies[0] if verdict is not None and verdict.policies else None


@code(
    "MP042",
    "Egress rules without DNS",
    "N16 N17",
    severity=Severity.ERROR,
    explanation="A pod whose egress is isolated needs UDP 53 to its DNS server, matched by the address behind the "
    "Service. Without it names do not resolve, and new pods never start.",
    fix="Add an egress rule: to kube-system's k8s-app=kube-dns, ports UDP 53 and TCP 53.",
)
def without_dns(cluster: Cluster) -> Found:
    """Find isolated pods that cannot reach DNS."""
    infrastructure = Infrastructure(cluster.settings.control_plane_namespace)
    for policies, workload in _isolated(cluster):
        told = resolves(index_of(cluster).network_policies, Endpoint(workload), infrastructure)
        if told is Truth.NO and not _by_address(policies, 53, "UDP"):
            text = f"{workload.ref} cannot resolve names: UDP 53 to kube-system is not allowed"
            yield policies[0].ref, f"{text}; missing in egress: {json.dumps(to_dns())}"


@code(
    "MP043",
    "Egress rules without the control plane",
    "N16 N17",
    severity=Severity.ERROR,
    explanation="A proxy needs 8080 (identity), 8086 (destination) and 8090 (policy) in the control plane's namespace. "
    "Running pods show no symptom at first; new ones never start, or hang; and a server without 8090 keeps serving "
    "by the policies that it knew.",
    fix="Add an egress rule: to the namespace linkerd, ports TCP 8080, 8086 and 8090.",
)
def without_control_plane(cluster: Cluster) -> Found:
    """Find isolated meshed pods that cannot reach parts of the control plane."""
    infrastructure = Infrastructure(cluster.settings.control_plane_namespace)
    for policies, workload in _isolated(cluster):
        for part in ControlPlane:
            port = CONTROL_PORTS[part]
            told = reaches(index_of(cluster).network_policies, Endpoint(workload), infrastructure, part)
            if told.possible or _by_address(policies, port):
                continue
            missing = json.dumps(to_control_plane(infrastructure.control_plane_namespace, part))
            text = f"{workload.ref} cannot reach TCP {port} ({part}): {SYMPTOMS[part]}"
            yield policies[0].ref, f"{text}; missing in egress: {missing}"


def _isolated(cluster: Cluster) -> Iterator[tuple[tuple[NetworkPolicy, ...], Workload]]:
    for workload in cluster.workloads:
        if workload.meshed:
            policies = index_of(cluster).network_policies.isolating(workload, Direction.EGRESS)
            if policies:
                yield policies, workload


def _by_address(policies: tuple[NetworkPolicy, ...], port: int, protocol: str = "TCP") -> bool:
    """Whether a rule allows addresses on the port; the manifests do not say whose addresses these are."""
    return any(
        any(peer.block is not None for peer in rule.peers)
        and (not rule.ports or any(entry.holds(port, protocol, None).possible for entry in rule.ports))
        for policy in policies
        for rule in policy.egress
    )


@code(
    "MP044",
    "An egress policy that also blocks ingress",
    "N14",
    explanation="Without policyTypes a NetworkPolicy always isolates ingress, even if it has egress rules only: nobody "
    "but the node reaches the pod any more.",
    fix="Write `policyTypes: [Egress]`.",
)
def isolates_ingress(cluster: Cluster) -> Found:
    """Find policies that isolate ingress because `policyTypes` is missing."""
    for policy in cluster.network_policies:
        if policy.types_omitted and policy.egress and not policy.ingress:
            yield policy.ref, "has egress rules only and no policyTypes: it lets nobody in"


@code(
    "MP045",
    "A rule that selects nobody",
    "N5",
    explanation="A podSelector alone means pods of the policy's own namespace; a namespaceSelector goes by the "
    "namespace's labels, of which only kubernetes.io/metadata.name is there by itself.",
    fix="Put namespaceSelector and podSelector into one entry, and use kubernetes.io/metadata.name.",
)
def selects_nobody(cluster: Cluster) -> Found:
    """Find rules whose selectors match no workload, in namespaces whose workloads are in the manifests."""
    if not cluster.workloads:
        return
    spaces: dict[str, list[Workload]] = {}
    for workload in cluster.workloads:
        spaces.setdefault(workload.ref.namespace, []).append(workload)
    for policy in cluster.network_policies:
        for peer in (peer for rule in (*policy.ingress, *policy.egress) for peer in rule.peers):
            if peer.block is not None:
                continue
            if peer.namespaces is None:
                if policy.ref.namespace not in spaces and not cluster.closed:
                    continue  # its pods are in other manifests
                meant = [policy.ref.namespace]
            else:
                labels = index_of(cluster).network_policies.namespace_labels
                meant = [name for name in spaces if peer.namespaces.matches(labels(name)).possible]
            chosen = (w for name in meant for w in spaces.get(name, ()))
            network = index_of(cluster).network_policies
            if any(network.selects(policy.ref.namespace, peer, Endpoint(one)).possible for one in chosen):
                continue
            if peer.namespaces is None or not _elsewhere(cluster, peer.namespaces):
                yield policy.ref, "a rule selects no workload of these manifests"


def _elsewhere(cluster: Cluster, selector: Selector) -> bool:
    """Whether a selector matches a namespace whose workloads are not in these manifests."""
    known = {workload.ref.namespace for workload in cluster.workloads}
    name = dict(selector.labels).get("kubernetes.io/metadata.name")
    return name is not None and name not in known


@code(
    "MP046",
    "Scrapes of the proxies that are blocked",
    "N11",
    severity=Severity.NOTE,
    explanation="4190 and 4191 are their own ports on the wire, for meshed clients as well; 4143 does not open them. "
    "Prometheus loses the proxy's metrics while traffic and the application's metrics flow.",
    fix="Add TCP 4191 to the rule for Prometheus.",
)
def without_scrapes(cluster: Cluster) -> Found:
    """Find isolated meshed pods on which no rule opens 4191."""
    for workload in cluster.workloads:
        policies = index_of(cluster).network_policies.isolating(workload, Direction.INGRESS) if workload.meshed else ()
        if policies and not any(
            rule.opens(4191, "TCP", workload).possible for policy in policies for rule in policy.ingress
        ):
            yield (
                policies[0].ref,
                f"no rule opens TCP 4191 of {workload.ref}: its proxy cannot be scraped; missing: {ADMIN}",
            )
