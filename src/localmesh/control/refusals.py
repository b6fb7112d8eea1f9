"""Explains a refusal from what the sidecar recorded: the verdict, the rule, and the reasons with their files.

The sidecar records the matched route, so nothing is decided again here: a later `apply` does not change the
explanation of an earlier request. No I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

from localmesh.envoy.details import refusal
from localmesh.pods.addresses import LOOPBACK, to_cluster
from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.policy import GrpcRoute, HttpRoute, PortPolicy
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.decide.authorized import authorized
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.explain import governed, limited, matched, not_granted, opaque_on_http
from meshpolicy.decide.routing import Routed


@dataclass(frozen=True, slots=True)
class Noted:
    """What a sidecar recorded about a request that it answered itself."""

    details: str
    """Envoy's response code details."""
    route: str
    """The matched route, by the name of its object; empty if none matched."""
    identity: str
    """The client's verified identity; empty if it has none."""
    address: str
    """The client's loopback address."""
    request: str
    """The request's method and path."""

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Self:
        """Return the record in the attributes of the request's span (`localmesh.envoy.tracing`)."""
        request = f"{attributes.get('http.method', '')} {attributes.get('http.url', '')}"
        return cls(
            attributes.get("response_code_details", ""),
            attributes.get("route", ""),
            attributes.get("client_id", ""),
            attributes.get("peer.address", ""),
            request,
        )

    @property
    def verdict(self) -> Verdict | None:
        """The policies' verdict; None if no policy refused the request."""
        return refusal(self.details, self.route)

    @property
    def client(self) -> Client:
        """The client, as policies see it."""
        try:
            address = IPv4Address(self.address)
        except ValueError:  # none, or not of this family: no address that a policy of this mesh knows
            address = None
        known = to_cluster(address) if address and address in LOOPBACK else address
        return Client(known, Arrival.MESHED_HTTP if self.identity else Arrival.PLAIN, self.identity)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the policies refused."""

    verdict: Verdict
    rule: str
    """The object that decided, or Linkerd's built-in rule."""
    place: str
    """Position of the object as `file:line`; empty if it is in no file."""
    reasons: tuple[str, ...]


def explained(policy: PortPolicy, noted: Noted) -> Refusal | None:
    """Return why the policy of a port refused a request; None if it did not."""
    verdict = noted.verdict
    if verdict is None:
        return None
    route = _routes(policy).get(noted.route)
    reasons = (*governed(policy), *_why(policy, route, noted, verdict))
    rule = _rule(policy, route, verdict)
    return Refusal(verdict, str(rule), str(rule.place or ""), tuple(map(str, reasons)))


def explained_stream(policy: PortPolicy, noted: Noted) -> Refusal | None:
    """Return why the policy of a port refused a TCP stream; None if it did not."""
    if noted.verdict is not Verdict.FORBIDDEN:
        return None
    known = Client(noted.client.address, Arrival.MESHED_OPAQUE if noted.identity else Arrival.PLAIN, noted.identity)
    if policy.protocol.http_only and policy.invalid is None:
        reasons: tuple[Reason, ...] = (opaque_on_http(policy),)
    else:
        reasons = (*governed(policy), *not_granted(policy, policy.authorizations, known))
    return Refusal(Verdict.CLOSED, str(policy.server), str(policy.server.place or ""), tuple(map(str, reasons)))


def _routes(policy: PortPolicy) -> Mapping[str, HttpRoute | GrpcRoute]:
    routes: tuple[HttpRoute | GrpcRoute, ...] = (*policy.http_routes, *policy.grpc_routes)
    return {str(route.ref): route for route in routes}


def _rule(policy: PortPolicy, route: HttpRoute | GrpcRoute | None, verdict: Verdict) -> Ref:
    """Return the object that decided: the rate limit, the matched route, or else the object that governs the port."""
    if policy.invalid is not None:
        return policy.invalid
    if verdict is Verdict.RATE_LIMITED and policy.rate_limit is not None:
        return policy.rate_limit.ref
    return route.ref if route is not None and route.ref.is_object else policy.server


def _why(policy: PortPolicy, route: HttpRoute | GrpcRoute | None, noted: Noted, verdict: Verdict) -> tuple[Reason, ...]:
    if verdict is Verdict.NOT_FOUND:
        names = ", ".join(_routes(policy)) or "none"
        return (Reason(f"no route matches {noted.request}; there are: {names}", "R85"),)
    if route is None and policy.invalid is None:
        return (Reason(f"the request matched {noted.route or 'a route'}, which is there no more"),)
    step = (matched(Routed(route, ())),) if route is not None else ()
    if verdict is Verdict.FORBIDDEN and route is not None and authorized(route.authorizations, noted.client):
        return (*step, Reason("by now this request would pass: the manifests have changed since it was refused"))
    if verdict is Verdict.RATE_LIMITED:
        return (*step, *((limited(policy.rate_limit, noted.identity),) if policy.rate_limit else ()))
    return (*step, *not_granted(policy, route.authorizations if route else (), noted.client))
