"""A call as the curl that makes it. Pure."""

import shlex

from meshpolicy.analysis.calls import Port
from meshpolicy.analysis.regions import Witness
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.policy import Ref
from meshpolicy.decide.transport import Call
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
    words = ["curl", "-i"]
    words += ["-X", call.request.method] if call.request.method != "GET" else []
    for name, value in call.request.headers.items():
        if (name, value) != ("host", _host(call)):  # curl writes that one by itself
            words += [part for line in value.split(NEXT_LINE) for part in ("-H", f"{name}: {line}")]
    words.append(f"http://{_authority(call)}{call.request.path}")
    shown = shlex.join(words)
    if call.client is None or call.client.ref.kind == "ServiceAccount":
        return shown
    kind = "" if call.client.ref.kind == "Pod" else f"{call.client.ref.kind.lower()}/"
    return f"kubectl exec -n {call.client.ref.namespace} {kind}{call.client.ref.name} -- {shown}"


def _host(call: Call) -> str:
    return "" if call.service_target is None else call.service_target.host


def _authority(call: Call) -> str:
    if call.service_target is not None:
        number = call.service_target.port.number
        return call.service_target.host + ("" if number == 80 else f":{number}")
    address = next(iter(call.server.addresses), None)
    shown = "POD-ADDRESS" if address is None else f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{call.port}"
