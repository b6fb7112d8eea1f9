"""Why a call is refused, decided by `meshpolicy` from the objects on the cluster."""

from ipaddress import ip_network

from kindmesh.probes.clients import ProbeClient
from kindmesh.verify.expected import Call
from meshpolicy.analysis.questions import target
from meshpolicy.core.match import Address
from meshpolicy.core.ref import Ref
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call as PolicyCall
from meshpolicy.decide.transport import find_service_target
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.live import read_context
from meshpolicy.manifests.parse import parse_documents

STALE = "the cluster's objects allow it: is the sidecar of the server cut off from the policy controller, port 8090?"


def read_policies(context: str) -> Cluster:
    """Return the objects on the cluster. Raises MeshPolicyError if kubectl cannot read them."""
    return parse_documents(read_context(context), MeshSettings(), closed=True).cluster


def explain_refusal(cluster: Cluster, call: Call) -> str:
    """Return the reasons why a call is refused, one a line, each with its rule.

    Raises MeshPolicyError if there is no pod to call.
    """
    name, _, port = call.target.partition(":")
    server = target(cluster, f"pingpong/{name}{f':{port}' if port else ''}")
    node = _gateway(server.workload) if call.client.on_host else None
    service_target = None if call.client.on_host else find_service_target(cluster, server.workload, server.port)
    asked = PolicyCall(
        *(server.workload, server.port, _client(call.client), node, service_target), Request(call.method, call.path)
    )
    answer = judge(cluster, asked, node=node)
    if answer.allowed:
        return f"  - {STALE}"
    return "\n".join(f"  - {reason.text} [{reason.rule}]" for reason in answer.reasons)


def _client(client: ProbeClient) -> Workload | None:
    if not client.meshed:
        return None
    account = client.account or client.name
    labels = {"app.kubernetes.io/name": client.looks_like or client.name}
    # A pod, not only its account: NetworkPolicies go by labels.
    return Workload(Ref("", "Pod", client.namespace, client.name), labels, service_account=account, meshed=True)


def _gateway(server: Workload) -> Address | None:
    """Return the kubelet's address: if nodes have a bridge, the first address of the pod network."""
    return next((ip_network(f"{address}/24", strict=False)[1] for address in server.addresses), None)
