"""Whether the policies of a port allow an observed call. Pure."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import Address
from meshpolicy.core.policy import GrpcRoute, HttpRoute, PortPolicy
from meshpolicy.core.truth import Truth
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.request import CLIENT_ID, Request
from meshpolicy.decide.transport import hint
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.traffic.call import ObservedCall

KNOWN = frozenset({"host", CLIENT_ID})
"""The headers whose values follow from what is known about a call."""
BOTH = (Arrival.MESHED_HTTP, Arrival.MESHED_OPAQUE)


def passes(cluster: Cluster, workload: Workload, port: int, call: ObservedCall) -> Truth:
    """Return whether the server's proxy allows a call; unknown if that depends on what the log does not show."""
    policy = effective(cluster, workload, port)
    traffic = Traffic.HTTP if call.http else Traffic.TCP
    clients = _clients(call, _arrivals(cluster, workload, port, call))
    sent = requests(call)
    verdicts = {decide(policy, client, request, traffic).verdict for client in clients for request in sent}
    if untold(policy, call):
        return Truth.UNKNOWN
    if not verdicts & {Verdict.ALLOW, Verdict.UNKNOWN}:
        return Truth.NO
    return Truth.YES if verdicts == {Verdict.ALLOW} else Truth.UNKNOWN


def requests(call: ObservedCall) -> tuple[Request, ...]:
    """Return the requests that a client may have sent: with HTTP/1, Host is a header, and logs lack the version."""
    if not call.http or call.path is None:
        return (Request(),)
    path = call.path + (f"?{call.query}" if call.query is not None else "")
    host = call.host or ""
    return tuple(Request(call.method or "GET", path, headers, host) for headers in ({"host": host}, {}))


def untold(policy: PortPolicy, call: ObservedCall) -> str:
    """Return which route of a port depends on unknown parts of a call, in words; empty if none does."""
    for route in _routes(policy) if call.http else ():
        names = {header.name: None for rule in route.rules for match in rule.matches for header in match.headers}
        missing = [f"the header {name}" for name in names if name not in KNOWN]
        if call.path is None and route.ref.is_object:
            missing.append("the path")
        if call.host is None and (route.hostnames or "host" in names):
            missing.append("the Host")
        if missing:
            return f"{route.ref} goes by {' and '.join(missing)}, which {call.source} does not tell"
    return ""


def _routes(policy: PortPolicy) -> Iterator[HttpRoute | GrpcRoute]:
    yield from policy.http_routes
    yield from policy.grpc_routes
    for other in policy.alternatives:
        yield from _routes(other.policy)


def _arrivals(cluster: Cluster, workload: Workload, port: int, call: ObservedCall) -> Sequence[Arrival]:
    """Return how a call may have arrived: as bytes if the caller's proxy treats the port as opaque."""
    if not call.client.identity:
        return (Arrival.PLAIN,)
    opaque = hint(cluster, workload, port)
    if opaque is Truth.UNKNOWN:
        return BOTH
    return BOTH[:1] if call.http and opaque is Truth.NO else BOTH[1:]


def _clients(call: ObservedCall, arrivals: Sequence[Arrival]) -> Iterator[Client]:
    """Yield the clients that may have made a call; an unknown address is taken to be in all networks, and in none."""
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
