"""The curl command that makes a call. Pure."""

import shlex

from meshpolicy.analysis.port import Port
from meshpolicy.analysis.regions import Witness
from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.ref import Ref
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call, authority
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import replace

EXEC = frozenset({"Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"})
"""Kinds in whose pods `kubectl exec` runs a command."""


def witness_curl(cluster: Cluster, server: Ref | None, port: int, witness: Witness | None) -> str:
    """Return the command that sends a witness's call to a server's port; empty if curl cannot send it.

    curl always writes a Host header, so it cannot send a call whose answer depends on the absence of this header.
    """
    workload = next((one for one in cluster.workloads if one.ref == server), None)
    if workload is None or witness is None:
        return ""
    call = witness.made_by(Port(cluster, workload, port))
    return curl(call) if judge(cluster, as_sent(call)).verdict is judge(cluster, call).verdict else ""


def as_sent(call: Call) -> Call:
    """Return the call with the Host header that curl writes: the call's own, or else the host of the URL."""
    host = _asked_host(call) or _own_host(call)
    return replace(call, request=replace(call.request, authority=host, headers={**call.request.headers, "host": host}))


def curl(call: Call) -> str:
    """Return the command that makes the call; empty if the call is not HTTP/1."""
    if call.traffic is not Traffic.HTTP:
        return ""
    words, headers = ["curl", "-i"], {**call.request.headers, "host": _asked_host(call)}
    words += ["-X", call.request.method] if call.request.method != "GET" else []
    for name, value in headers.items():
        if name != "host" or value not in ("", _own_host(call)):  # curl writes the URL's host by itself
            words += [part for line in value.split(NEXT_LINE) for part in ("-H", f"{name}: {line}")]
    words.append(f"http://{_authority(call)}{call.request.path}")
    shown = shlex.join(words)
    if call.client is None or call.client.ref.kind not in EXEC:
        return shown
    kind = "" if call.client.ref.kind == "Pod" else f"{call.client.ref.kind.lower()}/"
    return f"kubectl exec -n {call.client.ref.namespace} {kind}{call.client.ref.name} -- {shown}"


def _asked_host(call: Call) -> str:
    return call.request.headers.get("host", call.request.authority)


def _own_host(call: Call) -> str:
    return authority(call.server, call.port, call.service_target)


def _authority(call: Call) -> str:
    host = _own_host(call)
    return f"POD-ADDRESS{host}" if call.service_target is None and not call.server.addresses else host
