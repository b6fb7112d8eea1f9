"""A call as the curl that makes it. Pure."""

import shlex

from meshpolicy.analysis.calls import Port
from meshpolicy.analysis.regions import Witness
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.policy import Ref
from meshpolicy.decide.transport import Call, authority
from meshpolicy.kinds.cluster import Cluster


def witness_curl(cluster: Cluster, server: Ref | None, port: int, witness: Witness | None) -> str:
    """Return the command that makes the call of a witness to a server's port; empty where curl cannot make it."""
    workload = next((one for one in cluster.workloads if one.ref == server), None)
    if workload is None or witness is None:
        return ""
    return curl(witness.made_by(Port(cluster, workload, port)))


def curl(call: Call) -> str:
    """Return the command that makes the call; empty for what is not HTTP/1."""
    if call.traffic is not Traffic.HTTP:
        return ""
    words, own = ["curl", "-i"], authority(call.server, call.port, call.service_target)
    words += ["-X", call.request.method] if call.request.method != "GET" else []
    for name, value in call.request.headers.items():
        if (name, value) != ("host", own):  # curl writes that one by itself
            words += [part for line in value.split(NEXT_LINE) for part in ("-H", f"{name}: {line}")]
    words.append(f"http://{_authority(call)}{call.request.path}")
    shown = shlex.join(words)
    if call.client is None or call.client.ref.kind == "ServiceAccount":
        return shown
    kind = "" if call.client.ref.kind == "Pod" else f"{call.client.ref.kind.lower()}/"
    return f"kubectl exec -n {call.client.ref.namespace} {kind}{call.client.ref.name} -- {shown}"


def _authority(call: Call) -> str:
    host = authority(call.server, call.port, call.service_target)
    return f"POD-ADDRESS{host}" if call.service_target is None and not call.server.addresses else host
