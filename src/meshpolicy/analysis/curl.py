"""A call as the curl that makes it. Pure."""

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
    """Return the command that makes the call of a witness to a server's port; empty where curl cannot make it.

    It cannot where the answer rests on a Host that is in no header, or is missing: curl always writes one.
    """
    workload = next((one for one in cluster.workloads if one.ref == server), None)
    if workload is None or witness is None:
        return ""
    call = witness.made_by(Port(cluster, workload, port))
    return curl(call) if judge(cluster, as_sent(call)).verdict is judge(cluster, call).verdict else ""


def as_sent(call: Call) -> Call:
    """Return the call with the Host that curl writes: the one asked for, or else that of the URL."""
    host = _asked_host(call) or _own_host(call)
    return replace(call, request=replace(call.request, authority=host, headers={**call.request.headers, "host": host}))


def curl(call: Call) -> str:
    """Return the command that makes the call; empty for what is not HTTP/1."""
    if call.traffic is not Traffic.HTTP:
        return ""
    words, headers = ["curl", "-i"], {**call.request.headers, "host": _asked_host(call)}
    words += ["-X", call.request.method] if call.request.method != "GET" else []
    for name, value in headers.items():
        if name != "host" or value not in ("", _own_host(call)):  # curl writes its own by itself
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
