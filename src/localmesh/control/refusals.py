"""Why a sidecar refused a request, from what it noted of it: the verdict, the rule, and the reasons with their files.

The sidecar names the route that it took, so nothing is decided anew here: what a later `apply` changes says nothing of
a request before it. No I/O.
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
    """What a sidecar noted of a request that it answered itself."""

    details: str
    """Envoy's word for what became of it."""
    route: str
    """The route that it took, by the name of its object; empty where there is none."""
    identity: str
    """The client's identity; empty if it has none."""
    address: str
    """The client's loopback address."""
    request: str
    """Its method and path."""

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Self:
        """Return what the attributes of its span say (`localmesh.envoy.tracing`)."""
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
        """What the policies did to it; None where they did nothing."""
        return refusal(self.details, self.route)

    @property
    def client(self) -> Client:
        """Who asked, as policies know it."""
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
    """The object that decided, or what Linkerd adds by itself."""
    place: str
    """Where that is written, `file:line`; empty where no file says it."""
    reasons: tuple[str, ...]


def explained(policy: PortPolicy, noted: Noted) -> Refusal | None:
    """Return why the policy of a port refused a request; None where it did not."""
    verdict = noted.verdict
    if verdict is None:
        return None
    route = _routes(policy).get(noted.route)
    reasons = (*governed(policy), *_why(policy, route, noted, verdict))
    rule = _rule(policy, route, verdict)
    return Refusal(verdict, str(rule), str(rule.place or ""), tuple(map(str, reasons)))


def explained_stream(policy: PortPolicy, noted: Noted) -> Refusal | None:
    """Return why the policy of a port refused a stream of bytes; None where it did not."""
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
    """Return the object that decided: the limit, or the route that was matched, or else what governs the port."""
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
