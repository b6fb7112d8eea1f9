"""What a client needs before it calls a name: DNS, and its proxy the control plane. Pure."""

from dataclasses import replace

from meshpolicy.core.policy import Reason
from meshpolicy.decide.connection import Infrastructure, kept_from
from meshpolicy.decide.decide import Verdict
from meshpolicy.decide.judge import Answer
from meshpolicy.decide.transport import Call
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.cluster import Cluster


def with_needs(cluster: Cluster, call: Call, answer: Answer) -> Answer:
    """Return the answer; it is not known where egress rules keep the client from what it needs to call a name."""
    if not answer.allowed or call.client is None or call.service_target is None or call.to_itself:
        return answer
    infrastructure = Infrastructure(cluster.settings.control_plane_namespace)
    lacking = kept_from(index_of(cluster).network_policies, Endpoint(call.client), infrastructure)
    if not lacking:
        return answer
    reason = Reason(f"egress rules keep {call.client.ref} from {lacking}", "N16", call.client.ref)
    return replace(answer, verdict=Verdict.UNKNOWN, outcome="unknown", reasons=(*answer.reasons, reason))
