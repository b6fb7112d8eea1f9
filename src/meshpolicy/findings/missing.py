"""Findings about calls that NetworkPolicies block and that workloads need. Pure."""

import json
from collections.abc import Iterator

from meshpolicy.analysis.passes import passing
from meshpolicy.decide.judge import connection
from meshpolicy.decide.transport import Call, ServiceTarget
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.variables import named_service
from meshpolicy.index.index import index_of
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.networkpolicy import Direction, NetworkRule
from meshpolicy.kinds.workload import Workload

INJECTOR = {"linkerd.io/control-plane-component": "proxy-injector"}
WEBHOOK_PORT = 8443


@code(
    "MP047",
    "A call that a variable names and a NetworkPolicy blocks",
    "N9 N13 N16",
    severity=Severity.ERROR,
    explanation="An environment variable of the pod holds the address of a Service of these manifests: a backend, or "
    "where traces go. A NetworkPolicy lets the call not through, so it ends in a 504, or traces are lost unnoticed.",
    fix="Add the rule that is named: to the client's egress, or to the server's ingress.",
)
def blocked_call_of_a_variable(cluster: Cluster) -> Found:
    """Find Services in variables that their workloads cannot reach."""
    if not cluster.network_policies:
        return
    for client in cluster.workloads:
        for variable in (variable for container in client.containers for variable in container.env):
            for call in _calls(cluster, client, variable.value):
                wire = connection(cluster, call)
                blocked = wire.blocked(index_of(cluster).network_policies)
                if blocked is None or not blocked.policies:
                    continue
                way, peer = ("to", call.server) if blocked.direction is Direction.EGRESS else ("from", client)
                own = {key: value for key, value in peer.labels.items() if not key.startswith("linkerd.io/")}
                missing = json.dumps(passing(way, peer.ref.namespace, own, (wire.wire_port, "TCP")))
                text = f"blocks {client.ref} from {call.server.ref}:{call.port}, which its {variable.name} names"
                yield blocked.policies[0], f"{text}; missing in {blocked.direction.lower()}: {missing}"


def _calls(cluster: Cluster, client: Workload, text: str) -> Iterator[Call]:
    """Yield the call to one workload behind the Service that a variable's value names."""
    for service, number in named_service(cluster, client, text):
        for entry in (entry for entry in service.ports if entry.number == number):
            for server in (one for one in cluster.workloads if service.selects(one.ref.namespace, one.labels)):
                for port in port_numbers(server, entry.target)[:1]:
                    yield Call(server, port, client, service_target=ServiceTarget(service, entry))
                return


@code(
    "MP048",
    "An injector that the API server cannot reach",
    "N2 N16",
    severity=Severity.ERROR,
    explanation="The API server asks the injector's webhook on 8443 for every new pod, from an address outside of the "
    "pods' networks. Where a NetworkPolicy lets only pods in, pods start without a sidecar or not at all, by the "
    "webhook's failurePolicy.",
    fix="Allow TCP 8443 to the injector from everywhere, or from the addresses of the API servers.",
)
def unreachable_injector(cluster: Cluster) -> Found:
    """Find injectors whose ingress is open to no address."""
    for workload in cluster.workloads:
        if any(workload.labels.get(key) != value for key, value in INJECTOR.items()):
            continue
        policies = index_of(cluster).network_policies.isolating(workload, Direction.INGRESS)
        if policies and not any(_open_to_addresses(entry, workload) for policy in policies for entry in policy.ingress):
            missing = json.dumps({"ports": [{"port": WEBHOOK_PORT, "protocol": "TCP"}]})
            yield policies[0].ref, f"keeps the API server from {workload.ref}; missing in ingress: {missing}"


def _open_to_addresses(entry: NetworkRule, pod: Workload) -> bool:
    opened = not entry.ports or any(port.holds(WEBHOOK_PORT, "TCP", pod).possible for port in entry.ports)
    return opened and (not entry.peers or any(peer.block is not None for peer in entry.peers))
