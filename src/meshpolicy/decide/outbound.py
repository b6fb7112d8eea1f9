"""What the client's own proxy does to a call before it leaves: the called Service's protocol and routes. Pure.

M4, R118-R122; linkerd2 policy-controller/k8s/index/src/outbound and grpc/src/outbound.rs, linkerd2-proxy
linkerd/app/outbound/src/sidecar.rs.
"""

import re

from meshpolicy.core.client import Traffic
from meshpolicy.core.policy import GrpcRoute, HeaderChange, HttpRoute, Redirect
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.decide.clientpolicy import ClientPolicy, ClientProtocol, client_policy
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.redirect import leads_elsewhere, location
from meshpolicy.decide.request import CONNECT, Request, unreadable
from meshpolicy.decide.routing import Routed, Unclear, route_grpc, route_http
from meshpolicy.decide.transport import Call, ServiceTarget, may_inherit_opaque
from meshpolicy.index.ages import order_on_service_unknown, other_orders
from meshpolicy.index.authorize import networks
from meshpolicy.kinds.annotations import INJECT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.egressnetwork import EgressNetwork
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace

OVERRIDE = "l5d-dst-override"
TIMEOUTS = ("timeout.linkerd.io/request", "timeout.linkerd.io/response", "timeout.linkerd.io/idle")
NO_TIME = re.compile(r"\s*\+?0+(ms|s|m|h|d)?\s*")
"""A time of nothing, as the policy controller reads it (k8s/index/src/outbound/index.rs parse_duration)."""


@record
class Outbound:
    """What becomes of a call at its client's proxy."""

    policy: ClientPolicy
    request: Request
    """As it leaves that proxy."""
    verdict: Verdict | None = None
    """None: the call goes on to the server."""
    status: int = 0
    reason: Reason | None = None


def outbound(cluster: Cluster, call: Call, *, hinted: bool) -> Outbound | None:
    """Return what the client's proxy does to a call; None where it has no say.

    `hinted` says whether meshed clients are told that the pod's port is opaque.
    """
    if call.client is None or not call.meshed:
        return None
    if call.service_target is None:
        egress = _egress(cluster, call, call.client.ref.namespace)
        protocol = ClientProtocol.OPAQUE if hinted else ClientProtocol.DETECT
        policy = ClientPolicy(protocol, unclear=egress)
        if egress is not None:
            return Outbound(policy, call.request, Verdict.UNKNOWN, reason=egress)
        return _not_read(policy, call)
    policy = client_policy(cluster, call.service_target, call.client.ref.namespace)
    unclear = (
        policy.unclear
        or _opaque_by_namespace(call, policy)
        or _ingress_mode(call, policy)
        or _no_time(call, call.service_target, policy)
    )
    if unclear is not None:
        return Outbound(policy, call.request, Verdict.UNKNOWN, reason=unclear)
    wrong = _unspoken(policy, call.traffic)
    if wrong is not None:
        return Outbound(policy, call.request, Verdict.PROTOCOL_ERROR, reason=wrong)
    if (unread := _not_read(policy, call)) is not None:
        return unread
    if policy.invalid is not None:
        return _invalid(policy, policy.invalid, call)
    if (elsewhere := _overridden(policy)) is not None:
        return Outbound(policy, call.request, Verdict.UNKNOWN, reason=elsewhere)
    return _routed(policy, call, call.service_target)


def _egress(cluster: Cluster, call: Call, namespace: str) -> Reason | None:
    """Say that an EgressNetwork takes a call of a pod's address, be the pod in the cluster (R134)."""
    taken = taken_by_egress(cluster, call.server, namespace)
    if taken is None:
        return None
    return Reason(f"{taken} takes calls of addresses in its networks, as this one may be", "R134", taken)


def taken_by_egress(cluster: Cluster, server: Workload, namespace: str) -> Ref | None:
    """Return the EgressNetwork that takes calls of a pod's address by clients of a namespace, or may (R134)."""
    known = cluster.of(EgressNetwork)
    own = [one for one in known if one.ref.namespace == namespace]
    for one in own or [one for one in known if one.ref.namespace == cluster.settings.egress_namespace]:
        if any(one.takes(address, networks(cluster.settings.cluster_networks)) for address in server.addresses):
            return one.ref
        if not server.addresses and one.networks:
            return one.ref
    return None


def _opaque_by_namespace(call: Call, policy: ClientPolicy) -> Reason | None:
    """Say that the Service's Namespace, which is not in the input, may call its ports opaque, past all routes (R8)."""
    if call.service_target is None or not policy.routes or policy.protocol is not ClientProtocol.DETECT:
        return None
    if not may_inherit_opaque(call.server, (call.service_target,)):
        return None
    service = call.service_target.service.ref
    return Reason(f"the Namespace of {service} is not in the input, and may call its ports opaque", "R65", service)


def _no_time(call: Call, target: ServiceTarget, policy: ClientPolicy) -> Reason | None:
    """Say that the Service leaves its clients' requests no time: to the proxy, 0 is a limit."""
    if not call.traffic.is_http or policy.protocol is ClientProtocol.OPAQUE:
        return None
    return leaves_no_time(target.service)


def leaves_no_time(service: Service) -> Reason | None:
    """Say that an annotation leaves the requests of a Service's clients no time (R135); None: there is none."""
    none = next((name for name in TIMEOUTS if NO_TIME.fullmatch(service.annotations.get(name, ""))), None)
    return None if none is None else Reason(f"{none} of {service.ref} leaves a request no time", "R135", service.ref)


def _overridden(policy: ClientPolicy) -> Reason | None:
    """Say that a ServiceProfile sends requests to other destinations."""
    if policy.profile is None or not policy.profile.overrides:
        return None
    return Reason(f"{policy.profile.ref} names other destinations", "R121", policy.profile.ref)


def kept_by_clients(cluster: Cluster, target: ServiceTarget, namespace: str) -> Reason | None:
    """Return why no request through a Service reaches the pod for certain, whatever is asked; None: it may."""
    policy = client_policy(cluster, target, namespace)
    if policy.unclear is not None or policy.protocol is ClientProtocol.OPAQUE:
        return policy.unclear
    if (elsewhere := _overridden(policy)) is not None:
        return elsewhere
    if policy.invalid is not None:
        return Reason(f"{policy.invalid} has a match without a method", "R120", policy.invalid)
    return leaves_no_time(target.service)


def _ingress_mode(call: Call, policy: ClientPolicy) -> Reason | None:
    """Say that a client in ingress mode routes by a header, and looks for HTTP whatever it is told."""
    if call.client is None or call.client.annotations.get(INJECT) != "ingress" or not call.traffic.is_http:
        return None
    if OVERRIDE not in call.request.headers and policy.protocol is ClientProtocol.DETECT:
        return None
    text = f"the proxy of {call.client.ref} is in ingress mode, and routes by {OVERRIDE}"
    return Reason(text, "R122", call.client.ref)


def _unspoken(policy: ClientPolicy, traffic: Traffic) -> Reason | None:
    """Say that the client's proxy expects another protocol than what is sent (R118)."""
    spoken = {
        ClientProtocol.HTTP1: (Traffic.HTTP,),
        ClientProtocol.HTTP2: (Traffic.HTTP2, Traffic.GRPC),
    }.get(policy.protocol)
    return policy.reason if spoken is not None and traffic not in spoken else None


def _not_read(policy: ClientPolicy, call: Call) -> Outbound | None:
    """Return that the client's proxy refuses what is no request to it (R136); None: it takes it, or looks for none."""
    if policy.protocol is ClientProtocol.OPAQUE or not call.traffic.is_http:
        return None
    wrong = unreadable(call.request, call.traffic)
    if wrong is None:
        return None
    service, detects = call.service_target, policy.protocol is ClientProtocol.DETECT
    may_be_opaque = service is not None and may_inherit_opaque(call.server, (service,))
    # Which characters let a proxy find HTTP/1 is another matter in each of its versions.
    of_version = call.client is not None and bool(call.client.sidecar.version) and call.request.method != CONNECT
    if detects and (may_be_opaque or of_version or (service is not None and service.service.headless)):
        text = f"{wrong.text}, and the client's proxy may take the connection for opaque"
        return Outbound(policy, call.request, Verdict.UNKNOWN, reason=replace(wrong, text=text))
    status = 400 if call.traffic is Traffic.HTTP else 0
    return Outbound(policy, call.request, Verdict.PROTOCOL_ERROR, status, wrong)


def _invalid(policy: ClientPolicy, route: Ref, call: Call) -> Outbound:
    text = f"{route} has a match without a method, so that the client's proxy refuses all calls of the Service"
    status = 500 if call.traffic.is_http else 0
    return Outbound(policy, call.request, Verdict.ERROR, status, Reason(text, "R120", route))


def _routed(policy: ClientPolicy, call: Call, target: ServiceTarget) -> Outbound:
    """Return what the routes of a Service do to a request (M4); unknown where their ages decide, and are not known."""
    found = _by_routes(policy, call, target)
    for order in other_orders(policy.routes, order_on_service_unknown):
        instead = _by_routes(replace(policy, routes=order.routes), call, target)
        if replace(instead, policy=policy, reason=found.reason) != found:
            which = f"{order.second.ref} or {order.first.ref} on the called Service"
            text = f"{which} takes it: the manifests do not say which comes first"
            return Outbound(policy, call.request, Verdict.UNKNOWN, reason=Reason(text, "R55", order.first.ref))
    return found


def _by_routes(policy: ClientPolicy, call: Call, target: ServiceTarget) -> Outbound:
    """Return what the routes of a Service do to a request, in one order."""
    routes = () if policy.profile is not None else policy.routes
    if not routes or policy.protocol is ClientProtocol.OPAQUE or not call.traffic.is_http:
        return Outbound(policy, call.request)
    unclear = next((route.unclear for route in routes if route.unclear is not None), None)
    if unclear is not None:
        return Outbound(policy, call.request, Verdict.UNKNOWN, reason=unclear)
    version = "" if call.client is None else call.client.sidecar.version
    if routes[0].ref.kind == "GRPCRoute":
        found = route_grpc([GrpcRoute(r.ref, r.grpc, r.hosts(version)) for r in routes], call.request)
    else:
        found = route_http([HttpRoute(r.ref, r.http, r.hosts(version)) for r in routes], call.request)
    if isinstance(found, Unclear):
        return Outbound(policy, call.request, Verdict.UNKNOWN, reason=found.reason)
    if found is None:
        text = f"no route of {', '.join(str(route.ref) for route in routes)} on the called Service matches"
        return Outbound(policy, call.request, Verdict.NOT_FOUND, 404, Reason(text, "M4", routes[0].ref))
    met = next(route for route in routes if route.ref == found.route.ref)
    if status := _redirect(found, call):
        reason = Reason(f"{met.ref} on the called Service redirects with {status}", "M4", met.ref)
        return Outbound(policy, call.request, Verdict.REDIRECT, status, reason)
    own = (target.service.ref.namespace, target.service.ref.name, target.port.number)
    if met.diverts or any(
        (backend.namespace, backend.name, backend.port) != own for rule in met.backends for backend in rule
    ):
        reason = Reason(f"{met.ref} on the called Service names other backends", "M4", met.ref)
        return Outbound(policy, call.request, Verdict.UNKNOWN, reason=reason)
    return Outbound(policy, _changed(call.request, found))


def _redirect(routed: Routed, call: Call) -> int:
    """Return the status of the redirect of the rule that was met, if it leads elsewhere (R54)."""
    for part in routed.filters:
        if isinstance(part, Redirect):
            target = location(part, call.request, routed)
            if target is not None and leads_elsewhere(target, call.request):
                return part.status
    return 0


def _changed(request: Request, routed: Routed) -> Request:
    """Return the request as the filters of the rule leave it."""
    headers: dict[str, str | None] = dict(request.headers)
    for part in routed.filters:
        if isinstance(part, HeaderChange):
            headers |= part.changed(headers)
    return replace(request, headers={name: value for name, value in headers.items() if value is not None})
