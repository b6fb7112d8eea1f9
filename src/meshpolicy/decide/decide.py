"""Decides one call against the policy of one port, as the server's proxy does (R61-R71, R80-R86, R95). Pure."""

from enum import StrEnum
from typing import assert_never

from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.policy import Authorization, HeaderChange, PortPolicy, PortRole, Protocol, Redirect
from meshpolicy.core.ref import Origin, Reason
from meshpolicy.decide.authorized import authorized
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.explain import governed, granted, limited, matched, not_granted, opaque_on_http
from meshpolicy.decide.redirect import leads_elsewhere, location
from meshpolicy.decide.request import CLIENT_ID, Request, unreadable, with_identity, without_connection_headers
from meshpolicy.decide.routing import Routed, Unclear, route_grpc, route_http
from meshpolicy.record import replace


def decide(policy: PortPolicy, client: Client, request: Request, traffic: Traffic = Traffic.HTTP) -> Decision:
    """Decide one call; a rate limit is named and not counted, for that depends on the calls before.

    Where the manifests leave open which policy holds, and the policies differ about the call, the verdict is unknown.
    """
    found = _decide(policy, client, request, traffic)
    for other in policy.alternatives if found.verdict is not Verdict.UNKNOWN else ():
        instead = decide(other.policy, client, request, traffic)
        if instead.allowed is found.allowed and instead.verdict is not Verdict.UNKNOWN:
            continue
        if other.at_first and found.allowed:
            found = replace(found, reasons=(*found.reasons, other.reason))
        else:
            told = either(other.reason, found.verdict, instead.verdict)
            return Decision(Verdict.UNKNOWN, reasons=(*found.reasons, told))
    return found


def either(why: Reason, one: Verdict, other: Verdict) -> Reason:
    """Return why it is not known which of two verdicts a call gets, with both."""
    return replace(why, text=f"{why.text}; the answer is `{one}` or `{other}`")


def _decide(policy: PortPolicy, client: Client, request: Request, traffic: Traffic) -> Decision:
    """Decide one call by one policy, which is taken to hold."""
    past = bypassing(policy, client)
    if past is not None:
        return Decision(Verdict.ALLOW, reasons=(past,))
    found = stack(policy, client.arrival, traffic)
    match found:
        case Stack.HTTP:
            return _http(policy, client, request, traffic)
        case Stack.TCP:
            return _tcp(policy, client)
        case Decision():
            return found
    assert_never(found)


def bypassing(policy: PortPolicy, client: Client) -> Reason | None:
    """Return why a client's packets never meet the proxy (R114, R115); an unknown address is not taken for IPv6."""
    if client.arrival is not Arrival.PLAIN or policy.unknown is not None:
        return None
    for bypass in policy.bypasses:
        of_six = client.address is None and bypass.network.cidr.version == 6
        if client.by_ipv6 if of_six else client.within((bypass.network,)):
            return bypass.reason
    return None


class Stack(StrEnum):
    """Which part of the proxy decides a call."""

    HTTP = "HTTP"
    """Per request, by its route (R85)."""
    TCP = "TCP"
    """Per connection, by the Server's list alone (R95)."""


def stack(policy: PortPolicy, arrival: Arrival, traffic: Traffic) -> Stack | Decision:
    """Return which part of the proxy decides such calls, or what becomes of all of them (R63)."""
    if policy.unknown is not None:
        return Decision(Verdict.UNKNOWN, reasons=(policy.unknown,))
    if policy.misled is not None and arrival is not Arrival.PLAIN:
        return Decision(Verdict.UNKNOWN, reasons=(policy.misled,))
    tunnelled = arrival in (Arrival.MESHED_HTTP, Arrival.MESHED_OPAQUE)
    # What a proxy sends through its tunnel meets the other proxy, on ports that this one skips, too.
    if policy.unguarded is not None and not (tunnelled and policy.server.origin is not Origin.UNMESHED):
        return Decision(Verdict.ALLOW, reasons=(policy.unguarded,))
    if policy.role is PortRole.INBOUND:
        return _to_proxy(policy, arrival)
    opaque = arrival is Arrival.MESHED_OPAQUE
    # What the proxy refused as a whole, it replaces by a policy that detects and grants nothing (R56).
    protocol = Protocol.UNKNOWN if policy.invalid is not None else policy.protocol
    match protocol:
        case Protocol.UNKNOWN:
            return Stack.HTTP if traffic.is_http and not opaque else _tcp_stack(policy, traffic)
        case Protocol.HTTP1 | Protocol.HTTP2 | Protocol.GRPC:
            return _declared_http(policy, arrival, traffic, opaque=opaque)
        case Protocol.OPAQUE | Protocol.TLS:
            if arrival is Arrival.MESHED_HTTP:
                reason = Reason(f"{policy.server} expects {policy.protocol}, which has no routes", "R63", policy.server)
                return Decision(Verdict.NOT_FOUND, 404, (reason,))
            return _tcp_stack(policy, traffic)
    assert_never(protocol)


def _tcp_stack(policy: PortPolicy, traffic: Traffic) -> Stack | Decision:
    if policy.role is PortRole.ADMIN and not traffic.is_http:
        return Decision(Verdict.CLOSED, reasons=(Reason("the proxy's admin port serves HTTP only", "R103"),))
    return Stack.TCP


def _to_proxy(policy: PortPolicy, arrival: Arrival) -> Decision:
    """Decide a connection to the proxy's own port, which takes other proxies' alone (R61, R68)."""
    text = f"port {policy.port} takes connections of other proxies only"
    verdict = Verdict.CLOSED if arrival is Arrival.PLAIN else Verdict.UNKNOWN
    return Decision(verdict, reasons=(Reason(text, "R68"),))


def _declared_http(policy: PortPolicy, arrival: Arrival, traffic: Traffic, *, opaque: bool) -> Stack | Decision:
    """Decide on a port declared HTTP/1, HTTP/2 or gRPC: no bytes but that protocol's get through (R63, R64)."""
    if opaque or (arrival is Arrival.MESHED_TO_PORT and not traffic.is_http):
        return Decision(Verdict.CLOSED, reasons=(opaque_on_http(policy),))
    if arrival is Arrival.PLAIN and not _speaks(policy.protocol, traffic):
        reason = Reason(
            f"{policy.server} expects {policy.protocol}, and the client sends {traffic}", "R63", policy.server
        )
        # Only an HTTP/1 parser answers bytes that are no HTTP at all before it closes (M3).
        plain = policy.protocol is Protocol.HTTP1 and traffic is Traffic.TCP
        return Decision(Verdict.PROTOCOL_ERROR, 400 if plain else 0, (reason,))
    return Stack.HTTP


def _speaks(protocol: Protocol, traffic: Traffic) -> bool:
    """Whether an unmeshed client's bytes are what the port is declared for."""
    if protocol is Protocol.HTTP1:
        return traffic is Traffic.HTTP
    return traffic in (Traffic.HTTP2, Traffic.GRPC)


def _tcp(policy: PortPolicy, client: Client) -> Decision:
    """Decide a connection by the Server's list alone; routes do not count (R95)."""
    known = seen(policy, client)
    grant = authorized(policy.authorizations, known)
    if grant is None:
        return Decision(Verdict.CLOSED, reasons=(*governed(policy), *not_granted(policy, policy.authorizations, known)))
    return Decision(Verdict.ALLOW, reasons=(*governed(policy), granted(grant)), authorization=grant)


def seen(policy: PortPolicy, client: Client) -> Client:
    """Return a client as the TCP stack knows it: on an opaque port only a transport header tells who calls (R63)."""
    if client.arrival is Arrival.MESHED_TO_PORT and policy.protocol is Protocol.OPAQUE:
        return Client(client.address, Arrival.PLAIN)  # its TLS is not terminated
    return client


def _http(policy: PortPolicy, client: Client, request: Request, traffic: Traffic) -> Decision:
    """Decide a request: route, authorization, filters, in this order (R85); one that is none gets no further."""
    wrong = unreadable(request, traffic)
    if wrong is not None:
        return Decision(Verdict.PROTOCOL_ERROR, 400 if traffic is Traffic.HTTP else 0, (wrong,))
    request = with_identity(without_connection_headers(request), client.identity)
    routed = routed_by(policy, request)
    if isinstance(routed, Decision):
        return routed
    steps = (*governed(policy), matched(routed))
    grant = authorized(routed.route.authorizations, client)
    if grant is None:
        why = not_granted(policy, routed.route.authorizations, client)
        return Decision(Verdict.FORBIDDEN, 403, (*steps, *why), routed.route.ref)
    return filtered(policy, request, routed, grant, (*steps, granted(grant)))


def routed_by(policy: PortPolicy, request: Request) -> Routed | Decision:
    """Return the route that a request meets, or what becomes of it where it meets none (R56, R85)."""
    if policy.invalid is not None:
        text = f"{policy.invalid} has a match without a method, so the proxy refuses all of {policy.server}"
        return Decision(Verdict.FORBIDDEN, 403, (Reason(text, "R56", policy.invalid),))
    grpc = policy.protocol is Protocol.GRPC
    routed = route_grpc(policy.grpc_routes, request) if grpc else route_http(policy.http_routes, request)
    if isinstance(routed, Unclear):
        return Decision(Verdict.UNKNOWN, reasons=(*governed(policy), routed.reason))
    if routed is not None:
        return routed
    routes = policy.grpc_routes if grpc else policy.http_routes
    names = ", ".join(str(route.ref) for route in routes) or "none"
    reason = Reason(f"no route matches {request.method} {request.path}; there are: {names}", "R85")
    return Decision(Verdict.NOT_FOUND, 404, (*governed(policy), reason))


def filtered(
    policy: PortPolicy,
    request: Request,
    routed: Routed,
    grant: Authorization,
    steps: tuple[Reason, ...],
) -> Decision:
    """Return what an admitted client gets: the filters of the rule in their order (R54), then the rate limit."""
    headers: dict[str, str | None] = {CLIENT_ID: request.headers.get(CLIENT_ID)}
    for part in routed.filters:
        if isinstance(part, HeaderChange):
            headers |= part.changed({**request.headers, **headers})
            continue
        if policy.protocol is Protocol.GRPC:
            continue
        found = _redirected(policy, part, request, routed, steps)
        if found is not None:
            return found
    if policy.rate_limit is not None:
        steps = (*steps, limited(policy.rate_limit, request.headers.get(CLIENT_ID, "")))
    return Decision(Verdict.ALLOW, reasons=steps, route=routed.route.ref, authorization=grant, headers=headers)


def _redirected(
    policy: PortPolicy, redirect: Redirect, request: Request, routed: Routed, steps: tuple[Reason, ...]
) -> Decision | None:
    """Return the redirect, an error where it cannot be made, or None where it leads to the same place."""
    target = location(redirect, request, routed)
    if target is None:
        why = "replaces a prefix, and none was matched" if redirect.path is None else "leads to no valid URI"
        reason = Reason(f"the redirect {why}", "R97", routed.route.ref)
        return Decision(Verdict.PROTOCOL_ERROR, 500, (*steps, reason), routed.route.ref)
    if not leads_elsewhere(target, request):
        return None
    # The admin server knows no redirects (R103).
    status = 500 if policy.role is PortRole.ADMIN else redirect.status
    reason = Reason(f"{routed.route.ref} redirects with {redirect.status}", "R54", routed.route.ref)
    return Decision(Verdict.REDIRECT, status, (*steps, reason), routed.route.ref)
