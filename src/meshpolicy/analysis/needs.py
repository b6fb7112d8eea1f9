"""What a client needs before it calls a name: DNS, and its proxy the control plane (N16, N17). Pure."""

from collections.abc import Iterator

from meshpolicy.analysis.pods import walls
from meshpolicy.analysis.port import Port
from meshpolicy.core.ref import Reason
from meshpolicy.decide.answer import Answer
from meshpolicy.decide.connection import Connection, Infrastructure, missing_need
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.transport import Call, find_service_targets
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace


def lacking(cluster: Cluster, client: Workload) -> str:
    """Return, in words, what a client needs to call a name and egress rules block; empty if nothing is blocked."""
    infrastructure = Infrastructure(cluster.settings.control_plane_namespace)
    return missing_need(index_of(cluster).network_policies, Endpoint(client), infrastructure)


def with_needs(cluster: Cluster, call: Call, answer: Answer) -> Answer:
    """Return the answer, changed to unknown if egress rules block what the client needs to call a name."""
    if not answer.allowed or call.client is None or call.service_target is None or call.to_itself:
        return answer
    if not (lacks := lacking(cluster, call.client)):
        return answer
    reason = Reason(f"egress rules block {call.client.ref} from {lacks}", "N16", call.client.ref)
    return replace(answer, verdict=Verdict.UNKNOWN, outcome="unknown", reasons=(*answer.reasons, reason))


@record
class NeedChange:
    """A client for which what egress rules block, of what it needs to call a name, differs between two states."""

    told: str
    lacking: tuple[tuple[Cluster, Workload], ...]
    """The states in which something is blocked, each with the client in that state."""

    def concerns(self, *ports: Port) -> bool:
        """Whether NetworkPolicies may let the client reach a Service's port in a state where something is blocked."""
        return any(
            _reaches(client, port) for cluster, client in self.lacking for port in ports if port.cluster is cluster
        )


def need_changes(old: Cluster, new: Cluster) -> Iterator[NeedChange]:
    """Yield the clients of both states for which what is blocked differs."""
    if not walls(old) and not walls(new):
        return
    known = {workload.ref: workload for workload in old.workloads}
    for client in new.workloads:
        if client.ref in known:
            states = ((old, known[client.ref]), (new, client))
            before, after = lacks = [lacking(*state) for state in states]
            if before != after:
                told = f"egress rules {'now' if after else 'no longer'} block {client.ref} from {after or before}"
                yield NeedChange(told, tuple(state for state, lack in zip(states, lacks, strict=True) if lack))


def _reaches(client: Workload, port: Port) -> bool:
    if client.ref == port.workload.ref or not find_service_targets(port.cluster, port.workload, port.number):
        return False
    connection = Connection(Endpoint(client), port.workload, port.number)
    stopped = connection.blocked(index_of(port.cluster).network_policies)
    return stopped is None or stopped.truth.possible
