"""What the manifests say of one call, beside which the live answer is held: the cause, the route, the grant. Pure."""

from dataclasses import dataclass

from meshpolicy.core.client import Client, Traffic
from meshpolicy.core.policy import GrpcRoute, HttpRoute, PortPolicy
from meshpolicy.decide.authorized import applies
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Decision
from meshpolicy.decide.request import Request
from meshverify.cause import BY_VERDICT, Cause


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must become of a call, and what decides it."""

    cause: Cause
    route: str = ""
    """The route that the request meets; empty where it meets none, or where no route is asked."""
    grants: tuple[str, ...] = ()
    """Every object that admits the client; the proxy names one of them."""
    reasons: tuple[str, ...] = ()

    @property
    def because(self) -> str:
        """What decides: the grant and the route; where nothing is known, why."""
        if self.cause is Cause.UNKNOWN:
            return "; ".join(self.reasons)
        return ", ".join(filter(None, (" or ".join(self.grants), self.route)))


def expect(policy: PortPolicy, client: Client, request: Request, traffic: Traffic = Traffic.HTTP) -> Expectation:
    """Return what `meshpolicy` says of a call by a policy."""
    decision = decide(policy, client, request, traffic)
    return Expectation(
        BY_VERDICT[decision.verdict],
        str(decision.route) if decision.route else "",
        _grants(policy, client, decision),
        tuple(map(str, decision.reasons)),
    )


def _grants(policy: PortPolicy, client: Client, decision: Decision) -> tuple[str, ...]:
    if decision.authorization is None:
        return ()
    routes: tuple[HttpRoute | GrpcRoute, ...] = (*policy.http_routes, *policy.grpc_routes)
    lists = [route.authorizations for route in routes if route.ref == decision.route] or [policy.authorizations]
    return tuple(dict.fromkeys(str(one.ref) for found in lists for one in found if applies(one, client)))
