"""Whether the policies of a port let an observed call pass. Pure."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import Address
from meshpolicy.core.truth import Truth
from meshpolicy.decide.decide import Verdict, decide
from meshpolicy.decide.routing import Request
from meshpolicy.decide.transport import hint
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.traffic.call import ObservedCall

BOTH = (Arrival.MESHED_HTTP, Arrival.MESHED_OPAQUE)


def passes(cluster: Cluster, workload: Workload, port: int, call: ObservedCall) -> Truth:
    """Say whether the server's proxy lets a call pass; what the log does not tell of it leaves that open."""
    policy = effective(cluster, workload, port)
    untold = call.http and call.path is None and any(route.ref.is_object for route in policy.http_routes)
    traffic = Traffic.HTTP if call.http else Traffic.TCP
    clients = _clients(call, _arrivals(cluster, workload, port, call))
    verdicts = {decide(policy, client, _request(call), traffic).verdict for client in clients}
    if untold:
        return Truth.UNKNOWN
    if not verdicts & {Verdict.ALLOW, Verdict.UNKNOWN}:
        return Truth.NO
    return Truth.YES if verdicts == {Verdict.ALLOW} else Truth.UNKNOWN


def _request(call: ObservedCall) -> Request:
    path = (call.path or "/") + (f"?{call.query}" if call.query is not None else "")
    return Request(call.method or "GET", path, {}, call.host or "") if call.http and call.path else Request()


def _arrivals(cluster: Cluster, workload: Workload, port: int, call: ObservedCall) -> Sequence[Arrival]:
    """Return how a call may have come: as bytes, where its caller's proxy takes the port for opaque."""
    if not call.client.identity:
        return (Arrival.PLAIN,)
    opaque = hint(cluster, workload, port)
    if opaque is Truth.UNKNOWN:
        return BOTH
    return BOTH[:1] if call.http and opaque is Truth.NO else BOTH[1:]


def _clients(call: ObservedCall, arrivals: Sequence[Arrival]) -> Iterator[Client]:
    """Yield who may have made a call: where an address is not told, it is in all networks or in none."""
    identity = call.client.identity
    known = None if identity else _address(call.client.address)
    for arrival in arrivals:
        for everywhere in (False,) if known is not None else (False, True):
            yield Client(known, arrival, identity, in_every_network=everywhere)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
